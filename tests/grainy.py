"""A grainy face that can be shifted, for the tests of what lies before faces."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from talkinghead.face.landmarks import canonical_face
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.types import FloatArray, ImageArray

SIDE, UNIT = 200, 60.0
"""px of the picture, and between the eyes."""


def face_at(shift: float) -> tuple[ImageArray, FloatArray]:
    """A picture (SIDE, SIDE, 3) of a grainy face, and its mesh, so many px to the right of the middle."""
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.uniform(0, 255, (SIDE, SIDE)), (0, 0), 2.5)
    grain = ((grain - grain.mean()) / grain.std() * 25 + 128).clip(0, 255).astype(np.float32)
    image = cv2.warpAffine(grain, np.array([[1.0, 0, shift], [0, 1.0, shift / 2]]), (SIDE, SIDE), borderMode=4)
    mesh = canonical_face()[0] * UNIT + (SIDE / 2, 75, 0) + (shift, shift / 2, 0)
    return np.repeat(image[..., None], 3, axis=2).astype(np.uint8), mesh


def show_frames(seen: Iterable[tuple[ImageArray, FloatArray]]) -> tuple[list[ShotFrame], list[SeenFace]]:
    """Frames in a row, and the face in each, of pictures and meshes."""
    pairs = list(seen)
    frames = [ShotFrame(number, image, image[:9, :16], number == 0) for number, (image, _) in enumerate(pairs)]
    return frames, [SeenFace(mesh, 5.0) for _, mesh in pairs]
