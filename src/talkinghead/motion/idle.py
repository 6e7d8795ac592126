"""Head motion and blinks for methods without their own.

Both are functions of seed and time: they do not depend on the frame rate, and a longer result begins with the shorter
one. They use the speech up to the present frame only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

from talkinghead.errors import InputError
from talkinghead.motion.smoothing import smoothstep
from talkinghead.types import FloatArray

_GRID_RATE = 100  # Hz, on which the path is made before it is read off at the frames
_BURN_IN_S = 20.0  # until the filters have forgotten their initial zeros
_CORNER_HZ = 0.15  # the spectrum is flat below, falls with the square of the frequency above ...
_CUTOFF_HZ = 1.6  # ... and with the sixth power from here on
_RAMP_S = 1.5  # from the portrait's own pose to the full motion

# Standard deviations during speech; the channels are pitch, yaw, roll and x, y, z.
_ROTATION_STD = np.radians([1.3, 1.8, 0.9])
_TRANSLATION_STD = np.array([0.015, 0.015, 0.008])
_HEAD_LIMIT = 3.0  # in standard deviations
_NECK = 0.7  # correlation of sideways shift with roll and of vertical shift with pitch: the head turns about the neck
_SILENT_SHARE = 0.6  # of the motion remains in silence
_SETTLING_S = 0.5

_NOD_STD = 1.0  # a nod, in standard deviations of pitch
_NOD_PEAK_S = 0.25
_NOD_S = 1.5

_BLINK_RATES = (0.31, 0.42)  # per second; people differ
_FASTEST_BLINKS = 1.5
_REFRACTORY_S = 0.8
_FIRST_BLINK_S = 0.5
_INTERVAL_SPREAD = 0.55  # standard deviation of the logarithm
_BLINK_S = (0.26, 0.44)
_CLOSING_SHARE = 1.0 / 3.0
_CLOSED_S = 0.05
_SPEAKING_WEIGHT, _SILENT_WEIGHT, _PAUSE_WEIGHT = 0.6, 1.6, 6.0
_PAUSE_BEGINS_S = 0.4
_PACE_S = 15.0  # over which the mean rate is kept, however much is spoken


def idle_head(
    num_frames: int,
    fps: float,
    *,
    seed: int,
    activity: FloatArray | None = None,
    amount: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """A quiet, natural head path that starts from the portrait's own pose and stays around it.

    Each channel is noise whose power falls with the square of the frequency between 0.15 and 1.6 Hz, softly limited to
    three standard deviations: pitch 1.3, yaw 1.8, roll 0.9 degrees, 0.015, 0.015 and 0.008 of the outer eye corners'
    distance along x, y, z. In silence six tenths of it remain; when speech sets in or gets louder, the head nods a
    little.

    Args:
        num_frames: T.
        fps: frames per second.
        seed: of the path.
        activity: (T,) in [0, 1], the probability of speech or its loudness; None: as in constant speech, without nods.
        amount: scales everything; 0 gives zeros.

    Returns:
        rotation (T, 3) rad, pitch, yaw, roll; translation (T, 3) in outer eye corners' distances. The first row is
        zero.

    Raises:
        ValueError: the activity has another length than ``num_frames``.

    Source: the design is ours. That head motion makes a talking head believable, and that it is only weakly coupled to
        the speech: Zhang et al. 2021 (FACIAL), section 1, "implicit attributes".
    """
    _check_activity(activity, num_frames)
    if amount == 0.0 or num_frames == 0:
        return np.zeros((num_frames, 3)), np.zeros((num_frames, 3))
    time = np.arange(num_frames) / fps
    path = _read_off(_noise_path(seed, _grid_length(num_frames, fps)), time)
    if activity is not None:
        path *= _liveliness(activity, fps)[:, None]
        path[:, 0] += _nods(activity, fps)
    path = path / (1.0 + (path / _HEAD_LIMIT) ** 4) ** 0.25
    path *= amount * smoothstep(time / _RAMP_S)[:, None]
    return path[:, :3] * _ROTATION_STD, path[:, 3:] * _TRANSLATION_STD


def idle_blinks(
    num_frames: int,
    fps: float,
    *,
    seed: int,
    rate: float | None = None,
    activity: FloatArray | None = None,
) -> FloatArray:
    """Natural blinks: quick to close, slower to open, more frequent early in pauses and rarer within words.

    The times between blinks are log-normal above 0.8 s; the first comes after half a second. A blink lasts 0.26 to
    0.44 s, of which the eyes are shut for 0.05 s or one frame, so that every blink has a frame in which they are shut.

    Args:
        num_frames: T.
        fps: frames per second.
        seed: of the blinks.
        rate: blinks per second, up to 1.5; 0: none; None: a person's rate, drawn between 0.31 and 0.42.
        activity: (T,) in [0, 1], the probability of speech; None: blinks do not depend on the speech.

    Returns:
        (T,) in [0, 1]; 1 is closed.

    Raises:
        InputError: the rate is out of range.
        ValueError: the activity has another length than ``num_frames``.

    Source: Zhang et al. 2021 (FACIAL), section 5.2: people blink 0.28-0.45 times per second, for 0.41 s on average;
        table 1: their own result blinks 0.47 times per second for 0.26 s, that of Zhou et al. 2020 0.42 times for
        0.21 s.
        The log-normal intervals and the preference for pauses are ours.
    """
    _check_activity(activity, num_frames)
    if rate is not None and not 0.0 <= rate <= _FASTEST_BLINKS:
        raise InputError(f"blink rate {rate} per second is out of range: choose one from 0 to {_FASTEST_BLINKS:g}.")
    blink = np.zeros(num_frames)
    if rate == 0.0 or num_frames == 0:
        return blink
    time = np.arange(num_frames) / fps
    for start, length in _blink_times(time, seed=seed, rate=rate, activity=activity, fps=fps):
        first, last = int(np.floor(start * fps)), int(np.ceil((start + length + 1.0 / fps) * fps)) + 1
        lids = _lids(time[first:last] - start, length, shut=max(_CLOSED_S, 1.0 / fps))
        blink[first:last] = np.maximum(blink[first:last], lids)
    return blink


def _check_activity(activity: FloatArray | None, num_frames: int) -> None:
    if activity is not None and activity.shape != (num_frames,):
        raise ValueError(f"activity must have shape ({num_frames},), got {activity.shape}")


def _grid_length(num_frames: int, fps: float) -> int:
    return int(np.ceil((num_frames - 1) * _GRID_RATE / fps)) + 2


@lru_cache(maxsize=1)
def _shaping() -> tuple[FloatArray, float]:
    """Second-order sections that give white noise the head's spectrum, and the standard deviation of the result."""
    corner = scipy.signal.butter(1, _CORNER_HZ, fs=_GRID_RATE, output="sos")
    cutoff = scipy.signal.butter(2, _CUTOFF_HZ, fs=_GRID_RATE, output="sos")
    sections = np.concatenate([corner, cutoff])
    impulse = np.zeros(60 * _GRID_RATE)
    impulse[0] = 1.0
    return sections, float(np.sqrt(np.square(scipy.signal.sosfilt(sections, impulse)).sum()))


