"""Motion <-> the weights of the 51 expressions: what an animator's blend shapes would do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from talkinghead.face.bounded import solve_bounded
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.model import load_face_model
from talkinghead.face.rest import closed_mouth
from talkinghead.motion.eye_weights import set_eye_weights
from talkinghead.types import NUM_EXPRESSIONS, NUM_LANDMARKS, FloatArray, Motion

_PIECE = 4096  # rows
_RIDGE = 3e-4  # squared eye distances: what a weight of 1 costs beside the landmarks' squared distances
_SOLVED = np.array([k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith(("eyeBlink", "eyeLook"))])
_LIDS = np.array([name.startswith("eye") for name in EXPRESSION_NAMES])
_EYES = np.r_[LEFT_EYE, RIGHT_EYE]


@dataclass(frozen=True)
class _Solver:
    """The least-squares problem that all frames share: ``basis`` (204, K) and its regularised ``hessian`` (K, K)."""

    basis: FloatArray
    hessian: FloatArray


def landmark_basis() -> FloatArray:
    """(51, 68, 3) how far each expression at weight 1 moves the landmarks of a motion, in eye distances.

    A motion's eyelids stay as open as in the portrait and ``Motion.blink`` closes them: ``eyeBlink`` and ``eyeLook``
    move nothing here, the eyelids follow ``eyeSquint`` and ``eyeWide`` alone, and these move nothing else.
    """
    return _basis().copy()


@lru_cache(maxsize=1)
def _basis() -> FloatArray:
    moves = load_face_model().landmark_expressions()
    basis = np.where(_LIDS[:, None, None], 0.0, moves)
    basis[:, _EYES] = 0.0
    lids = np.intersect1d(np.flatnonzero(_LIDS), _SOLVED)
    basis[np.ix_(lids, _EYES)] = moves[np.ix_(lids, _EYES)]
    return basis


@lru_cache(maxsize=1)
def _solver() -> _Solver:
    basis = _basis()[_SOLVED].reshape(len(_SOLVED), -1).T
    return _Solver(basis, basis.T @ basis + _RIDGE * np.eye(len(_SOLVED)))


def expression_of(motion: Motion) -> FloatArray:
    """(T, 51) weights in [0, 1] of the expressions that a motion makes (order of ``face.expressions``).

    Jaw, lips, cheeks, nose and brows are solved for on the face model, so that they move the face of ``motion.rest``
    with its lips closed to the motion's landmarks; ``eyeBlink`` is ``motion.blink`` on both sides, ``eyeLook`` is
    ``motion.gaze``. Zero is the portrait's face with its lips closed, whatever expression it has there.

    The problem is strictly convex: each frame has one solution, and frames that differ little have weights that differ
    little. ``landmarks_from_expression`` undoes it. Memory beside the result does not grow with the motion's length.
    """
    solver, base = _solver(), closed_mouth(motion.rest)
    weights = np.zeros((len(motion), NUM_EXPRESSIONS))
    for start in range(0, len(motion), _PIECE):
        rows = slice(start, start + _PIECE)
        moved = (motion.landmarks[rows] - base).reshape(-1, NUM_LANDMARKS * 3)
        weights[rows, _SOLVED] = solve_bounded(solver.hessian, moved @ solver.basis)
    return set_eye_weights(weights, motion.blink.clip(0.0, 1.0), motion.gaze)


def landmarks_from_expression(weights: FloatArray, rest: FloatArray) -> FloatArray:
    """(T, 68, 3) landmarks of the face ``rest`` that makes expressions, in the head frame.

    Args:
        weights: (T, 51) or (51,) for a single face, in the order of ``face.expressions``; what they add to the face
            with its lips closed. See ``landmark_basis`` for the eyes.
        rest: (68, 3) the landmarks of the face as pictured.

    Returns:
        (T, 68, 3), or (68, 3) for a single face.
    """
    if weights.shape[-1] != NUM_EXPRESSIONS or rest.shape != (NUM_LANDMARKS, 3):
        raise ValueError(f"weights {weights.shape} and rest {rest.shape} must be (T, 51) and (68, 3)")
    return np.asarray(closed_mouth(rest) + np.tensordot(weights, _basis(), axes=1))
