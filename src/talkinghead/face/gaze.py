"""Where the eyes look: from the irises, and as weights of expressions.

Gaze is (yaw, pitch) in radians in the head frame, with the signs of the head's rotation: positive yaw looks to the left
of the picture, positive pitch looks down.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.types import FloatArray

IRIS_DEPTH = 0.115
"""Distance of an iris from its eye's centre of rotation: 10 mm in a face with 88 mm between the outer eye corners."""
FULL_LOOK = float(np.radians(30))
"""Turn of the eye at which ``eyeLookIn``, ``-Out``, ``-Up`` and ``-Down`` have weight 1."""

# Expression -> axis of the gaze and sign of the turn; the person's left eye is on the right of the picture.
_LOOKS = {
    "eyeLookOutRight": (0, 1.0),
    "eyeLookInLeft": (0, 1.0),
    "eyeLookInRight": (0, -1.0),
    "eyeLookOutLeft": (0, -1.0),
    "eyeLookDownLeft": (1, 1.0),
    "eyeLookDownRight": (1, 1.0),
    "eyeLookUpLeft": (1, -1.0),
    "eyeLookUpRight": (1, -1.0),
}
LOOK_EXPRESSIONS: tuple[int, ...] = tuple(EXPRESSION_NAMES.index(name) for name in _LOOKS)
"""Places of the eight expressions that gaze sets."""


def look_weights(gaze: FloatArray) -> FloatArray:
    """(T, 51) weights of the ``eyeLook`` expressions for gaze (T, 2) rad; all others are 0.

    >>> weights = look_weights(np.array([[FULL_LOOK / 2, 0.0]]))[0]
    >>> {EXPRESSION_NAMES[k]: round(float(weights[k]), 2) for k in np.flatnonzero(weights)}
    {'eyeLookInLeft': 0.5, 'eyeLookOutRight': 0.5}
    """
    weights = np.zeros((len(gaze), len(EXPRESSION_NAMES)))
    for name, (axis, sign) in _LOOKS.items():
        weights[:, EXPRESSION_NAMES.index(name)] = (sign * gaze[:, axis] / FULL_LOOK).clip(0.0, 1.0)
    return weights


def gaze_from_weights(weights: FloatArray) -> FloatArray:
    """(T, 2) rad: the gaze of expression weights (T, 51), the mean of both eyes."""
    gaze = np.zeros((len(weights), 2))
    for name, (axis, sign) in _LOOKS.items():
        gaze[:, axis] += sign * weights[:, EXPRESSION_NAMES.index(name)] * FULL_LOOK / 2
    return gaze
