"""Where the eyes look: from the irises, and as weights of expressions.

Gaze is (yaw, pitch) in radians in the head frame, with the signs of the head's rotation: positive yaw looks to the left
of the picture, positive pitch looks down.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.types import FloatArray

IRIS_DEPTH = 0.115
"""Distance of an iris from its eye's centre of rotation: 10 mm in a face with 88 mm between the outer eye corners."""
LOOK_SIDEWAYS, LOOK_DOWN, LOOK_UP = 0.61, 0.61, 0.44
"""Turns of the eye (rad) at which ``eyeLookIn`` and ``-Out``, ``-Down`` and ``-Up`` have weight 1.

ARKit's own: recordings of Live Link Face hold both weights and angles, which lie on these lines within 0.02 rad, with
eyes turned by up to 0.44 rad sideways, 0.18 down and 0.18 up.
"""

LOOKS: Mapping[str, tuple[int, float]] = MappingProxyType(
    {
        "eyeLookOutRight": (0, LOOK_SIDEWAYS),
        "eyeLookInLeft": (0, LOOK_SIDEWAYS),
        "eyeLookInRight": (0, -LOOK_SIDEWAYS),
        "eyeLookOutLeft": (0, -LOOK_SIDEWAYS),
        "eyeLookDownLeft": (1, LOOK_DOWN),
        "eyeLookDownRight": (1, LOOK_DOWN),
        "eyeLookUpLeft": (1, -LOOK_UP),
        "eyeLookUpRight": (1, -LOOK_UP),
    }
)
"""Expression -> axis of the gaze and turn (rad) at weight 1; the person's left eye is on the right of the picture."""

LOOK_EXPRESSIONS: tuple[int, ...] = tuple(EXPRESSION_NAMES.index(name) for name in LOOKS)
"""Places of the eight expressions that gaze sets."""


def look_weights(gaze: FloatArray) -> FloatArray:
    """(T, 51) weights of the ``eyeLook`` expressions for gaze (T, 2) rad; all others are 0.

    >>> weights = look_weights(np.array([[LOOK_SIDEWAYS / 2, 0.0]]))[0]
    >>> {EXPRESSION_NAMES[k]: round(float(weights[k]), 2) for k in np.flatnonzero(weights)}
    {'eyeLookInLeft': 0.5, 'eyeLookOutRight': 0.5}
    """
    weights = np.zeros((len(gaze), len(EXPRESSION_NAMES)))
    for name, (axis, full) in LOOKS.items():
        weights[:, EXPRESSION_NAMES.index(name)] = (gaze[:, axis] / full).clip(0.0, 1.0)
    return weights


def gaze_from_weights(weights: FloatArray) -> FloatArray:
    """(T, 2) rad: the gaze of expression weights (T, 51), the mean of both eyes."""
    gaze = np.zeros((len(weights), 2))
    for name, (axis, full) in LOOKS.items():
        gaze[:, axis] += weights[:, EXPRESSION_NAMES.index(name)] * full / 2
    return gaze
