"""The random paths that a head goes by where neither the speech nor the reference tells."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.methods.rhythmic_head.features import FPS
from talkinghead.types import FloatArray

OCTAVES_HZ = ((0.1, 0.3), (0.3, 0.7), (0.7, 1.5), (1.5, 3.5))
"""Bands of the paths: heads sway in the lowest, and nod with phrases and words in the others."""

_BURN_IN = round(20.0 * FPS)  # frames until the filters have forgotten their initial zeros


def draw_paths(rng: np.random.Generator, count: int, paths: int) -> npt.NDArray[np.float32]:
    """(count, len(OCTAVES_HZ) * paths) noises of unit variance, band after band; a longer one begins with a shorter.

    Args:
        rng: draws the numbers.
        count: frames.
        paths: noises in each band.
    """
    white = rng.standard_normal((_BURN_IN + count, len(OCTAVES_HZ), paths))
    bands = []
    for number in range(len(OCTAVES_HZ)):
        sections, deviation = _band(number)
        bands.append(scipy.signal.sosfilt(sections, white[:, number], axis=0)[_BURN_IN:] / deviation)
    return np.concatenate(bands, axis=1).astype(np.float32)


@cache
def _band(number: int) -> tuple[FloatArray, float]:
    """The filter of a band, and the standard deviation of what it makes of white noise."""
    sections = scipy.signal.butter(2, OCTAVES_HZ[number], "bandpass", fs=FPS, output="sos")
    impulse = np.zeros(3 * _BURN_IN)
    impulse[0] = 1.0
    return sections, float(np.sqrt(np.square(scipy.signal.sosfilt(sections, impulse)).sum()))
