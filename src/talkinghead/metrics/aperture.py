"""Whether the mouth moves when the reference's does: correlation and lag of its opening, correlation of its width.

Landmarks are (T, 68, 3) in the head frame; of openings only y counts.
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


def aperture_correlation_in_step(predicted: FloatArray, reference: FloatArray, *, reach: int = 8) -> float:
    """The same with the recording's own offset of sound and picture taken off.

    Many recordings are out of step by several frames, which says nothing of lips that were generated from their sound.
    Each half of the sequence is shifted by the lag that is best on the other half, so that no lag is fitted to what it
    is judged by; the mean of both counts.

    Args:
        predicted: (T, 68, 2 or 3) landmarks in the head frame.
        reference: the same of the recording.
        reach: largest lag in frames.

    Returns:
        The correlation; NaN if a half has fewer than ``2 * reach`` frames, on which no lag can be found.
    """
    check_pair(predicted, reference)
    middle = len(predicted) // 2
    if middle < 2 * reach:
        return float("nan")
    halves = [(predicted[rows], reference[rows]) for rows in (slice(0, middle), slice(middle, None))]
    shifted = [
        _correlation_at(best_lag(*other, reach=reach), aperture(own[0]), aperture(own[1]))
        for own, other in (halves, halves[::-1])
    ]
    return float(np.mean(shifted))


def width_correlation(predicted: FloatArray, reference: FloatArray) -> float:
    """Pearson correlation over time of the distances between the mouth's corners; 0 if one of them does not move."""
    check_pair(predicted, reference)
    first, second = (np.linalg.norm(each[:, 54] - each[:, 48], axis=1) for each in (predicted, reference))
    return _correlation(first, second)


def best_lag(predicted: FloatArray, reference: FloatArray, *, reach: int = 7) -> int:
    """The shift in frames, within ``reach``, that correlates the apertures best; positive: the prediction is late.

    0 if no shift improves on it.
    """
    check_pair(predicted, reference)
    first, second = aperture(predicted), aperture(reference)
    reach = max(0, min(reach, len(first) - 2))
    return max(range(-reach, reach + 1), key=lambda lag: (_correlation_at(lag, first, second), -abs(lag)))


def _correlation_at(lag: int, first: FloatArray, second: FloatArray) -> float:
    """The correlation of what remains of two paths (T,) if the first is late by ``lag`` frames."""
    if lag >= 0:
        return _correlation(first[lag:], second[: len(second) - lag])
    return _correlation(first[:lag], second[-lag:])


def _correlation(first: FloatArray, second: FloatArray) -> float:
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm > 1e-12 else 0.0
