"""Published measures of talking heads, pure functions over tracks."""
