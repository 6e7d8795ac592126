"""Heads that move as far as the person's, slowly and fast."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from talkinghead.motion.smoothing import smooth
from talkinghead.types import FloatArray

CUTOFF_HZ = 3.0
"""Faster motion is the tracker's noise in what was learned from."""

NUM_BANDS = 4
"""Bands of frequency in which levels are compared."""

_EDGES_HZ = (0.25, 0.5, 1.0, 2.0)  # between the bands; what is slower is where the head is, not how it moves
_PIECE_S = 3.0  # levels are those of pieces, as long as the shortest recordings that people give
_MOST = 6.0  # factor


def head_levels(poses: Iterable[FloatArray], fps: float) -> FloatArray:
    """(NUM_BANDS, C) root mean square of somebody's poses (T, C) in bands of frequency, slow ones first."""
    squares, count = np.zeros(0), 0
    for pose in poses:
        for piece in np.array_split(pose, max(1, round(len(pose) / fps / _PIECE_S))):
            own = np.square(_part(piece, fps)[1:]).sum(axis=1)
            squares, count = own if count == 0 else squares + own, count + len(piece)
    return np.asarray(np.sqrt(squares / max(count, 1)))


def match_levels(pose: FloatArray, fps: float, levels: FloatArray) -> FloatArray:
    """The same head motion with somebody's levels.

    A network that is trained by squared errors makes the mean of what may happen, which moves less than any of it; for
    speech that it has not learned from, it hardly moves at all.

    Args:
        pose: (T, C).
        fps: frames per second.
        levels: of ``head_levels``.

    Returns:
        (T, C); no band is made more than six times stronger or weaker. As bands overlap, the levels are met roughly:
        in short pieces people are not always equally lively, either.
    """
    slow, *bands = _part(pose, fps)
    factors = np.clip(levels / np.maximum(head_levels([pose], fps), 1e-9), 1 / _MOST, _MOST)
    return np.asarray(slow + sum(band * factor for band, factor in zip(bands, factors, strict=True)))


def _part(pose: FloatArray, fps: float) -> FloatArray:
    """(1 + NUM_BANDS, T, C) what is slower than all bands, and the bands, which add up to the smoothed pose."""
    whole = smooth(np.asarray(pose, np.float64), fps, cutoff_hz=CUTOFF_HZ)
    lows = np.stack([*(smooth(whole, fps, cutoff_hz=edge) for edge in _EDGES_HZ), whole])
    return np.diff(lows, axis=0, prepend=0.0)
