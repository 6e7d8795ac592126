"""The mel scale and its filters.

Source: the scale of Slaney's Auditory Toolbox (1998), linear below 1 kHz and logarithmic above, with triangular filters
of equal area, as ``librosa.filters.mel`` gives them. That package is not asked for them here, since it brings
scikit-learn along, and importing it takes longer than everything else that sound needs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkinghead.types import FloatArray

_KNEE_HZ = 1000.0
_HZ_PER_MEL = 200.0 / 3  # below the knee
_LOG_STEP = np.log(6.4) / 27  # above it, per mel


def mel_frequencies(count: int, *, low: float, high: float) -> FloatArray:
    """(count,) frequencies in Hz from ``low`` to ``high``, evenly spaced in mel."""
    knee = _KNEE_HZ / _HZ_PER_MEL
    edges = [
        hertz / _HZ_PER_MEL if hertz < _KNEE_HZ else knee + np.log(hertz / _KNEE_HZ) / _LOG_STEP
        for hertz in (low, high)
    ]
    mels = np.linspace(edges[0], edges[1], count)
    return np.where(mels < knee, _HZ_PER_MEL * mels, _KNEE_HZ * np.exp(_LOG_STEP * (np.maximum(mels, knee) - knee)))


def mel_filters(count: int, *, sample_rate: int, window: int, low: float, high: float) -> npt.NDArray[np.float32]:
    """(count, window // 2 + 1) weights of the bins of a real Fourier transform in each band.

    Args:
        count: bands.
        sample_rate: in Hz.
        window: samples that are transformed.
        low: lower edge of the lowest band in Hz.
        high: upper edge of the highest band in Hz.
    """
    corners = mel_frequencies(count + 2, low=low, high=high)
    away = corners[:, None] - np.fft.rfftfreq(window, 1 / sample_rate)
    widths = np.diff(corners)[:, None]
    triangles = np.maximum(0, np.minimum(-away[:-2] / widths[:-1], away[2:] / widths[1:])).astype(np.float32)
    return np.asarray(triangles * (2.0 / (corners[2:] - corners[:-2]))[:, None], np.float32)
