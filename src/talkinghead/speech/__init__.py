"""Text -> speech with phones and words; speech -> frame-wise features and voice activity."""
