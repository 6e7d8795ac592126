"""Speech -> frame-wise features at a stated rate: log-mel and MFCC.

Both come from one short-time Fourier transform. It works in pieces, so that beyond the features themselves memory does
not grow with the length of the speech, and it compiles nothing at start-up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy
import torch

from talkinghead.speech.mel import mel_filters
from talkinghead.types import Speech

SAMPLE_RATE = 16_000
"""Every network here takes speech at 16 kHz (Zhou et al. 2020, section 4.4; Wang et al. 2020, section 3.1)."""

LOG_FLOOR_DB = -100.0

_PIECE = 512  # frames that are analysed together
_BLOCK_S = 10  # resampled at a time
_REACH = 10  # times the larger of the two rates' parts, on either side: half the length of the filter


def resample(samples: npt.NDArray[np.float32], sample_rate: int, target: int = SAMPLE_RATE) -> npt.NDArray[np.float32]:
    """The same sound at another rate, by polyphase filtering.

    Args:
        samples: (N,) at ``sample_rate`` Hz.
        sample_rate: in Hz.
        target: in Hz.

    Returns:
        (ceil(N * target / sample_rate),) at ``target`` Hz.
    """
    if sample_rate == target or len(samples) == 0:
        return samples
    divisor = math.gcd(sample_rate, target)
    resampled = scipy.signal.resample_poly(samples, target // divisor, sample_rate // divisor)
    return np.asarray(resampled, dtype=np.float32)


def resample_pieces(
    pieces: Iterable[npt.NDArray[np.float32]], sample_rate: int, target: int = SAMPLE_RATE
) -> Iterator[npt.NDArray[np.float32]]:
    """The joined pieces as ``resample`` would resample them, piece by piece.

    Args:
        pieces: (n,) each.
        sample_rate: in Hz.
        target: in Hz.
    """
    divisor = math.gcd(sample_rate, target)
    up, down = target // divisor, sample_rate // divisor
    # Blocks begin where samples of both rates coincide, and are padded by the reach of the filter on either side.
    edge = -(-(_REACH * max(up, down) // up + 1) // down) * down
    block = max(1, _BLOCK_S * divisor) * down
    held, begin = np.zeros(0, np.float32), 0

    def middle(count: int) -> npt.NDArray[np.float32]:
        seen = resample(held[: begin + count + edge], sample_rate, target)
        return seen[begin * up // down : -(-(begin + count) * up // down)]

    for piece in pieces:
        held = np.concatenate([held, piece])
        while len(held) >= begin + block + edge:
            yield middle(block)
            held, begin = held[begin + block - edge :], edge
    if len(held) > begin:
        yield middle(len(held) - begin)


def speech_at_16_khz(speech: Speech) -> Speech:
    """The same speech at the rate that every network here hears."""
    return replace(speech, samples=resample(speech.samples, speech.sample_rate), sample_rate=SAMPLE_RATE)


def windows_about(
    samples: npt.NDArray[np.float32], *, hop: int, window: int
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """The windows of a sound, in pieces. Window ``t`` is centred on sample ``t * hop``; zeros lie beyond the ends.

    Args:
        samples: (N,).
        hop: samples from one window to the next.
        window: samples in each, even.

    Yields:
        (t, (n, window)): the first window's number and the next n windows, read-only; ceil(N / hop) windows in all.
    """
    count = -(-len(samples) // hop)
    for first in range(0, count, _PIECE):
        last = min(first + _PIECE, count) - 1
        start, stop = first * hop - window // 2, last * hop + window // 2
        piece = samples[max(start, 0) : stop]
        piece = np.pad(piece, (max(-start, 0), stop - max(start, 0) - len(piece)))
        yield first, np.lib.stride_tricks.sliding_window_view(piece, window)[::hop]


@lru_cache(maxsize=8)
def _mel_filters(num_mels: int, window: int, low: float, high: float) -> torch.Tensor:
    filters = mel_filters(num_mels, sample_rate=SAMPLE_RATE, window=window, low=low, high=high)
    return torch.from_numpy(np.ascontiguousarray(filters, dtype=np.float32))


def log_mel(
    samples: npt.NDArray[np.float32],
    *,
    rate: float = 62.5,
    num_mels: int = 80,
    window: int = 1024,
    low: float = 90.0,
    high: float = 7600.0,
) -> npt.NDArray[np.float32]:
    """Log-mel spectrogram in decibels, scaled so that [-100, 0] dB becomes [0, 1].

    Frame ``t`` is centred on ``t / rate`` seconds, whatever the length of the sound.

    Args:
        samples: (N,) float32 at 16 kHz.
        rate: frames per second; 16000 / rate must be a whole number.
        num_mels: mel bands between ``low`` and ``high`` Hz.
        window: Fourier window in samples (Hann).
        low: lowest frequency in Hz.
        high: highest frequency in Hz.

    Returns:
        (ceil(N * rate / 16000), num_mels) float32; zero rows for zero samples.

    Raises:
        ValueError: the rate does not divide 16 kHz.

    Source: Zhou et al. 2020 (MakeItTalk), section 4.4: 62.5 Hz mel frames on 16 kHz, after Qian et al. 2019 (AutoVC),
        whose 80 bands from 90 to 7600 Hz and 1024-sample window these are.
    """
    hop = round(SAMPLE_RATE / rate)
    if abs(SAMPLE_RATE / rate - hop) > 1e-6:
        raise ValueError(f"rate {rate} Hz does not divide {SAMPLE_RATE} Hz into whole hops")
    result = np.zeros((-(-len(samples) // hop), num_mels), np.float32)
    filters, taper = _mel_filters(num_mels, window, low, high).T, torch.hann_window(window).numpy()
    for first, frames in windows_about(samples, hop=hop, window=window):
        spectrum = torch.fft.rfft(torch.from_numpy(frames * taper)).abs()
        decibels = 20.0 * torch.log10((spectrum @ filters).clamp_min(1e-5))
        scaled = ((decibels - LOG_FLOOR_DB) / -LOG_FLOOR_DB).clamp(0.0, 1.0)
        result[first : first + len(frames)] = scaled.numpy()
    return result


def mfcc(
    samples: npt.NDArray[np.float32], *, rate: float = 100.0, num_coefficients: int = 13
) -> npt.NDArray[np.float32]:
    """Mel-frequency cepstral coefficients: the orthonormal cosine transform of the log-mel spectrogram.

    Args:
        samples: (N,) float32 at 16 kHz.
        rate: frames per second; 16000 / rate must be a whole number.
        num_coefficients: how many of the 40 coefficients to keep, from the lowest.

    Returns:
        (ceil(N * rate / 16000), num_coefficients) float32.

    Source: Davis and Mermelstein 1980; the 10 ms step is that of Wang et al. 2020, section 3.1.
    """
    spectrum = log_mel(samples, rate=rate, num_mels=40, window=400, low=20.0, high=SAMPLE_RATE / 2)
    cepstrum = scipy.fft.dct(spectrum, type=2, axis=-1, norm="ortho")[:, :num_coefficients]
    return np.asarray(cepstrum, dtype=np.float32)


def loudness_gain(samples: npt.NDArray[np.float32], *, level_db: float = -20.0) -> float:
    """The gain that brings the loud passages of a sound to one level, for callers that work piece by piece.

    Args:
        samples: (N,) float32 at 16 kHz; read once and not copied.
        level_db: root mean square, in decibels of full scale, of the loudest twentieth of the 20 ms pieces.

    Returns:
        The gain; 1 for silence (nothing above -70 dB).
    """
    hop = SAMPLE_RATE // 50
    whole = len(samples) // hop * hop
    pieces = samples[:whole].reshape(-1, hop) if whole else samples[None]
    if pieces.size == 0:
        return 1.0
    powers = np.einsum("ij,ij->i", pieces, pieces) / pieces.shape[1]
    level = float(np.sqrt(np.percentile(powers, 95)))
    return 1.0 if level < 10 ** (-70 / 20) else 10 ** (level_db / 20) / level
