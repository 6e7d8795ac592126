"""Published measures of talking heads: pure functions over tracks, frames and sound."""