def _noise_path(seed: int, length: int) -> FloatArray:
    """(length, 6) unit-variance channels on the grid; a longer path begins with the shorter."""
    burn_in = round(_BURN_IN_S * _GRID_RATE)
    white = np.random.default_rng([seed, 0]).standard_normal((burn_in + length, 6))
    sections, std = _shaping()
    path = scipy.signal.sosfilt(sections, white, axis=0)[burn_in:] / std
    own = np.sqrt(1.0 - _NECK**2)
    path[:, 3] = _NECK * path[:, 2] + own * path[:, 3]
    path[:, 4] = _NECK * path[:, 0] + own * path[:, 4]
    return np.asarray(path)


def _read_off(path: FloatArray, time: FloatArray) -> FloatArray:
    position = time * _GRID_RATE
    before = np.floor(position + 1e-9).astype(int)
    share = (position - before).clip(0.0, 1.0)[:, None]
    return np.asarray(path[before] * (1.0 - share) + path[before + 1] * share)


def _follow(activity: FloatArray, fps: float, seconds: float) -> FloatArray:
    """(T,) the activity after a first-order lag that starts at its first value."""
    keep = np.exp(-1.0 / (fps * seconds))
    values = activity.astype(np.float64)
    followed, _ = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], values, zi=keep * values[:1])
    return np.asarray(followed)


