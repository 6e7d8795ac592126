"""Photo or drawing?"""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import FloatArray, ImageArray

_SIDE = 160  # px to which the face is scaled, so that the measure does not depend on resolution
_FLAT = 1.0  # lightness steps (of 255) per px below which a pixel is flat
DRAWN = 0.2
"""Share of flat pixels from which on a face is drawn: photos, paintings and renderings have 0 to 0.11, drawings 0.28 to
0.9. Of a drawing's halves the less flat one has 0.23 or more, of a photo's at most 0.17."""
_BRIDGE = 168  # point of the mesh
_NARROW = 0.25  # of the face's width


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
    """Whether a face (478, 3) px in a picture (H, W, 3) is drawn flat, as cartoons and sketches are.

    A drawing is flat on both sides of the nose; a photo of which a wall or a door hides half of the face, on one.
    """
    beside = landmarks[:, 0].clip(0, image.shape[1] - 1) - landmarks[_BRIDGE, 0]
    if min(-beside.min(), beside.max()) < _NARROW * np.ptp(beside):  # a profile, or a face at the edge
        return flat_share(image, landmarks) > DRAWN
    return min(flat_share(image, landmarks[side]) for side in (beside <= 0, beside >= 0)) > DRAWN
