"""Text as people give it, in the pieces and words that engines and aligners take."""
