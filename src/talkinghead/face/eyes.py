"""Eyelids: how far they are closed."""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.types import FloatArray

_CLOSED = 0.08  # opening over width of a shut eye as the mesh sees it: it never reports less
_LEAST_OPEN = 0.18  # an eye that is never wider than this in a track is narrow, not shut


EYE_POINTS = np.array([*LEFT_EYE_CONTOUR, *RIGHT_EYE_CONTOUR])
"""Mesh points around the eyes, left and right."""


def eye_opening(mesh: FloatArray) -> FloatArray:
    """(T, 2) mean lid distance over eye width, left and right, of meshes (T, 478, 3) in any frame."""
    return opening_of_eyes(mesh[:, EYE_POINTS])


def opening_of_eyes(points: FloatArray) -> FloatArray:
    """(T, 2) the same of the ``EYE_POINTS`` alone, (T, 32, 3)."""
    openings = []
    for eye in np.split(points[..., :2], 2, axis=1):
        upper, lower = eye[:, 1:8], eye[:, 15:8:-1]
        width = np.linalg.norm(eye[:, 8] - eye[:, 0], axis=-1)
        openings.append(np.linalg.norm(upper - lower, axis=-1)[:, 2:5].mean(axis=-1) / width)
    return np.stack(openings, axis=-1)


def blink_of(mesh: FloatArray) -> FloatArray:
    """(T,) how far the eyes are closed in [0, 1], against how open they mostly are in this track.

    Args:
        mesh: (T, 478, 3) in the head frame.

    The measure is the eye aspect ratio of Soukupova and Cech 2016, over seven lid pairs instead of two.
    """
    return blink_of_openings(eye_opening(mesh))


def blink_of_openings(openings: FloatArray) -> FloatArray:
    """(T,) the same of the openings (T, 2) of a whole track."""
    opening = openings.mean(axis=-1)
    open_level = max(float(np.percentile(opening, 75)), _LEAST_OPEN)
    return np.asarray(((open_level - opening) / (open_level - _CLOSED)).clip(0.0, 1.0))
