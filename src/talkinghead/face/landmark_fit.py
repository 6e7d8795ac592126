"""Weights of expressions from the 68 landmarks of a face whose rest is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talkinghead.face.bounded import solve_bounded
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.types import NUM_LANDMARKS, FloatArray, IndexArray

# What weights cost beside the landmarks' squared distances, in squared eye distances: times the squared weight, and
# times the weight, which keeps weights at 0 that explain little. Lids are smaller and move less.
_COSTS, _LID_COSTS = (2e-3, 3e-4), (2e-4, 3e-5)
_EYES = np.r_[LEFT_EYE, RIGHT_EYE]
_SKIN = np.setdiff1d(np.arange(NUM_LANDMARKS), _EYES)

SKIN_EXPRESSIONS: IndexArray = np.array([k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith("eye")])
"""(37,) places of the expressions that move more than eyes and lids."""

LID_EXPRESSIONS: IndexArray = np.array(
    [k for k, name in enumerate(EXPRESSION_NAMES) if name.startswith(("eyeSquint", "eyeWide"))]
)
"""(4,) places of those that move the lids and leave them open."""


@dataclass(frozen=True)
class LandmarkFitter:
    """The least-squares problem that all frames share.

    Attributes:
        basis: (51, 68, 3) how far each expression at weight 1 moves the landmarks of a motion, in eye distances. A
            motion's eyelids stay as open as in the portrait and ``Motion.blink`` closes them: ``eyeBlink`` and
            ``eyeLook`` move nothing here, the lids follow ``eyeSquint`` and ``eyeWide`` alone, which move nothing else.
    """

    basis: FloatArray

    @classmethod
    def of_moves(cls, moves: FloatArray) -> LandmarkFitter:
        """The problem for expressions that move the landmarks of a face by ``moves`` (51, 68, 3)."""
        basis = np.zeros_like(moves)
        basis[np.ix_(SKIN_EXPRESSIONS, _SKIN)] = moves[np.ix_(SKIN_EXPRESSIONS, _SKIN)]
        basis[np.ix_(LID_EXPRESSIONS, _EYES)] = moves[np.ix_(LID_EXPRESSIONS, _EYES)]
        return cls(basis)

    def solve_skin(self, moved: FloatArray) -> FloatArray:
        """(T, 37) weights in [0, 1] of ``SKIN_EXPRESSIONS`` for displacements (T, 68, 3) of the landmarks."""
        return self._solve(moved, SKIN_EXPRESSIONS, _SKIN, *_COSTS)

    def solve_lids(self, moved: FloatArray) -> FloatArray:
        """(T, 4) weights in [0, 1] of ``LID_EXPRESSIONS`` for displacements (T, 68, 3) of the landmarks."""
        return self._solve(moved, LID_EXPRESSIONS, _EYES, *_LID_COSTS)

    def _solve(
        self, moved: FloatArray, places: IndexArray, points: IndexArray, squared_cost: float, cost: float
    ) -> FloatArray:
        own = self.basis[np.ix_(places, points)].reshape(len(places), -1)
        targets = moved[:, points].reshape(len(moved), -1) @ own.T - cost
        return solve_bounded(own @ own.T + squared_cost * np.eye(len(own)), targets)
