"""What rendering-to-video is given of a portrait and a motion: rendered faces with eye attention maps."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.rendering.face_scene import FaceScene
from talkinghead.types import ImageArray, Motion


def eye_maps(
    scene: FaceScene, motion: Motion, *, corner: tuple[int, int] = (0, 0), side: int | None = None
) -> ImageArray:
    """(T, S, S, 4) uint8: rendered faces, and the regions of the eyes as bright as the eyes are shut.

    Source: Zhang et al. 2021, section 3.3: "we apply the normalized blinking value to the pixels in the eye attention
        map".

    Args:
        scene: the face.
        motion: T rows.
        corner: (left, top) px of the square from which on it is drawn.
        side: S, px of what is drawn; None: all of the square.
    """
    side = side or scene.size
    maps = np.empty((len(motion), side, side, 4), np.uint8)
    for seen, face, blink in zip(maps, scene.draw(motion, corner=corner, side=side), motion.blink, strict=True):
        # OpenCV rounds; numpy takes three times as long to do it as the drawing does.
        seen[..., :3] = cv2.convertScaleAbs(face.picture, alpha=255)
        seen[..., 3] = cv2.convertScaleAbs(face.eyes, alpha=255 * float(blink))
    return maps
