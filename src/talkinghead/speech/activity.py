"""Where somebody speaks: voice activity per frame, the silences, and the stretches of speech.

The detector needs no training. Speech is what stands out from the slowly changing background in several bands at once
and either moves through the bands (as all speech does, whispered speech too) or is a short voiced sound. Steady hum and
noise become background; a burst of noise stands out but does not move.

Source: the background is tracked by minimum statistics (Martin 2001, "Noise power spectral density estimation based on
optimal smoothing and minimum statistics"), here per band and over a centred window, because the whole recording is
available; a fixed average and a fixed margin replace its optimal smoothing and bias compensation.

Bands are processed a minute at a time, and long recordings keep them in a temporary file: in memory only a few numbers
per frame grow with the length of the recording.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.media.spool import spool_samples
from talkinghead.speech.features import SAMPLE_RATE, windows_about
from talkinghead.types import BoolArray, FloatArray, Interval

_ANALYSIS_RATE = 100  # frames per second inside
_HOP = SAMPLE_RATE // _ANALYSIS_RATE
_WINDOW = 512
_FOURIER = 1024  # twice the window, so that the autocorrelation does not wrap around
_EDGES_HZ = (200, 400, 600, 850, 1150, 1500, 1900, 2400, 3000, 4000, 5500, 7000)
_TOP_BANDS = 4  # of the 11: speech fills some bands at a time, never all

_BACKGROUND_S = 4.0  # a level that lasts this long is background
_MARGIN_DB = 2.0
_RANGE_DB = 45.0  # what is quieter than the loudest speech by more than this is not speech
_SILENCE_DB = -105.0  # full scale is 0: quieter is digital silence
_THRESHOLD_DB = (4.5, 7.0)
_THRESHOLD_SHARE = 0.25
_SLOPE_DB = 1.5

_STEADY_DB = 3.5  # bands of steady sounds move by about 1, of speech by 5 to 11
_VOICED = 0.7  # normalised autocorrelation
_VOICED_SHARE = 0.3
_LONGEST_VOWEL_S = 2.0
_BRIDGE_S = 0.12
_HANGOVER_S = 0.08

_BLOCK = 60 * _ANALYSIS_RATE  # frames of all bands worked on at once
_MARGIN = round(_BACKGROUND_S * _ANALYSIS_RATE)  # frames on either side, beyond the reach of any filter


def voice_activity(samples: npt.NDArray[np.float32], rate: float) -> npt.NDArray[np.float32]:
    """The confidence that somebody speaks in each frame; above 0.5 is speech.

    Frame ``t`` is centred on ``t / rate`` seconds. The result does not depend on the recording's level. Gaps of up to
    0.12 s are bridged and speech is held for 0.08 s, so that words keep their quiet ends. A sound shorter than about
    0.2 s without silence around it is not recognised as speech.

    Args:
        samples: (N,) float32 at 16 kHz.
        rate: frames per second.

    Returns:
        (ceil(N * rate / 16000),) float32 in [0, 1].

    Raises:
        ValueError: the rate is not a positive number.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be a positive number, got {rate}")
    count = int(np.ceil(round(len(samples) * rate / SAMPLE_RATE, 9)))
    if count == 0:
        return np.zeros(0, np.float32)
    levels, periodicity = _levels_and_periodicity(samples)
    score = _prominence(levels)
    # Over noise, speech stands out less than breath and clicks do in a quiet room.
    threshold = np.clip(_THRESHOLD_SHARE * np.percentile(score, 90), *_THRESHOLD_DB)
    activity = 1.0 / (1.0 + np.exp((threshold - score) / _SLOPE_DB))
    activity *= _speech_like(score > threshold, levels, periodicity)
    activity = _close_gaps(activity, _steps(_BRIDGE_S))
    activity = _hold(activity, _steps(_HANGOVER_S))
    blurred = scipy.ndimage.uniform_filter1d(activity, max(1, round(_ANALYSIS_RATE / rate)), mode="nearest")
    values = np.interp(np.arange(count) * (_ANALYSIS_RATE / rate), np.arange(len(blurred)), blurred)
    return np.asarray(values, np.float32)


