"""Augmentation of speech: other sound, same content; for training on few voices."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy
import soundfile
from librosa.effects import pitch_shift

from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.types import Speech

Samples = npt.NDArray[np.float32]
_Labels = TypeVar("_Labels", bound=npt.NDArray[np.generic])


def augment_sound(
    samples: Samples, labels: _Labels, rng: np.random.Generator, *, tempo: bool = True
) -> tuple[Samples, _Labels]:
    """Random speed, pitch, vocal tract, room and codec.

    Args:
        samples: (N,) at 16 kHz.
        labels: (T, ...) at any rate; they are stretched with the sound.
        rng: of all random choices.
        tempo: whether the speed may change.

    Returns:
        The sound and its labels, of equal duration.
    """
    if rng.random() < 0.25:
        samples = change_pitch(samples, rng.uniform(-4, 4))
    if tempo and rng.random() < 0.7:
        samples, labels = change_speed(samples, labels, rng.uniform(0.85, 1.2))
    if rng.random() < 0.45:
        samples = add_room(samples, rng)
    if rng.random() < 0.35:
        samples = add_codec(samples, rng)
    return samples, labels


def sound_versions(speech: Speech, count: int, *, seed: str) -> Iterator[Speech]:
    """A speech unchanged, and ``count - 1`` times with other voices, rooms and codecs, at the same tempo.

    Args:
        speech: at 16 kHz.
        count: number of versions.
        seed: of all random choices.
    """
    yield speech
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    for _ in range(count - 1):
        yield replace(speech, samples=augment_sound(speech.samples, np.zeros(1), rng, tempo=False)[0], sound=None)


def change_pitch(samples: Samples, semitones: float) -> Samples:
    """The same speech at another pitch; formants move with it."""
    shifted = pitch_shift(samples, sr=SAMPLE_RATE, n_steps=semitones, n_fft=1024)
    return np.asarray(shifted, np.float32)


def change_speed(samples: Samples, labels: _Labels, speed: float) -> tuple[Samples, _Labels]:
    """The speech played faster or slower like a tape: pitch, formants and speed change together."""
    parts = round(speed * 40)
    faster = np.asarray(scipy.signal.resample_poly(samples, 40, parts), np.float32)
    rows = np.arange(round(len(labels) * 40 / parts)) * (parts / 40)
    return faster, labels[np.minimum(np.round(rows).astype(int), len(labels) - 1)]


def add_room(samples: Samples, rng: np.random.Generator) -> Samples:
    """Add a room's echo: exponentially decaying noise (0.15 to 0.6 s to -60 dB), 3 to 15 dB below the speech."""
    decay = rng.uniform(0.15, 0.6)
    times = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
    echo = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay)
    echo[: round(0.002 * SAMPLE_RATE)] = 0.0
    echo *= 10 ** (-rng.uniform(3, 15) / 20) / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    return np.asarray(scipy.signal.fftconvolve(samples, echo)[: len(samples)], np.float32)


def add_codec(samples: Samples, rng: np.random.Generator) -> Samples:
    """Apply a telephone codec (300 to 3400 Hz, 8-bit mu-law) or strong Vorbis compression."""
    if rng.random() < 0.4:
        band = scipy.signal.butter(4, (300, 3400), "bandpass", fs=SAMPLE_RATE, output="sos")
        narrow = scipy.signal.sosfiltfilt(band, samples)
        narrow = np.clip(narrow / max(float(np.abs(narrow).max()), 1e-6), -1, 1)
        compressed = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
        quantised = np.round(compressed * 127) / 127
        return np.asarray(np.sign(quantised) * (256 ** np.abs(quantised) - 1) / 255, np.float32)
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="OGG", subtype="VORBIS", compression_level=rng.uniform(0.8, 1.0))
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return np.asarray(np.pad(decoded[: len(samples)], (0, max(0, len(samples) - len(decoded)))), np.float32)


def add_noise(samples: Samples, rng: np.random.Generator) -> Samples:
    """Add steady noise, 5 to 30 dB below the sound."""
    noise = make_noise(len(samples), rng)
    level = np.sqrt(np.mean(np.square(samples))) * 10 ** (-rng.uniform(5, 30) / 20)
    return np.asarray(samples + noise * level, np.float32)


def make_noise(count: int, rng: np.random.Generator) -> Samples:
    """(count,) noise of effective value 1, between white and brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20 * count / SAMPLE_RATE) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, n=count)
    return np.asarray(noise / max(float(np.sqrt(np.mean(noise**2))), 1e-9), np.float32)


def make_tune(count: int, rng: np.random.Generator) -> Samples:
    """(count,) notes of some instrument, one to four at a time, held or plucked, in [-1, 1]."""
    tune = np.zeros(count)
    begin = 0
    overtones = 0.2 + 0.7 * rng.random()
    while begin < count:
        length = round(rng.uniform(0.12, 1.2) * SAMPLE_RATE)
        times = np.arange(min(length, count - begin)) / SAMPLE_RATE
        for pitch in 110 * 2 ** (rng.integers(0, 36, size=rng.integers(1, 5)) / 12):
            for k in range(1, int(min(12, 7000 // pitch)) + 1):
                tune[begin : begin + length] += overtones**k * np.sin(2 * np.pi * k * pitch * times + rng.uniform(0, 6))
        tune[begin : begin + length] *= np.exp(-times * rng.uniform(0, 5)) * np.minimum(1, times / 0.01)
        begin += length
    return np.asarray(tune / max(float(np.abs(tune).max()), 1e-9), np.float32)
