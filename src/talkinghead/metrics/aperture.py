"""Whether the mouth opens when the reference's mouth does: correlation and lag of the aperture.

Landmarks are (T, 68, 3) in the head frame; only y counts.
"""

from __future__ import annotations

import numpy as np

from talkinghead.metrics.shapes import check_pair
from talkinghead.types import FloatArray

_UPPER = np.array([61, 62, 63])
_LOWER = np.array([67, 66, 65])


def aperture(landmarks: FloatArray) -> FloatArray:
    """(T,) height of the mouth's opening in landmarks (T, 68, 3): the mean distance of three pairs of inner lip
    points."""
    return np.asarray((landmarks[:, _LOWER, 1] - landmarks[:, _UPPER, 1]).mean(axis=1))


def aperture_correlation(predicted: FloatArray, reference: FloatArray) -> float:
    """Pearson correlation of the two apertures over time; 0 if one of them does not move."""
    check_pair(predicted, reference)
    return _correlation(aperture(predicted), aperture(reference))


def best_lag(predicted: FloatArray, reference: FloatArray, *, reach: int = 7) -> int:
    """The shift in frames, within ``reach``, that correlates the apertures best; positive: the prediction is late.

    0 if no shift improves on it.
    """
    check_pair(predicted, reference)
    first, second = aperture(predicted), aperture(reference)

    def at(lag: int) -> float:
        if lag >= 0:
            return _correlation(first[lag:], second[: len(second) - lag])
        return _correlation(first[:lag], second[-lag:])

    reach = max(0, min(reach, len(first) - 2))
    return max(range(-reach, reach + 1), key=lambda lag: (at(lag), -abs(lag)))


def _correlation(first: FloatArray, second: FloatArray) -> float:
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm > 1e-12 else 0.0