def silence_mask(activity: FloatArray, rate: float, *, shortest: float = _BRIDGE_S) -> BoolArray:
    """True in each frame of the silences that last at least ``shortest`` seconds.

    Args:
        activity: (T,) in [0, 1].
        rate: frames per second.
        shortest: in seconds.

    Returns:
        (T,) bool. A silence that is cut off by the beginning or the end counts with the length that is left of it.
    """
    mask = np.zeros(len(activity), dtype=bool)
    for start, stop in _runs(np.asarray(activity) < 0.5):
        mask[start:stop] = (stop - start) / rate >= shortest - 1e-9
    return mask


def speech_segments(activity: FloatArray, rate: float) -> tuple[Interval, ...]:
    """The stretches of speech, labelled "speech", in order; silences shorter than 0.12 s do not separate them.

    Args:
        activity: (T,) in [0, 1]; frame ``t`` is centred on ``t / rate`` seconds and stands for 1 / rate of them.
        rate: frames per second.
    """
    runs = _runs(~silence_mask(activity, rate))
    return tuple(Interval("speech", max(0.0, (start - 0.5) / rate), (stop - 0.5) / rate) for start, stop in runs)


def _steps(seconds: float) -> int:
    return round(seconds * _ANALYSIS_RATE)


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    """(start, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _levels_and_periodicity(
    samples: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Power in each band (T, 11) as a mean square, and the highest autocorrelation (T,) at lags of 80 to 400 Hz."""
    taper = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    frequency = np.fft.rfftfreq(_FOURIER, 1.0 / SAMPLE_RATE)
    low, high = np.array(_EDGES_HZ[:-1]), np.array(_EDGES_HZ[1:])
    bands = ((frequency[:, None] >= low) & (frequency[:, None] < high)).astype(np.float32)
    bands /= np.square(taper).sum() * _FOURIER / 2
    voice_range = (frequency > 60) & (frequency < 1000)
    lags = slice(SAMPLE_RATE // 400, SAMPLE_RATE // 80)
    taper_autocorrelation = scipy.fft.irfft(np.abs(scipy.fft.rfft(taper, _FOURIER)) ** 2)
    taper_autocorrelation /= taper_autocorrelation[0]
    periodicity = np.zeros(-(-len(samples) // _HOP), np.float32)

    def powers() -> Iterator[npt.NDArray[np.float32]]:
        for first, frames in windows_about(samples, hop=_HOP, window=_WINDOW):
            rows = slice(first, first + len(frames))
            spectrum = np.square(np.abs(scipy.fft.rfft(frames * taper, _FOURIER)))
            autocorrelation = scipy.fft.irfft(spectrum * voice_range)
            periodicity[rows] = (autocorrelation[:, lags] / taper_autocorrelation[lags]).max(axis=1)
            periodicity[rows] /= autocorrelation[:, 0] + 1e-9
            yield (spectrum @ bands).ravel()

    return spool_samples(powers()).reshape(-1, bands.shape[1]), periodicity


def _blocks(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of pieces of at most ``_BLOCK`` frames."""
    return ((first, min(first + _BLOCK, stop)) for first in range(start, stop, _BLOCK))


def _smooth_in_db(powers: npt.NDArray[np.float32], seconds: float) -> npt.NDArray[np.float32]:
    # The window shrinks towards the ends: repeating the edge would count one frame half a window long.
    steps = _steps(seconds)
    mean = scipy.ndimage.uniform_filter1d(powers, steps, axis=0, mode="constant")
    share = scipy.ndimage.uniform_filter1d(np.ones(len(powers), np.float32), steps, mode="constant")
    return np.asarray(10.0 * np.log10(np.maximum(mean / share[:, None], 1e-12)))


def _levels(powers: npt.NDArray[np.float32], first: int, last: int) -> npt.NDArray[np.float32]:
    """Levels (last - first, 11) in dB of the frames ``first`` to ``last``, smoothed with those around them."""
    start = max(first - _MARGIN, 0)
    return _smooth_in_db(powers[start : last + _MARGIN], 0.05)[first - start : last - start]


def _backgrounds(powers: npt.NDArray[np.float32], first: int, last: int) -> npt.NDArray[np.float32]:
    """The floor of the levels (last - first, 11) in dB: what they do not fall below for a while."""
    start = max(first - _MARGIN, 0)
    slow = _smooth_in_db(powers[start : last + _MARGIN], 0.15)
    lowest = scipy.ndimage.minimum_filter1d(slow, _steps(_BACKGROUND_S), axis=0, mode="nearest")
    return np.asarray(lowest[first - start : last - start])


def _prominence(powers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(T,) dB by which the strongest bands stand out from their background."""
    blocks = list(_blocks(0, len(powers)))
    strongest = np.concatenate([_levels(powers, *block).max(axis=1) for block in blocks])
    lowest = max(np.percentile(strongest, 98) - _RANGE_DB, _SILENCE_DB)
    score = np.empty(len(powers), np.float32)
    for first, last in blocks:
        background = np.maximum(_backgrounds(powers, first, last) + _MARGIN_DB, lowest)
        standing_out = np.maximum(_levels(powers, first, last) - background, 0.0)
        score[first:last] = np.partition(standing_out, -_TOP_BANDS, axis=1)[:, -_TOP_BANDS:].mean(axis=1)
    return score


def _speech_like(
    active: BoolArray, powers: npt.NDArray[np.float32], periodicity: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(T,) 1 in active stretches that move through the bands or are short and voiced, else 0."""
    accepted = np.zeros(len(active), np.float32)
    joined = scipy.ndimage.binary_closing(np.pad(active, 40), np.ones(_steps(0.3)))[40:-40]
    for start, stop in _runs(joined):
        voiced_share = (periodicity[start:stop][active[start:stop]] > _VOICED).mean()
        voiced = voiced_share > _VOICED_SHARE and stop - start <= _steps(_LONGEST_VOWEL_S)
        if stop - start >= _steps(0.05) and (voiced or _movement(active, powers, start, stop) > _STEADY_DB):
            accepted[max(start - _steps(0.05), 0) : stop + _steps(0.05)] = 1.0
    return accepted


def _movement(active: BoolArray, powers: npt.NDArray[np.float32], start: int, stop: int) -> float:
    """Standard deviation in dB of the bands that move most against the others, over the active frames of a stretch."""
    count, total, squares = 0, np.zeros(powers.shape[1]), np.zeros(powers.shape[1])
    for first, last in _blocks(start, stop):
        shape = _levels(powers, first, last)[active[first:last]].astype(np.float64)
        shape -= shape.mean(axis=1, keepdims=True)
        count += len(shape)
        total += shape.sum(axis=0)
        squares += np.square(shape).sum(axis=0)
    deviation = np.sqrt(np.maximum(squares / count - np.square(total / count), 0.0))
    return float(np.sort(deviation)[-_TOP_BANDS:].mean())


def _close_gaps(activity: FloatArray, steps: int) -> FloatArray:
    """The activity with gaps of at most ``steps`` frames filled."""
    padded = np.pad(activity, steps)
    return np.asarray(scipy.ndimage.grey_closing(padded, steps + 1)[steps:-steps])


def _hold(activity: FloatArray, steps: int) -> FloatArray:
    """The activity with each value held for ``steps`` more frames."""
    return np.asarray(scipy.ndimage.maximum_filter1d(activity, steps + 1, origin=steps // 2, mode="constant"))
