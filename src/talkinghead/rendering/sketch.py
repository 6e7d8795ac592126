"""Landmarks drawn as pictures: the input of an image-to-image translation network."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.face.landmarks import FACIAL_PARTS
from talkinghead.types import NUM_LANDMARKS, FloatArray, ImageArray

# One colour for each of FACIAL_PARTS, well apart: corners of the colour cube and middles of its edges.
_COLOURS = (
    (255, 255, 255),  # jaw
    (255, 128, 0),  # left brow
    (0, 128, 255),  # right brow
    (0, 255, 0),  # nose
    (255, 255, 0),  # left eye
    (0, 255, 255),  # right eye
    (255, 0, 0),  # outer lips
    (255, 0, 255),  # inner lips
)
_WIDTH = 1 / 128  # of a line, in sides of the picture
_BITS = 4  # fractional bits of coordinates
_FARTHEST = 8  # sides of the picture: OpenCV draws no lines whose ends lie much farther away


def sketches(landmarks: FloatArray, *, size: int = 256) -> ImageArray:
    """(T, size, size, 3) uint8 RGB: the landmarks of each facial part joined by lines of one colour, on black.

    Eyes and lips are closed curves. What lies outside the picture is not drawn.

    Args:
        landmarks: (T, 68, 2) px of a square picture.
        size: its side in px.

    Raises:
        ValueError: other shapes, or landmarks that are not finite.

    Source: Zhou et al. 2020, section 3.3 (consecutive landmarks connected by segments of predefined colour; colours and
        width are not stated).
    """
    if landmarks.ndim != 3 or landmarks.shape[1:] != (NUM_LANDMARKS, 2):
        raise ValueError(f"landmarks must have shape (T, 68, 2), got {landmarks.shape}")
    if not np.isfinite(landmarks).all():
        raise ValueError("landmarks must be finite")
    far = _FARTHEST * size
    fixed = (landmarks.clip(-far, far) * (1 << _BITS)).round().astype(np.int32)
    width = max(1, round(_WIDTH * size))
    pictures = np.zeros((len(landmarks), size, size, 3), np.uint8)
    for picture, points in zip(pictures, fixed):
        for (part, closed), colour in zip(FACIAL_PARTS, _COLOURS):
            cv2.polylines(picture, [points[part]], closed, colour, width, cv2.LINE_AA, _BITS)
    return pictures
