"""Whether two clips are pieces of one recording, by their sound: what overlaps would copy the answer."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import Example
from talkinghead.media import read_speech
from talkinghead.types import FloatArray

_RATE = 4000  # Hz
_SECONDS = 30.0  # of each clip that are listened to
_ALIKE = 0.3  # correlation at the best shift; different recordings, of one voice even, stay below 0.2
_LEAST_S = 0.5


def same_recording(first: Example, second: Example) -> bool:
    """Whether the sounds of two clips agree, wave by wave, at some shift in time.

    Clips whose sound cannot be read are taken for different ones.
    """
    return likeness(_sound(first.video), _sound(second.video)) > _ALIKE


def likeness(first: FloatArray, second: FloatArray) -> float:
    """The largest correlation of two sounds over all shifts, in [0, 1].

    A sound within a longer one counts as much as it is: the square root of the product of the energies is what is
    divided by, of each sound where the other one lies at the best shift.

    Args:
        first: (N,) samples.
        second: (M,) samples of the same rate.
    """
    shortest = round(_LEAST_S * _RATE)
    if min(len(first), len(second)) < shortest:
        return 0.0
    if len(first) < len(second):
        first, second = second, first
    size = scipy.fft.next_fast_len(len(first) + len(second))
    product = np.conj(scipy.fft.rfft(second, size)) * scipy.fft.rfft(first, size)
    shared = np.abs(scipy.fft.irfft(product, size))
    shift = int(shared.argmax())
    shift = shift if shift < len(first) else shift - size
    start, end = max(0, shift), min(len(first), shift + len(second))
    if end - start < shortest:
        return 0.0
    energy = np.square(first[start:end]).sum() * np.square(second[start - shift : end - shift]).sum()
    return float(shared[shift] / np.sqrt(energy)) if energy > 0 else 0.0


@lru_cache(maxsize=4096)
def _sound(video: Path) -> FloatArray:
    try:
        speech = read_speech(video)
    except InputError:
        return np.zeros(0)
    samples = speech.samples[: round(_SECONDS * speech.sample_rate)].astype(np.float32)
    return np.asarray(scipy.signal.resample_poly(samples, _RATE, speech.sample_rate))
