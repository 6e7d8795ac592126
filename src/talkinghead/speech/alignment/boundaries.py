"""Where phones begin and end, more precisely than the aligner's frames, above all beside silence.

An aligner makes silences as short as its models of the first and last phone can stretch: the silent closure of an
initial stop may swallow a quiet breath, while the onset of a first fricative or liquid and the fading of a last nasal
count as silence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from talkinghead.speech.alignment.sphinx import FRAME_RATE, PlacedPhone
from talkinghead.speech.arpabet import SILENCE, STOPS
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.types import BoolArray, FloatArray

# Chosen on GRID s1, train split.
_SHORTEST_SILENCE = 5  # frames; shorter silences stay as they are
_CLOSURE = 5  # frames for which an initial stop is closed at most before it becomes audible
_SUSTAINED, _SUSTAINED_SHARE = 6, 0.5  # consecutive frames, and their level between noise (0) and the loudest (1)
_RISING, _RISING_SHARE = 8, 0.1  # frames by which a first phone may start earlier, while above this level
_DYING, _DYING_SHARE = 5, 0.2  # frames by which a last phone may continue, while above this level

_AROUND = 2 * FRAME_RATE  # frames on either side from which the levels of noise and speech are told
_PRE_EMPHASIS = 0.9
_HOP = SAMPLE_RATE // FRAME_RATE


def boundaries(phones: Sequence[PlacedPhone], samples: npt.NDArray[np.float32]) -> FloatArray:
    """The start of each phone in seconds, followed by the end of the last.

    Args:
        phones: in order, without gaps.
        samples: (N,) float32 at 16 kHz, the sound in which they were placed.

    Returns:
        (len(phones) + 1,), rising from 0 to the end of the samples.
    """
    frames = np.array([*(phone.start for phone in phones), phones[-1].end], float)
    level = _level(samples)
    for index, phone in enumerate(phones):
        if phone.label != SILENCE or phone.end - phone.start < _SHORTEST_SILENCE:
            continue
        if index + 1 < len(phones) and phones[index + 1].label in STOPS:
            frames[index + 1] = _onset(level, phones, index + 1)
        elif index + 1 < len(phones):
            frames[index + 1] = _rise(level, max(phone.start, phone.end - _RISING), phone.end)
        if index > 0:
            middle = (phone.start + int(frames[index + 1])) // 2
            frames[index] = _offset(level, phone.start, min(phone.start + _DYING, middle))
    times = np.clip(frames / FRAME_RATE, 0.0, len(samples) / SAMPLE_RATE)
    times[0], times[-1] = 0.0, len(samples) / SAMPLE_RATE
    return np.asarray(np.maximum.accumulate(times))


def _level(samples: npt.NDArray[np.float32]) -> FloatArray:
    """(T,) level in dB of the sound with boosted highs, in windows of 20 ms; frame t is centred on t / 100 s."""
    count = len(samples) // _HOP + 1
    power = (samples - _PRE_EMPHASIS * np.concatenate([[0.0], samples[:-1]])) ** 2
    power = np.pad(power, (_HOP, _HOP + count * _HOP - len(samples)))
    blocks = power.reshape(-1, _HOP).sum(axis=1)
    return np.asarray(10 * np.log10((blocks[:-1] + blocks[1:])[:count] / (2 * _HOP) + 1e-10))


def _loud(level: FloatArray, start: int, end: int, share: float) -> BoolArray:
    """Which frames lie above this share of the way, in decibels, from the noise to the loudest level around them."""
    around = level[max(0, start - _AROUND) : end + _AROUND]
    noise, loudest = np.percentile(around, (10, 95))
    return np.asarray(level[start:end] > noise + share * (loudest - noise))


def _onset(level: FloatArray, phones: Sequence[PlacedPhone], index: int) -> int:
    """The frame in which an initial stop begins: shortly before the sound becomes audible without a break."""
    start, last = phones[index].start, min(index + 2, len(phones) - 1)
    loud = _loud(level, start, phones[last].end, _SUSTAINED_SHARE)
    if len(loud) < _SUSTAINED:
        return start
    onsets = np.flatnonzero(np.convolve(loud, np.ones(_SUSTAINED), "valid") > _SUSTAINED - 0.5)
    return max(start, min(start + int(onsets[0]) - _CLOSURE, phones[index].end - 1)) if len(onsets) else start


def _rise(level: FloatArray, earliest: int, start: int) -> int:
    """The frame from which a first phone other than a stop is audible without a break."""
    quiet = np.flatnonzero(~_loud(level, earliest, start, _RISING_SHARE))
    return earliest + int(quiet[-1]) + 1 if len(quiet) else earliest


def _offset(level: FloatArray, start: int, latest: int) -> int:
    """The frame from which a last phone is no longer audible."""
    quiet = np.flatnonzero(~_loud(level, start, latest, _DYING_SHARE))
    return start + int(quiet[0]) if len(quiet) else max(start, latest)
