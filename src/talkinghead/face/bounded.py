"""Least squares with bounds, one small problem for each frame, all with the same matrix."""

from __future__ import annotations

import numpy as np

from talkinghead.compilation import compile_loops
from talkinghead.types import FloatArray

_SWEEPS = 500  # at most; a few dozen are enough where the problem is regularised
_TOLERANCE = 1e-5  # of a weight: no weight moves more in the last sweep


def solve_bounded(
    hessian: FloatArray, targets: FloatArray, start: FloatArray | None = None, *, lowest: float = 0.0
) -> FloatArray:
    """The weights in [lowest, 1] that minimise ``w @ hessian @ w / 2 - w @ target`` for each row of targets.

    With a positive definite matrix the minimum is unique and depends continuously on the target (its changes are at
    most those of the target over the least eigenvalue): rows that differ little have weights that differ little.

    Args:
        hessian: (K, K) symmetric and positive definite.
        targets: (T, K).
        start: (T, K) initial weights; None: those of the previous row.
        lowest: the lower bound.

    Returns:
        (T, K).
    """
    weights = np.zeros(targets.shape) if start is None else np.ascontiguousarray(np.clip(start, lowest, 1.0))
    matrix = np.ascontiguousarray(hessian, np.float64)
    _descend(matrix, np.ascontiguousarray(targets, np.float64), weights, lowest, start is None)
    return weights


@compile_loops()
def _descend(hessian: FloatArray, targets: FloatArray, weights: FloatArray, lowest: float, chained: bool) -> None:
    """Coordinate descent in place (Hildreth 1957): each weight in turn goes to its own minimum within the bounds."""
    rows, count = targets.shape
    for row in range(rows):
        w = weights[row]
        if chained and row > 0:
            w[:] = weights[row - 1]
        slope = hessian @ w - targets[row]
        for _ in range(_SWEEPS):
            largest = 0.0
            for k in range(count):
                new = min(max(w[k] - slope[k] / hessian[k, k], lowest), 1.0)
                step = new - w[k]
                if step != 0.0:
                    w[k] = new
                    for m in range(count):
                        slope[m] += step * hessian[k, m]
                    largest = max(largest, abs(step))
            if largest < _TOLERANCE:
                break
