"""Keeping lips in order: they neither cross nor turn inside out."""

from __future__ import annotations

import numpy as np

from talkinghead.face.rest import LOWER_INNER, UPPER_INNER
from talkinghead.types import FloatArray

_UPPER_OUTER, _LOWER_OUTER = np.array([50, 51, 52]), np.array([58, 57, 56])  # over and under the inner points
_THINNEST = 1.0 / 3.0  # of a lip's height at rest


def in_order(landmarks: FloatArray, rest: FloatArray) -> FloatArray:
    """The same landmarks with lips that neither cross each other nor turn inside out.

    Inner points that have passed each other meet half way, and the outer points follow. Where a lip is thinner than a
    third of its height at rest, its outer edge moves out. Lips that are in order stay as they are.

    Args:
        landmarks: (T, 68, 3) in the head frame.
        rest: (68, 3) the same face as in the portrait, or (T, 68, 3) one for each row.

    Returns:
        (T, 68, 3).
    """
    ordered = landmarks.copy()
    passed = np.maximum(landmarks[:, UPPER_INNER, 1] - landmarks[:, LOWER_INNER, 1], 0.0)
    for upper in (UPPER_INNER, _UPPER_OUTER):
        ordered[:, upper, 1] -= passed / 2
    for lower in (LOWER_INNER, _LOWER_OUTER):
        ordered[:, lower, 1] += passed / 2
    for outer, inner, sign in ((_UPPER_OUTER, UPPER_INNER, 1.0), (_LOWER_OUTER, LOWER_INNER, -1.0)):
        least = _THINNEST * np.maximum(sign * (rest[..., inner, 1] - rest[..., outer, 1]), 0.0)
        height = sign * (ordered[:, inner, 1] - ordered[:, outer, 1])
        ordered[:, outer, 1] -= sign * np.maximum(least - height, 0.0)
    return ordered
