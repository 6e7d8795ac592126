"""How much and how fast a head moves, regardless of what a reference does at the same moment.

Two people who say the same do not nod together: a generated head may nod differently, but not too little, too slowly or
too regularly.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.signal import welch

from talkinghead.types import FloatArray

WINDOW_S = 2.5
"""Length of the windows whose spectra are averaged: short clips hold one (GRID, 3 s), and it resolves 0.4 Hz."""

BAND_EDGES_HZ = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Octaves: heads sway in the lowest and nod with phrases and words up to 4 Hz; above 8 Hz there is only tracker
noise."""

_FLOOR_DB = -20.0  # (deg/s)^2 / Hz: motion that the tracker sees in a still picture; GRID s1 lies 3 to 30 dB above
_OVERLAP = 0.8
_LOW, _HIGH = 5.0, 95.0  # percentiles that stand for the ends of a movement


def motion_range(rotation: FloatArray) -> float:
    """The range of a head's turns in degrees: the norm of the spans of pitch, yaw and roll from 5th to 95th percentile.

    It is the norm, not the mean: a head that only nods, over 10 degrees, has a range of 10. Real speakers:
    2.8 degrees in GRID s1 (median of 832 clips of 3 s), 13 in addresses and interviews (median of 42 clips).

    Args:
        rotation: (T, 3) rad, pitch, yaw, roll.

    Raises:
        ValueError: the rotation is not (T, 3) with at least one row.
    """
    _check(rotation)
    low, high = np.percentile(np.unwrap(rotation, axis=0), (_LOW, _HIGH), axis=0)
    return float(np.degrees(np.linalg.norm(high - low)))


def spectrum_distance(predicted: FloatArray, reference: FloatArray, fps: float) -> float:
    """The distance of two heads' spectra in dB: the mean difference over five octaves and three angles.

    The spectra are those of the angular velocity, and their level counts: a head that moves as often and twice as far
        is 6 dB away. Movements below the tracker's noise on a still picture count as that noise. Two clips of one
        person differ too, because a spectrum of 3 s is a rough estimate: clips of GRID s1 by 5 dB on average, other
        people from s1 by 10, a head that does not move by 19.

    Args:
        predicted: (T, 3) rad, pitch, yaw, roll.
        reference: (T', 3) rad; may be longer or shorter, and another performance.
        fps: frames per second of both.

    Returns:
        dB; NaN if one of them is shorter than a window (2.5 s).

    Raises:
        ValueError: one of them is not (T, 3) with at least one row.
    """
    _check(predicted)
    _check(reference)
    if min(len(predicted), len(reference)) <= round(WINDOW_S * fps):
        return float("nan")
    levels = [band_levels(np.degrees(np.unwrap(path, axis=0)), fps, floor=_FLOOR_DB) for path in (predicted, reference)]
    return float(np.abs(levels[0] - levels[1]).mean())


def band_levels(path: FloatArray, fps: float, *, floor: float) -> FloatArray:
    """(bands, C) power density of the velocity of a path (T, C) in octaves from 0.25 to 8 Hz, in dB.

    Welch's estimate over windows of 2.5 s. Bands above half the frame rate are left out.

    Args:
        path: (T, C) in any unit u, longer than a window.
        fps: frames per second.
        floor: dB of (u/s)^2 per Hz; lower values count as this.

    Raises:
        ValueError: the path is not longer than a window.
    """
    window = round(WINDOW_S * fps)
    if len(path) <= window:
        raise ValueError(f"need more than {window} frames, a window of {WINDOW_S} s, got {len(path)}")
    velocity = np.diff(path, axis=0) * fps
    frequency, density = welch(velocity, fps, nperseg=window, noverlap=int(_OVERLAP * window), axis=0)
    bands = [density[(frequency >= low) & (frequency < high)] for low, high in pairwise(BAND_EDGES_HZ)]
    power = np.stack([band.mean(axis=0) for band in bands if len(band)])
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (floor / 10))))


def _check(rotation: FloatArray) -> None:
    if rotation.ndim != 2 or rotation.shape[1] != 3 or len(rotation) == 0:
        raise ValueError(f"need rotations (T, 3) with a row at least, got {rotation.shape}")
