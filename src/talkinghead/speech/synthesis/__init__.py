"""Text -> speech: the engines, their voices, and pieces joined to any length."""
