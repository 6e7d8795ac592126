"""Augmentation: the little there is to learn from, in other voices, rooms, faces and lights."""
