"""Lids and gaze as expression weights of the eyes: blinks and looks."""

from __future__ import annotations

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import LOOK_EXPRESSIONS, look_weights
from talkinghead.types import FloatArray

BLINK_NAMES = ("eyeBlinkLeft", "eyeBlinkRight")
"""Weights that close the lids."""


def set_eye_weights(weights: FloatArray, blink: FloatArray, gaze: FloatArray | None) -> FloatArray:
    """The same weights, with those of the eyes set from lids and gaze.

    Args:
        weights: (T, 51).
        blink: (T,) in [0, 1].
        gaze: (T, 2) rad, yaw and pitch; None: the weights of looks stay as they are.

    Returns:
        (T, 51) of the same type.
    """
    changed = weights.copy()
    for name in BLINK_NAMES:
        changed[:, EXPRESSION_NAMES.index(name)] = blink
    if gaze is not None:
        changed[:, LOOK_EXPRESSIONS] = look_weights(gaze)[:, LOOK_EXPRESSIONS]
    return changed
