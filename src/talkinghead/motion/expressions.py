"""Motion <-> the weights of the 51 expressions, as of an animator's blend shapes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from talkinghead.face.landmark_fit import LID_EXPRESSIONS, SKIN_EXPRESSIONS, LandmarkFitter
from talkinghead.face.model import load_face_model
from talkinghead.face.rest import closed_mouth
from talkinghead.motion.eye_weights import set_eye_weights
from talkinghead.types import NUM_EXPRESSIONS, NUM_LANDMARKS, FloatArray, Motion

_PIECE = 4096  # rows


@lru_cache(maxsize=1)
def _fitter() -> LandmarkFitter:
    return LandmarkFitter.of_moves(load_face_model().landmark_expressions())


def landmark_basis() -> FloatArray:
    """(51, 68, 3) displacement of a motion's landmarks by each expression at weight 1; see ``LandmarkFitter``."""
    return _fitter().basis.copy()


def expression_of(motion: Motion) -> FloatArray:
    """(T, 51) weights in [0, 1] of a motion's expressions, in the order of ``face.expressions``.

    Weights of jaw, lips, cheeks, nose and brows are solved for on the face model, so that they bring the face of
    ``motion.rest``, with its lips closed, to the motion's landmarks; ``eyeBlink`` is ``motion.blink`` on both sides,
    ``eyeLook`` is ``motion.gaze``. Zero is the portrait's face with its lips closed, whatever its expression.

    The problem is strictly convex: each frame has one solution, and frames that differ little have weights that differ
    little. ``landmarks_from_expression`` is the inverse. Memory beside the result does not grow with the motion's
    length.
    """
    fitter, base = _fitter(), closed_mouth(motion.rest)
    weights = np.zeros((len(motion), NUM_EXPRESSIONS))
    for start in range(0, len(motion), _PIECE):
        rows = slice(start, start + _PIECE)
        moved = motion.landmarks[rows] - base
        weights[rows, SKIN_EXPRESSIONS] = fitter.solve_skin(moved)
        weights[rows, LID_EXPRESSIONS] = fitter.solve_lids(moved)
    return set_eye_weights(weights, motion.blink.clip(0.0, 1.0), motion.gaze)


def landmarks_from_expression(weights: FloatArray, rest: FloatArray) -> FloatArray:
    """(T, 68, 3) landmarks, in the head frame, of the face ``rest`` with expressions.

    Args:
        weights: (T, 51), or (51,) for a single face, in the order of ``face.expressions``; they add to the face with
            its lips closed. See ``LandmarkFitter`` for the eyes.
        rest: (68, 3) the face as in the portrait.

    Returns:
        (T, 68, 3), or (68, 3) for a single face.
    """
    if weights.shape[-1] != NUM_EXPRESSIONS or rest.shape != (NUM_LANDMARKS, 3):
        raise ValueError(f"weights {weights.shape} and rest {rest.shape} must be (T, 51) and (68, 3)")
    return np.asarray(closed_mouth(rest) + np.tensordot(weights, _fitter().basis, axes=1))
