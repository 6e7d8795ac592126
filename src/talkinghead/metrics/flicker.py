"""Flicker: brightness that alternates from one frame to the next."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import BoolArray, FloatArray, ImageArray


def flicker(images: ImageArray, mask: BoolArray | None = None) -> FloatArray:
    """(n - 2,) deviation of the luminance of each inner frame from its neighbours, in grey levels.

    ``|I[t - 1] - 2 I[t] + I[t + 1]| / 4`` averaged over the mask: brightness that alternates by plus and minus a scores
    a, a steady fade and the steady motion of a smooth texture score 0. Edges that move and noise score too, so compare
    with the same part of a real video.

    Args:
        images: (n, H, W, 3) uint8 RGB in order; fewer than 3 have no inner frame.
        mask: (H, W) bool, True where to measure; None: everywhere.

    Raises:
        ValueError: images or mask have other shapes, or the mask is empty.
    """
    if images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(f"need images (n, H, W, 3), got {images.shape}")
    if mask is not None and (mask.shape != images.shape[1:3] or not mask.any()):
        raise ValueError(f"need a mask {images.shape[1:3]} that is not empty, got {mask.shape}")
    where = np.ones(images.shape[1:3], bool) if mask is None else mask
    grey = [cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)[where] for image in images]
    bends = [np.abs(before - 2 * now + after).mean() / 4 for before, now, after in zip(grey, grey[1:], grey[2:])]
    return np.array(bends, np.float64)
