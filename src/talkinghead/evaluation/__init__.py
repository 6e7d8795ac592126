"""What a video is worth: one against the real one, a method against a corpus and against baselines."""
