"""Low-pass filtering, resampling and ramps along time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy

from talkinghead.types import FloatArray

_ORDER = 2  # per direction; applied forwards and backwards
_PIECE = 4096  # rows


def smooth(array: FloatArray, fps: float, *, cutoff_hz: float) -> FloatArray:
    """The slow part of each column: zero-phase Butterworth low-pass along the first axis.

    There is no delay; constants and straight lines pass unchanged, and sines at the cut-off are halved.

    Args:
        array: (T, ...), T of any length.
        fps: rows per second.
        cutoff_hz: in Hz; nothing is filtered at fps / 2 or above.

    Returns:
        (T, ...) of the same type.

    Raises:
        ValueError: the cut-off is not positive.
    """
    if not cutoff_hz > 0:
        raise ValueError(f"cutoff_hz must be positive, got {cutoff_hz}")
    if len(array) < 2 or cutoff_hz >= fps / 2:
        return array.copy()
    sections = scipy.signal.butter(_ORDER, cutoff_hz, fs=fps, output="sos")
    settling = int(np.ceil(fps / cutoff_hz))
    # Point reflection continues lines at both ends; numpy's, unlike scipy's, may exceed the length of the array.
    ends = [(settling, settling)] + [(0, 0)] * (array.ndim - 1)
    padded = np.pad(array.astype(np.float64), ends, mode="reflect", reflect_type="odd")
    filtered = scipy.signal.sosfiltfilt(sections, padded, axis=0, padtype=None)[settling:-settling]
    return np.asarray(filtered, dtype=array.dtype)


def resample_rows(array: FloatArray, from_rate: float, to_rate: float, num_rows: int) -> FloatArray:
    """Rows at another rate: row ``t`` is the value at ``t / to_rate`` seconds, interpolated linearly.

    Args:
        array: (T, ...), row ``t`` holds at ``t / from_rate`` seconds; T at least 1.
        from_rate: rows per second.
        to_rate: rows per second.
        num_rows: how many rows to make; the last given row is held beyond its time.

    Returns:
        (num_rows, ...) of the same type.

    Raises:
        ValueError: there is no row to hold.
    """
    resampled = np.empty((num_rows, *array.shape[1:]), array.dtype)
    done = 0
    for piece in resample_pieces(array, from_rate, to_rate, num_rows):
        resampled[done : done + len(piece)] = piece
        done += len(piece)
    return resampled


def resample_pieces(array: FloatArray, from_rate: float, to_rate: float, num_rows: int) -> Iterator[FloatArray]:
    """The result of ``resample_rows`` piece by piece, so that an hour of landmarks is not held twice."""
    if len(array) == 0:
        raise ValueError("resample_rows needs at least one row")
    for start in range(0, num_rows, _PIECE):
        numbers = np.arange(start, min(start + _PIECE, num_rows))
        position = np.minimum(numbers * (from_rate / to_rate), len(array) - 1)
        before = np.minimum(np.floor(position + 1e-9).astype(int), len(array) - 1)
        after = np.minimum(before + 1, len(array) - 1)
        share = (position - before).clip(0.0, 1.0).reshape(-1, *[1] * (array.ndim - 1)).astype(array.dtype)
        yield np.asarray(array[before] * (1 - share) + array[after] * share)


def smoothstep(share: FloatArray) -> FloatArray:
    """A ramp without corners: 0 below 0, 1 above 1, ``3 x^2 - 2 x^3`` between, never steeper than 1.5."""
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share**2 * (3.0 - 2.0 * share))
