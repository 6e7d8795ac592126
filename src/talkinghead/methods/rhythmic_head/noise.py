"""Sound with noise, so that the expression learner hears through it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.training.augmentation.sound import make_noise, make_tune
from talkinghead.types import Speech

LEVELS_DB = tuple(range(6, 31, 3))
"""How far speech stands above the noise (section 3.2: "6 to 30 dB SNRs with 3 dB increments")."""

_TUNE = 0.25  # of the noises are music
_UNSTEADY = 0.5  # of the others come and go
_SWELL_S = 0.4


def noisy_versions(speech: Speech, count: int, *, seed: str) -> Iterator[Speech]:
    """A speech unchanged, and ``count - 1`` times with noise.

    Args:
        speech: at 16 kHz.
        count: number of versions.
        seed: of all random choices.
    """
    yield speech
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    for _ in range(count - 1):
        noise = draw_sound(len(speech.samples), speech.sample_rate, rng)
        mixed = mix_noise(speech.samples, noise, float(rng.choice(LEVELS_DB)))
        yield replace(speech, samples=mixed, sound=None)


def mix_noise(
    samples: npt.NDArray[np.float32], noise: npt.NDArray[np.float32], level_db: float
) -> npt.NDArray[np.float32]:
    """Samples (N,) with noise (N,) whose power lies so far below theirs."""
    power, own = (float(np.mean(np.square(sound, dtype=np.float64))) for sound in (samples, noise))
    factor = np.sqrt(power / max(own, 1e-12)) * 10 ** (-level_db / 20)
    return np.asarray(samples + np.float32(factor) * noise, np.float32)


def draw_sound(count: int, sample_rate: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count,) a noise, steady or coming and going, or music: synthesised in place of the paper's noise files."""
    if rng.random() < _TUNE:
        return make_tune(count, rng)
    noise: npt.NDArray[np.floating[Any]] = make_noise(count, rng)
    if rng.random() < _UNSTEADY:
        knots = rng.uniform(0.1, 1.0, size=int(count / sample_rate / _SWELL_S) + 2)
        noise = noise * np.interp(np.arange(count) / sample_rate / _SWELL_S, np.arange(len(knots)), knots)
    return np.asarray(noise, np.float32)
