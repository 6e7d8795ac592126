"""Whether the lips do what the sounds need: meet on p, b, m, and bring the lower lip to the upper teeth on f, v.

All take landmarks (T, 68, 3) in the head frame, frame ``t`` at ``t / fps`` seconds, smoothed as ``tracking`` does by
default, and phones in seconds. The levels of both tests come from the sequence itself, so that a large mouth is
measured as a large one. A mouth that hardly moves passes everywhere; the control reveals it: how often the same test
passes on open vowels (``open_vowels``), where it should fail.

The levels were chosen on the real video of GRID s1, train split (832 clips tracked at 25 frames per second, phones from
forced alignment, 1137 bilabials, 400 labiodentals): its lips pass on 98 % of p, b, m and on 21 % of open vowels, its
lower lip on 97 % of f, v and on 14 % of open vowels. Of random moments in its speech, half pass.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from talkinghead.face.rest import LOWER_INNER, TOUCHING, lip_gap
from talkinghead.speech.arpabet import BILABIALS, LABIODENTALS, SILENCE, VISEMES
from talkinghead.types import NUM_LANDMARKS, BoolArray, FloatArray, Interval

TOLERANCE_S = 0.04
"""Seconds by which an interval is widened on either side: one frame of video at 25 per second.

Lips meet before the sound of a stop ends, and forced alignment errs by about 0.02 s. With half the tolerance, the real
lips of GRID s1 pass on 95.5 % of p, b, m and 10 % of open vowels; those of its other speakers, who are aligned less
exactly, pass on 89 % of p, b, m (with the full tolerance on 96 %)."""

OPEN_VOWELS = (*VISEMES["open vowel"], *VISEMES["mid vowel"], "AO", "OW")

_CLOSED_SHARE = 0.15  # of the sequence's own wide opening; on GRID s1 this is 0.018, practically TOUCHING
_RAISED_SHARE = 0.3  # of the lower lip's own range, from the top
_NOISE = 0.012  # eye distances by which two trackings of one frame differ at the lips
_LOW, _HIGH = 5.0, 95.0  # percentiles that stand for the ends of a movement


def select_labels(phones: Sequence[Interval], labels: Collection[str]) -> tuple[Interval, ...]:
    """The intervals with one of the labels, in order."""
    return tuple(phone for phone in phones if phone.label in labels)


def open_vowels(phones: Sequence[Interval]) -> tuple[Interval, ...]:
    """The control: open vowels that have neither a lip consonant nor silence beside them, nor the end of the speech."""
    closing = {*BILABIALS, *LABIODENTALS, SILENCE}
    return tuple(
        phone
        for before, phone, after in zip(phones, phones[1:], phones[2:])
        if phone.label in OPEN_VOWELS and before.label not in closing and after.label not in closing
    )


def closed_level(landmarks: FloatArray) -> float:
    """The opening, in eye distances, up to which the lips of a sequence (T, 68, 3) count as together.

    It is the opening that the tracker measures for touching lips, or 15 % of the sequence's 95th percentile if that is
    more.
    """
    _check(landmarks)
    return max(TOUCHING, _CLOSED_SHARE * float(np.percentile(lip_gap(landmarks), _HIGH)))


def teeth_level(landmarks: FloatArray) -> float:
    """The height (y, in eye distances) at which the lower lip of a sequence (T, 68, 3) counts as at the upper teeth.

    Teeth are not among the landmarks, but the lip's own range tells: f and v raise it higher than even p, b and m,
    where the upper lip comes down to meet it. The level lies 30 % below the top of the range from the 5th to the 95th
    percentile of its height.
    """
    low, high = np.percentile(lower_lip(landmarks), (_LOW, _HIGH))
    return float(low + max(_NOISE, _RAISED_SHARE * (high - low)))


def lower_lip(landmarks: FloatArray) -> FloatArray:
    """(T,) height of the lower lip's inner edge in landmarks (T, 68, 3): its y, larger is lower."""
    _check(landmarks)
    return np.asarray(landmarks[:, LOWER_INNER, 1].mean(axis=1))


def lips_meet(
    landmarks: FloatArray,
    intervals: Sequence[Interval],
    fps: float,
    *,
    tolerance: float = TOLERANCE_S,
    level: float | None = None,
) -> BoolArray:
    """For each interval, whether the lips come together within it.

    Args:
        landmarks: (T, 68, 3) in the head frame, at least one row.
        intervals: in seconds.
        fps: frames per second.
        tolerance: seconds by which an interval is widened on either side.
        level: opening in eye distances that counts as closed; None: ``closed_level(landmarks)``.

    Returns:
        (number of intervals,) bool.

    Raises:
        ValueError: the landmarks are not (T, 68, 3) with at least one row.
    """
    level = closed_level(landmarks) if level is None else level
    return _falls_to(lip_gap(landmarks), level, intervals, fps, tolerance)


def lip_at_teeth(
    landmarks: FloatArray,
    intervals: Sequence[Interval],
    fps: float,
    *,
    tolerance: float = TOLERANCE_S,
    level: float | None = None,
) -> BoolArray:
    """For each interval, whether the lower lip comes up to the upper teeth within it; as ``lips_meet``.

    Here ``level`` is the height that the lower lip must reach; None: ``teeth_level(landmarks)``.
    """
    level = teeth_level(landmarks) if level is None else level
    return _falls_to(lower_lip(landmarks), level, intervals, fps, tolerance)


def bilabial_closures(
    landmarks: FloatArray, phones: Sequence[Interval], fps: float, *, tolerance: float = TOLERANCE_S
) -> BoolArray:
    """For each p, b and m among the phones, whether the lips meet; arguments as in ``lips_meet``."""
    return lips_meet(landmarks, select_labels(phones, BILABIALS), fps, tolerance=tolerance)


def labiodental_contacts(
    landmarks: FloatArray, phones: Sequence[Interval], fps: float, *, tolerance: float = TOLERANCE_S
) -> BoolArray:
    """For each f and v among the phones, whether the lower lip reaches the teeth; arguments as in ``lip_at_teeth``."""
    return lip_at_teeth(landmarks, select_labels(phones, LABIODENTALS), fps, tolerance=tolerance)


def _check(landmarks: FloatArray) -> None:
    if landmarks.ndim != 3 or landmarks.shape[1] != NUM_LANDMARKS or len(landmarks) == 0:
        raise ValueError(f"need landmarks (T, 68, 2 or 3) with a row at least, got {landmarks.shape}")


def _falls_to(path: FloatArray, level: float, intervals: Sequence[Interval], fps: float, tolerance: float) -> BoolArray:
    """For each interval, whether the path (T,) is at most ``level`` in one of its frames."""
    passed = [path[_frames(interval, fps, tolerance, len(path))].min() <= level for interval in intervals]
    return np.array(passed, dtype=bool)


def _frames(interval: Interval, fps: float, tolerance: float, count: int) -> slice:
    """The frames within the widened interval; if there is none, the one nearest to its middle."""
    first = int(np.ceil((interval.start - tolerance) * fps - 1e-6))
    last = int(np.floor((interval.end + tolerance) * fps + 1e-6))
    if last < max(first, 0) or first >= count:
        first = last = min(max(round((interval.start + interval.end) / 2 * fps), 0), count - 1)
    return slice(max(first, 0), last + 1)
