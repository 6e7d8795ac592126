"""Fitting networks: the loop, checkpoints, weights with their cards. Knows no method."""
