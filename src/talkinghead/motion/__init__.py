"""What motion generators share: idle head and blinks, rest in silence; smoothing, editing and saving a Motion."""
