"""Persons: what was learned from somebody's reference videos, in a folder, for all methods."""
