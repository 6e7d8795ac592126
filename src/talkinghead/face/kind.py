"""Photo or drawing?"""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import FloatArray, ImageArray

_SIDE = 160  # px to which the face is scaled, so that the measure does not depend on resolution
_FLAT = 1.0  # lightness steps (of 255) per px below which a pixel is flat
DRAWN = 0.2
"""Share of flat pixels from which on a face is drawn: photos, paintings and renderings have 0 to 0.11, drawings 0.28 to
0.9."""


def flat_share(image: ImageArray, landmarks: FloatArray) -> float:
    """The share of a face's pixels that are as light as their neighbours: skin has texture, flat paint has none."""
    low = landmarks[:, :2].min(axis=0).astype(int).clip(0)
    high = landmarks[:, :2].max(axis=0).astype(int)
    face = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
    zoom = _SIDE / max(face.shape[:2])
    face = cv2.resize(face, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    lightness = cv2.cvtColor(face, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)
    across, down = np.diff(lightness, axis=1)[:-1], np.diff(lightness, axis=0)[:, :-1]
    return float((np.hypot(across, down) < _FLAT).mean())


def is_drawing(image: ImageArray, landmarks: FloatArray) -> bool:
    """Whether a face (478, 3) px in a picture (H, W, 3) is drawn flat, as cartoons and sketches are."""
    return flat_share(image, landmarks) > DRAWN
