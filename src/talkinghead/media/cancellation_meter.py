"""Whether two channels cancel each other when they are mixed, all of the time or part of it, in all bands or some."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.types import FloatArray

_SPAN_S = 0.5
_EDGES_HZ = (100, 200, 400, 800, 1600, 3200, 6400)
_CANCELLED = 10 ** (-9 / 10)  # of the channels' mean energy: unrelated channels keep half of it
_NOTICEABLE = 0.03  # of the energy of the whole sound


class CancellationMeter:
    """Compares the energy of the mix of two channels with their own, in spans of half a second and octaves.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._length = round(_SPAN_S * sample_rate)
        self._edges = [round(edge * _SPAN_S) for edge in _EDGES_HZ if edge < sample_rate / 2]
        self._waiting: list[npt.NDArray[np.float32]] = []
        self._cancelled = self._total = 0.0
        self._energies = np.zeros(2)

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Take the next (2, n) samples."""
        self._waiting.append(block)
        if sum(part.shape[1] for part in self._waiting) >= self._length:
            joined = np.concatenate(self._waiting, axis=1)
            whole = joined.shape[1] // self._length * self._length
            for start in range(0, whole, self._length):
                self._measure(joined[:, start : start + self._length])
            self._waiting = [joined[:, whole:]]

    def finish(self) -> float:
        """The share of the sound's energy, 0 to 1, that the mix loses by cancellation, once all is taken."""
        rest = np.concatenate([np.zeros((2, 0), np.float32), *self._waiting], axis=1)
        if rest.shape[1] > self._length // 10 or not self._total:
            self._measure(np.pad(rest, ((0, 0), (0, max(0, self._length - rest.shape[1])))))
        self._waiting = []
        return self._cancelled / self._total if self._total > 0 else 0.0

    @property
    def louder(self) -> int:
        """The channel with more energy."""
        return int(self._energies[1] > self._energies[0])

    def is_noticeable(self, lost: float) -> bool:
        """Whether so large a share would be missed."""
        return lost > _NOTICEABLE

    def _measure(self, span: npt.NDArray[np.float32]) -> None:
        own = np.stack([self._band_energies(channel) for channel in span])
        mix = self._band_energies(span.mean(axis=0))
        mean = own.mean(axis=0)
        self._energies += own.sum(axis=1)
        self._total += float(mean.sum())
        self._cancelled += float(mean[mix < _CANCELLED * mean].sum())

    def _band_energies(self, samples: npt.NDArray[np.float32]) -> FloatArray:
        """(bands,) of samples; the last band reaches to the end."""
        return np.asarray(np.add.reduceat(np.abs(scipy.fft.rfft(samples)) ** 2, self._edges), float)
