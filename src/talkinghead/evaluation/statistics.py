"""How certain a mean over clips is, and whether one system is better than another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from talkinghead.types import FloatArray

_RESAMPLES = 2000
_COVERED = (2.5, 97.5)  # percentiles: 95 % between them


class Estimate(NamedTuple):
    """A mean (or median, see ``bootstrap_interval``) and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: Sequence[float] | FloatArray, *, seed: int = 0, statistic: Callable[..., Any] = np.mean
) -> Estimate:
    """The mean of values, or another statistic, and its 95 % interval, by the percentile bootstrap over them.

    Args:
        values: one per clip, finite; the interval of a single value is that value.
        seed: of the 2000 resamples.
        statistic: a function of NumPy with an ``axis``: ``np.mean``, ``np.median``.

    Raises:
        ValueError: there is no value, or one is not finite.

    Source: Efron 1979; Efron and Tibshirani 1993, section 13.3.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0 or not np.isfinite(array).all():
        raise ValueError(f"need a row of finite values, at least one, got {array}")
    drawn = np.random.default_rng(seed).integers(len(array), size=(_RESAMPLES, len(array)))
    low, high = np.percentile(statistic(array[drawn], axis=1), _COVERED)
    return Estimate(float(statistic(array)), float(low), float(high))


def difference_of_pairs(first: Sequence[float] | FloatArray, second: Sequence[float] | FloatArray) -> Estimate:
    """Mean of ``first - second`` over the same clips, and its 95 % interval.

    Pairs are resampled together, which cancels what makes a clip hard for both.

    Args:
        first: one value per clip.
        second: the other system's, clips in the same order.

    Raises:
        ValueError: the lengths differ, or as for ``bootstrap_interval``.
    """
    if len(first) != len(second):
        raise ValueError(f"paired values must be as many, got {len(first)} and {len(second)}")
    return bootstrap_interval(np.asarray(first, np.float64) - np.asarray(second, np.float64))


def verdict(difference: Estimate) -> str:
    """The first system by a paired difference of costs (lower is better): "better", "worse" or "undecided"."""
    if difference.high < 0:
        return "better"
    return "worse" if difference.low > 0 else "undecided"


def costs(values: Sequence[float] | FloatArray, better: str, reference: Sequence[float] | FloatArray) -> FloatArray:
    """(n,) the values turned so that lower is better.

    Args:
        values: one per clip.
        better: as in ``Measure``: "lower", "higher", "reference" (the distance to the real video's own value counts) or
            "" (the distance to 0 counts).
        reference: the real video's values of the same clips, used only for "reference".

    Raises:
        ValueError: ``better`` is none of these.
    """
    array = np.asarray(values, dtype=np.float64)
    if better == "lower":
        return array
    if better == "higher":
        return -array
    if better == "reference":
        return np.asarray(np.abs(array - np.asarray(reference, dtype=np.float64)))
    if better == "":
        return np.abs(array)
    raise ValueError(f"no cost follows from {better!r}: it must be lower, higher, reference or nothing")
