"""Person against background in many pictures."""

from __future__ import annotations

import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.tracking.mesh import segment_people
from talkinghead.types import FloatArray, ImageArray

_AT_ONCE = 32  # pictures


def person_mattes(images: ImageArray) -> FloatArray:
    """(T, H, W) float32 in [0, 1], how surely each pixel of pictures (T, H, W, 3) uint8 belongs to a person.

    Each picture stands for itself. Pictures in which head and shoulders fill most of the square are read best.
    """
    mattes = np.empty(images.shape[:3], np.float32)
    for start in range(0, len(images), _AT_ONCE):
        checkpoint()
        rows = slice(start, start + _AT_ONCE)
        mattes[rows] = segment_people(list(images[rows]))
    return mattes
