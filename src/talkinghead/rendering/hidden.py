"""What a picture may show behind what lies over it."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import FloatArray, ImageArray

_SMALLEST = 4  # px: a picture is halved down to that
_KNOWN = 0.02  # share of a pixel that must be seen for its colour to count as seen


def fill_hidden(image: ImageArray, hidden: FloatArray) -> ImageArray:
    """A picture (h, w, 3) uint8, wherever ``hidden`` (h, w) is 1 in the colours around.

    Each hidden pixel takes the colour that is seen in the smallest surroundings in which anything is seen, which is
    fast, and smooth from frame to frame.

    Source: the pull-push of Gortler et al. 1996, "The lumigraph", section 3.4.
    """
    where = hidden >= 1
    if not where.any() or where.all():
        return image
    seen = np.dstack([image.astype(np.float32), np.ones(hidden.shape, np.float32)]) * ~where[..., None]
    levels = [seen]
    while min(levels[-1].shape[:2]) > _SMALLEST:
        levels.append(cv2.pyrDown(levels[-1]))
    filled = _colours(levels.pop(), None)
    for level in reversed(levels[1:]):
        filled = _colours(level, filled)
    filled = cv2.pyrUp(filled, dstsize=(image.shape[1], image.shape[0]))
    return np.where(where[..., None], (filled + 0.5).clip(0, 255).astype(np.uint8), image)


def _colours(level: FloatArray, coarse: FloatArray | None) -> FloatArray:
    """(h, w, 3) the colours of a level (h, w, 4), whose last channel says how much of each pixel is seen."""
    share = level[..., 3:]
    own = level[..., :3] / np.maximum(share, _KNOWN)
    if coarse is None:
        mean = level[..., :3].sum(axis=(0, 1)) / np.maximum(share.sum(), _KNOWN)
        return np.where(share > _KNOWN, own, mean).astype(np.float32)
    coarse = cv2.pyrUp(coarse, dstsize=(level.shape[1], level.shape[0]))
    return np.asarray(coarse + (own - coarse) * np.minimum(share / 0.5, 1.0), np.float32)
