"""What a face is, without networks: names of its points, its pose, its rest."""
