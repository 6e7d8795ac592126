"""What rendering-to-video is given of a portrait and a motion: rendered faces with eye attention maps."""

from __future__ import annotations

import numpy as np

from talkinghead.rendering.face_scene import FaceScene
from talkinghead.types import ImageArray, Motion


def eye_maps(scene: FaceScene, motion: Motion) -> ImageArray:
    """(T, S, S, 4) uint8: rendered faces, and the regions of the eyes as bright as the eyes are shut.

    Source: Zhang et al. 2021, section 3.3: "we apply the normalized blinking value to the pixels in the eye attention
        map".

    Args:
        scene: the face.
        motion: T rows.
    """
    drawn = scene.draw(motion)
    rows = [
        np.concatenate([face.picture, (blink * face.eyes)[..., None]], axis=2)
        for face, blink in zip(drawn, motion.blink, strict=True)
    ]
    return np.round(np.stack(rows) * 255).astype(np.uint8)
