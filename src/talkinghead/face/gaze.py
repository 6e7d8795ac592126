"""Where the eyes look: from the irises, and as weights of expressions.

Gaze is (yaw, pitch) in radians in the head frame, with the signs of the head's rotation: positive yaw looks to the left
of the picture, positive pitch looks down. Both eyes turn alike.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LEFT_IRIS, RIGHT_IRIS
from talkinghead.face.model import IRIS_DEPTH, load_face_model
from talkinghead.types import FloatArray, IndexArray

LOOK_SIDEWAYS, LOOK_DOWN, LOOK_UP = 0.61, 0.61, 0.44
"""rad of gaze at weight 1, read off recordings of Live Link Face, which hold both: straight lines within 0.02 rad, with
eyes turned by up to 0.44 rad sideways, 0.18 down and 0.18 up."""

# Left and right are the person's own; positive yaw looks to the left of the picture, which is the person's right.
LOOKS: dict[tuple[str, str], tuple[float, float]] = {
    ("eyeLookInLeft", "eyeLookOutRight"): (LOOK_SIDEWAYS, 0.0),
    ("eyeLookOutLeft", "eyeLookInRight"): (-LOOK_SIDEWAYS, 0.0),
    ("eyeLookDownLeft", "eyeLookDownRight"): (0.0, LOOK_DOWN),
    ("eyeLookUpLeft", "eyeLookUpRight"): (0.0, -LOOK_UP),
}
"""Weights that turn the two eyes one way -> gaze (yaw, pitch) in rad at weight 1."""

LOOK_EXPRESSIONS: IndexArray = np.array([EXPRESSION_NAMES.index(name) for names in LOOKS for name in names])
"""(8,) places of the expressions that gaze sets."""

EYE_POINTS: IndexArray = np.array([33, 133, LEFT_IRIS[0], 362, 263, RIGHT_IRIS[0]])
"""(6,) mesh points that gaze is read from: corners and centre of the iris, of the left eye, then of the right one."""


def look_weights(gaze: FloatArray) -> FloatArray:
    """(T, 51) weights of the ``eyeLook`` expressions for gaze (T, 2) rad; all others are 0.

    >>> weights = look_weights(np.array([[LOOK_SIDEWAYS / 2, 0.0]]))[0]
    >>> {EXPRESSION_NAMES[k]: round(float(weights[k]), 2) for k in np.flatnonzero(weights)}
    {'eyeLookInLeft': 0.5, 'eyeLookOutRight': 0.5}
    """
    weights = np.zeros((len(gaze), len(EXPRESSION_NAMES)))
    for names, full in LOOKS.items():
        axis = 0 if full[0] else 1
        for name in names:
            weights[:, EXPRESSION_NAMES.index(name)] = np.clip(gaze[:, axis] / full[axis], 0.0, 1.0)
    return weights


def gaze_from_weights(weights: FloatArray) -> FloatArray:
    """(T, 2) rad: the gaze of expression weights (T, 51), the mean of both eyes."""
    gaze = np.zeros((len(weights), 2))
    for names, full in LOOKS.items():
        gaze += sum(weights[:, EXPRESSION_NAMES.index(name), None] for name in names) * np.array(full) / len(names)
    return gaze


def gaze_of_eyes(eyes: FloatArray, view: FloatArray | None = None) -> FloatArray:
    """Where a face looks, from its irises and the corners of its eyes.

    The corners, over all rows, tell where the eyeballs are. Where the line of sight of the camera through an iris meets
    its eyeball, there the iris is: the depth that the tracker gives irises is not used. Zero is the gaze of the mean
    face, whose model is made from people who mostly look at the camera.

    Args:
        eyes: (T, 6, 3) the mesh's ``EYE_POINTS`` in the head frame.
        view: (T, 3) the camera's line of sight in the head frame, a unit vector away from the camera; None: the head
            faces the camera.

    Returns:
        (T, 2) rad, yaw and pitch, the mean of both eyes.
    """
    model = load_face_model()
    view = np.broadcast_to([0.0, 0.0, 1.0], (len(eyes), 3)) if view is None else view
    directions = np.zeros((len(eyes), 3))
    for side, first in enumerate((0, 3)):
        own = model.mean[EYE_POINTS[first : first + 2]].mean(axis=0)
        corners = eyes[:, first : first + 2].mean(axis=1)
        centre = np.median(corners, axis=0) + model.eyeballs[side] - own if len(eyes) else own
        offset = eyes[:, first + 2] - centre
        along = (offset * view).sum(axis=-1, keepdims=True)
        beside = offset - along * view
        distance = np.linalg.norm(beside, axis=-1, keepdims=True)
        # An iris farther out than its eyeball lies on the eyeball's rim.
        beside *= np.minimum(1.0, IRIS_DEPTH / np.maximum(distance, 1e-9))
        depth = np.sqrt(np.maximum(IRIS_DEPTH**2 - np.square(beside).sum(axis=-1, keepdims=True), 0.0))
        directions += beside - depth * view
    yaw = np.arctan2(-directions[:, 0], -directions[:, 2])
    pitch = np.arctan2(directions[:, 1], np.hypot(directions[:, 0], directions[:, 2]))
    return np.stack([yaw, pitch], axis=-1)


def gaze_of(mesh: FloatArray, view: FloatArray | None = None) -> FloatArray:
    """(T, 2) rad: where the faces of meshes (T, 478, 3) in the head frame look; see ``gaze_of_eyes``."""
    return gaze_of_eyes(mesh[:, EYE_POINTS], view)
