"""Augmentation of small training sets by other voices, rooms, faces and lights."""
