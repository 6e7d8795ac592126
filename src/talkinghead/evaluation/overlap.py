"""Whether two clips are pieces of one recording, by their sound: to copy an overlapping clip is to copy the answer."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.jobs import announcements
from talkinghead.media import read_speech
from talkinghead.types import FloatArray

_RATE = 4000  # Hz
_SECONDS = 30.0  # of each clip that are compared
# Correlation at the best shift: pieces of one recording have 0.99; other pairs, 7600 of GRID s1 (test) and of the
# shared clips, at most 0.39.
_ALIKE = 0.6
_LEAST_S = 1.5  # that two clips must have in common: shorter pieces share at most a click or a hum
_HIGH_PASS_HZ = 200.0  # below lie hum and knocks, which recordings in one room share


def same_recording(first: Example, second: Example) -> bool:
    """Whether the sounds of two clips agree, wave by wave, at some shift in time.

    Clips whose sound cannot be read count as different.
    """
    return likeness(_sound(first.video), _sound(second.video)) > _ALIKE


def likeness(first: FloatArray, second: FloatArray) -> float:
    """The correlation of two sounds at the shift where they agree best, over what they then have in common, in [0, 1].

    It is 0 if they have less than 1.5 s in common.

    Args:
        first: (N,) samples at 4 kHz.
        second: (M,) likewise.
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
        with announcements():
            speech = read_speech(video)
    except InputError:
        return np.zeros(0)
    samples = speech.samples[: round(_SECONDS * speech.sample_rate)].astype(np.float32)
    sections = scipy.signal.butter(4, _HIGH_PASS_HZ, "highpass", fs=_RATE, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections, scipy.signal.resample_poly(samples, _RATE, speech.sample_rate)))