def _liveliness(activity: FloatArray, fps: float) -> FloatArray:
    twice = _follow(_follow(activity, fps, _SETTLING_S), fps, _SETTLING_S)
    return _SILENT_SHARE + (1.0 - _SILENT_SHARE) * twice


def _nods(activity: FloatArray, fps: float) -> FloatArray:
    """(T,) pitch in standard deviations: each rise of the activity lowers the chin, which then returns."""
    rise = np.maximum(np.diff(activity.astype(np.float64), prepend=activity[:1]), 0.0)
    share = np.arange(round(_NOD_S * fps)) / fps / _NOD_PEAK_S
    nod = _NOD_STD * share**2 * np.exp(2.0 * (1.0 - share))
    return np.asarray(scipy.signal.lfilter(nod, [1.0], rise))


def _blink_times(
    time: FloatArray, *, seed: int, rate: float | None, activity: FloatArray | None, fps: float
) -> list[tuple[float, float]]:
    """(start, length) in seconds of each blink.

    Blinks are timed by a clock that runs fast in pauses and slowly in words, but keeps time over ``_PACE_S``.
    """
    random = np.random.default_rng([seed, 1])
    own_rate = random.uniform(*_BLINK_RATES)
    rate = own_rate if rate is None else rate
    refractory = min(_REFRACTORY_S, 0.6 / rate)
    clock = time if activity is None else _pause_clock(activity, fps)

    def interval() -> float:
        spread = np.exp(_INTERVAL_SPREAD * random.standard_normal() - _INTERVAL_SPREAD**2 / 2)
        return refractory + (1.0 / rate - refractory) * float(spread)

    blinks: list[tuple[float, float]] = []
    earliest, due = _FIRST_BLINK_S, _FIRST_BLINK_S + random.uniform() * interval()
    while True:
        if due > clock[-1] or earliest > time[-1]:
            return blinks
        start = max(float(np.interp(due, clock, time)), earliest)
        if start > time[-1]:
            return blinks
        blinks.append((start, random.uniform(*_BLINK_S)))
        earliest, due = start + refractory, due + interval()


def _pause_clock(activity: FloatArray, fps: float) -> FloatArray:
    """(T,) seconds on a clock that runs faster the more likely a blink is at a moment."""
    speaking = activity >= 0.5
    reach = round(_PAUSE_BEGINS_S * fps) + 1
    lately = scipy.ndimage.maximum_filter1d(speaking, reach, origin=(reach - 1) // 2, mode="constant")
    weight = np.where(speaking, _SPEAKING_WEIGHT, np.where(lately, _PAUSE_WEIGHT, _SILENT_WEIGHT))
    pace = _follow(np.concatenate([[1.0], weight]), fps, _PACE_S)[1:]
    return np.asarray(np.concatenate([[0.0], np.cumsum(weight / pace)[:-1]]) / fps)


def blink_around(time: float, count: int, fps: float) -> FloatArray:
    """(count,) how far one blink of usual length, shut at ``time`` (s), closes the lids in each frame."""
    length, shut = float(np.mean(_BLINK_S)), max(_CLOSED_S, 1.0 / fps)
    start = time - (length - _CLOSED_S) * _CLOSING_SHARE - shut / 2
    return _lids(np.arange(count) / fps - start, length, shut=shut)


def _lids(since: FloatArray, length: float, *, shut: float) -> FloatArray:
    """How far the lids are closed ``since`` seconds after a blink began."""
    moving = length - _CLOSED_S
    closing = moving * _CLOSING_SHARE
    opening = moving - closing
    end = closing + shut + opening
    return np.minimum(smoothstep(since / closing), smoothstep((end - since) / opening))
