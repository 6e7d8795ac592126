"""Blinks: when, how often, for how long.

People blink 0.28 to 0.45 times per second, for 0.41 s on average (Zhang et al. 2021, FACIAL, section 5.2.2, who take it
from Sinha, Biswas and Bhowmick 2020). They call the 0.41 s "inter-blink duration"; it can only be how long a blink
takes: at 0.45 per second, two seconds pass between one blink and the next. In table 1 they measure 0.26 s for their own
result and 0.21 s for Zhou et al. 2020.

Here a blink lasts from half height to half height, which does not hang on where slow lids are said to have arrived.

The levels were chosen on GRID s1, train split (832 clips of 3 s, tracked at 25 frames per second), by looking at the
eyes of 60 closures: those of 0.5 and more show shut eyes, most of those below show lids half way down, or a look down.
By them s1 blinks 0.78 times per second, for 0.14 s (0.57 s between the moments when the lids are at 15 %); people in
addresses, interviews and other studios, 42 clips, 0.48 times per second, for 0.17 s.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from talkinghead.types import FloatArray, Interval

_SHUT = 0.5  # closure that a blink reaches
_TURN = 0.25  # change of closure that counts as a turn: less is jitter, and two blinks do not melt into one
_SHORTEST_S = 0.06  # at half height; one frame misread, at 25 per second, is shorter
_LONGEST_S = 0.7  # eyes that are shut for longer rest


def find_blinks(blink: FloatArray, fps: float) -> tuple[Interval, ...]:
    """The blinks of a sequence, in order, in seconds; frame ``t`` is at ``t / fps``.

    The curve is cut at its turns, with hysteresis; a peak that is high, long and short enough is a blink. It starts and
    ends half way between the peak and the lowest point before and behind, interpolated between frames. Blinks that
    had begun when the sequence begins are left out; those that have not ended when it ends do count and end with it:
    so that the number is right on average however short the clips are.

    Args:
        blink: (T,) in [0, 1], 1 is closed.
        fps: frames per second.

    Raises:
        ValueError: the curve is not (T,), or the frame rate is not positive.
    """
    blink = np.asarray(blink, np.float64)
    if blink.ndim != 1 or not fps > 0:
        raise ValueError(f"need a curve (T,) and a positive frame rate, got {blink.shape} and {fps}")
    turns = _turns(blink)
    last = len(blink) - 1
    found = []
    for before, peak, behind in zip(turns, turns[1:], [*turns[2:], last]):
        height = blink[peak]
        is_peak = height >= _SHUT and height > blink[before]
        had_begun = before == 0 and blink[0] > height / 2
        if not is_peak or had_begun:
            continue
        unfinished = behind == last and blink[last] > height / 2
        start = _crossing(blink, peak, before) / fps
        end = (last if unfinished else _crossing(blink, peak, behind)) / fps
        if end - start <= _LONGEST_S and (unfinished or end - start >= _SHORTEST_S):
            found.append(Interval("blink", start, end))
    return tuple(found)


def blink_rate(blink: FloatArray, fps: float) -> float:
    """Blinks per second of a curve (T,); NaN where it has no frame. People: 0.28 to 0.45."""
    return len(find_blinks(blink, fps)) / (len(blink) / fps) if len(blink) else float("nan")


def blink_duration(blink: FloatArray, fps: float) -> float:
    """Mean duration of a curve's (T,) blinks at half height, in s; NaN where none is seen to its end."""
    lengths = [b.end - b.start for b in find_blinks(blink, fps) if b.end < (len(blink) - 1) / fps]
    return float(np.mean(lengths)) if lengths else float("nan")


def inter_blink_interval(blink: FloatArray, fps: float) -> float:
    """Mean time from one blink's end to the next one's start in a curve (T,), in s; NaN where there are not two."""
    blinks = find_blinks(blink, fps)
    gaps = [after.start - before.end for before, after in pairwise(blinks)]
    return float(np.mean(gaps)) if gaps else float("nan")


def _turns(curve: FloatArray) -> list[int]:
    """Rows of the lowest and highest points, in turn, between which the curve goes at least ``_TURN``; or none.

    The first is the lowest or highest point before the first such way, the last that behind the last one.
    """
    turns: list[int] = []
    lowest = highest = 0
    rising: bool | None = None
    for row, value in enumerate(curve):
        if value < curve[lowest]:
            lowest = row
        if value > curve[highest]:
            highest = row
        if rising is not True and value - curve[lowest] >= _TURN:
            turns.append(lowest)
            rising, highest = True, row
        elif rising is not False and curve[highest] - value >= _TURN:
            turns.append(highest)
            rising, lowest = False, row
    return turns if rising is None else [*turns, highest if rising else lowest]


def _crossing(curve: FloatArray, peak: int, foot: int) -> float:
    """Where, between peak and foot, the curve first falls half way, in frames, interpolated."""
    level = (curve[peak] + curve[foot]) / 2
    step = 1 if foot > peak else -1
    row = peak
    while curve[row] > level:
        row += step
    above, below = curve[row - step], curve[row]
    return float(row - step * (level - below) / (above - below))
