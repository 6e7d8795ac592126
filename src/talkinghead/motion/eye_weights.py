"""How lids and gaze of a motion stand in the expression weights of the eyes: blinks and where they look.

ARKit's weights of a look grow in proportion to the eye's angle. How fast is read off recordings of Live Link Face,
which hold both, with eyes turned by up to 0.44 rad sideways, 0.18 down and 0.18 up: on straight lines within 0.02 rad.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.types import FloatArray

LOOK_SIDEWAYS, LOOK_DOWN, LOOK_UP = 0.61, 0.61, 0.44
"""rad of gaze at weight 1."""

BLINK_NAMES = ("eyeBlinkLeft", "eyeBlinkRight")
"""Weights that close the lids."""

# Left and right are the person's own; positive yaw looks to the left of the picture, which is the person's right.
LOOKS: dict[tuple[str, str], tuple[float, float]] = {
    ("eyeLookInLeft", "eyeLookOutRight"): (LOOK_SIDEWAYS, 0.0),
    ("eyeLookOutLeft", "eyeLookInRight"): (-LOOK_SIDEWAYS, 0.0),
    ("eyeLookDownLeft", "eyeLookDownRight"): (0.0, LOOK_DOWN),
    ("eyeLookUpLeft", "eyeLookUpRight"): (0.0, -LOOK_UP),
}
"""Weights that turn the two eyes one way -> gaze (yaw, pitch) in rad at weight 1."""


def set_eye_weights(weights: FloatArray, blink: FloatArray, gaze: FloatArray | None) -> FloatArray:
    """The same weights with those of the eyes as lids and gaze say.

    Args:
        weights: (T, 51).
        blink: (T,) in [0, 1].
        gaze: (T, 2) rad, yaw and pitch; None: the weights of looks stay.

    Returns:
        (T, 51) of the same type.
    """
    changed = weights.copy()
    for name in BLINK_NAMES:
        changed[:, EXPRESSION_NAMES.index(name)] = blink
    if gaze is not None:
        for names, full in LOOKS.items():
            axis = 0 if full[0] else 1
            share = np.clip(gaze[:, axis] / full[axis], 0.0, 1.0)
            for name in names:
                changed[:, EXPRESSION_NAMES.index(name)] = share
    return changed
