"""Training networks, of any method: the loop, checkpoints, losses, augmentation, validation."""
