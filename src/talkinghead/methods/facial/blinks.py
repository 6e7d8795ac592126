"""Blinks where FACIAL-GAN sees them coming, as often and as long as the person's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from talkinghead.metrics.blinks import find_blinks
from talkinghead.types import FloatArray

USUAL = (0.48, 0.17)
"""Blinks per second and their length at half height (s) of people in addresses, interviews and studios
(``metrics.blinks``)."""

_PRIOR_S = 10.0  # of the usual level before that of the speech itself counts as much
_FLOOR = 0.5  # of the mean level that every instant has beside its own: people blink at any time
_REACH_S = 0.4  # to the likeliest instant near by
_GAP_S = 0.1  # between two blinks, beside their own length


def habit_of(curves: Iterable[FloatArray], fps: float) -> tuple[float, float]:
    """Blinks per second, and their mean length (s), of somebody's curves (T,); what is not seen is as usual."""
    curves = list(curves)
    blinks = [(blink, len(curve)) for curve in curves for blink in find_blinks(curve, fps)]
    lengths = [blink.end - blink.start for blink, count in blinks if blink.end < (count - 1) / fps]
    seconds = sum(map(len, curves)) / fps
    return (len(blinks) / seconds if blinks else USUAL[0]), (float(np.mean(lengths)) if lengths else USUAL[1])


def place_blinks(curve: FloatArray, fps: float, *, habit: tuple[float, float], level: float, seed: int) -> FloatArray:
    """Whole blinks in place of a network's expectation of them.

    A network that is trained by squared errors makes the mean of what may happen: lids that go half way down, too
    often or never. It tells when a blink is likely; how often and how long people blink is their habit. What the curve
    gathers over time, relative to its own level, releases a blink each time it is enough for one.

    Args:
        curve: (T,) in [0, 1], the network's.
        fps: frames per second.
        habit: of ``habit_of``.
        level: the mean of such a curve of whose habit it is.
        seed: of how near the first blink is.

    Returns:
        (T,) in [0, 1]. A longer curve begins with what the shorter one gives, but for the last half second.
    """
    rate, length = habit
    count, reach = len(curve), round(_REACH_S * fps)
    times = np.arange(count) / fps
    curve = np.maximum(np.asarray(curve, np.float64), 0.0)
    level = max(level, 1e-3)
    mean = (_PRIOR_S * level + np.cumsum(curve) / fps) / (_PRIOR_S + times + 1 / fps)
    share = (curve / mean + _FLOOR) / (1 + _FLOOR)
    gathered = np.floor(np.cumsum(share) * rate / fps + np.random.default_rng(seed).random())
    blink, last = np.zeros(count), -np.inf
    for row in map(int, np.flatnonzero(np.diff(gathered, prepend=0.0))):
        first = max(0, row - reach)
        peak = times[first + int(curve[first : row + reach + 1].argmax())]
        peak = max(peak, last + 2 * length + _GAP_S)
        away = np.abs(times - peak) / length
        blink = np.maximum(blink, np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * away), 0.0))
        last = peak
    return blink
