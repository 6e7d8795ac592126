"""Sound -> rows of numbers for both networks, two rows for each frame of 0.04 s."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.phonetic import EncoderFeatures, LogMel, PhonePosteriors, num_rows
from talkinghead.types import FloatArray, Speech

FPS = 25.0
"""Frames of motion per second: one lasts 0.04 s (section 3.2)."""

STRIDE = 2
"""Rows of features for each frame."""

_RATE = FPS * STRIDE
_SAMPLES = round(SAMPLE_RATE / _RATE)  # of a row
_BANDS = 8

SIZES = {"phones": PhonePosteriors.size - 1, "encoder": EncoderFeatures.size, "bands": _BANDS, "sound": _SAMPLES}
"""Numbers of a row by the name of the features."""


def parts_of(features: str) -> tuple[str, ...]:
    """The names that are joined by "+"."""
    return tuple(features.split("+"))


def num_features(features: str) -> int:
    """Numbers of a row of joined features."""
    return sum(SIZES[part] for part in parts_of(features))


def columns_of(features: str, wanted: str) -> list[int]:
    """Where in a row of some features others are, which are among them."""
    parts = parts_of(features)
    starts = {part: sum(SIZES[before] for before in parts[:place]) for place, part in enumerate(parts)}
    return [starts[part] + number for part in parts_of(wanted) for number in range(SIZES[part])]


def join_features(*features: str) -> str:
    """Features that hold those of several networks, each once."""
    return "+".join(dict.fromkeys(part for joined in features for part in parts_of(joined)))


def speech_features(speech: Speech, features: str, *, gain: float) -> FloatArray:
    """(ceil(50 * duration), num_features) rows of a speech; row ``k`` is centred on ``k / 50`` s.

    Args:
        speech: at 16 kHz.
        features: their names.
        gain: factor that brings the recording to the usual loudness.
    """
    compute: dict[str, Callable[[], FloatArray]] = {
        "phones": lambda: PhonePosteriors()(speech, _RATE, gain=gain)[:, 1:],
        "encoder": lambda: EncoderFeatures()(speech, _RATE, gain=gain),
        "bands": lambda: LogMel(_BANDS)(speech, _RATE, gain=gain),
        "sound": lambda: _sound_rows(speech, gain),
    }
    return np.concatenate([compute[part]() for part in parts_of(features)], axis=1)


def _sound_rows(speech: Speech, gain: float) -> FloatArray:
    """(T, 320) samples, of each row those about its centre."""
    count, half = num_rows(speech, _RATE), _SAMPLES // 2
    samples = np.pad(speech.samples * np.float32(gain), (half, _SAMPLES))
    return np.asarray(samples[: count * _SAMPLES].reshape(count, _SAMPLES))
