"""Phonetic features: what the networks read of speech, from our own recogniser or from elsewhere.

All follow one protocol, so that methods can be trained on any of them: frame ``t`` is centred on ``t / rate`` seconds,
whatever the features' own rate. Long speech comes in pieces; ``crop_speech`` makes them, and each knows where it lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from talkinghead.speech.arpabet import CLASSES, SILENCE
from talkinghead.speech.features import SAMPLE_RATE, log_mel, loudness_gain, resample
from talkinghead.types import FloatArray, Interval, Speech

Rows = npt.NDArray[np.float32]

_MEL_RATE = 100.0  # used where the wanted rate does not divide 16 kHz
_NARROWEST_S = 0.03  # about the span of sound that a frame depends on


@dataclass(frozen=True, kw_only=True)
class SpeechPiece(Speech):
    """A stretch of a longer speech: ``whole`` is that speech, ``start`` the second in it where this begins."""

    whole: Speech
    start: float


class PhoneticFeatures(Protocol):
    """Speech -> rows of numbers that tell what is being said."""

    @property
    def name(self) -> str:
        """For cards and messages."""
        ...

    @property
    def size(self) -> int:
        """Numbers per frame."""
        ...

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """Features of a speech or of a piece of one.

        Args:
            speech: at any sample rate.
            rate: frames per second.
            gain: brings the recording to the usual loudness; None: ``loudness_gain`` of the whole.

        Returns:
            (ceil(duration * rate), size) float32.
        """
        ...


def crop_speech(speech: Speech, start: float, end: float) -> SpeechPiece:
    """A stretch of a speech; its phones, words and emotions are clipped to it and timed from its start.

    Args:
        speech: the whole, or a piece of it.
        start: in seconds; make it a multiple of a frame if frames are to coincide with those of the whole.
        end: in seconds; what is beyond the speech is left out.

    Returns:
        The piece; its samples are a view.
    """
    first = max(0, round(start * speech.sample_rate))
    last = max(first, round(end * speech.sample_rate))
    samples = speech.samples[first:last]
    begins, lasts = first / speech.sample_rate, len(samples) / speech.sample_rate

    def within(intervals: tuple[Interval, ...] | None) -> tuple[Interval, ...] | None:
        if intervals is None:
            return None
        clipped = ((i.label, max(i.start - begins, 0.0), min(i.end - begins, lasts)) for i in intervals)
        return tuple(Interval(label, low, high) for label, low, high in clipped if low < high)

    whole, offset = (speech.whole, speech.start) if isinstance(speech, SpeechPiece) else (speech, 0.0)
    return SpeechPiece(
        samples,
        speech.sample_rate,
        phones=within(speech.phones),
        words=within(speech.words),
        emotions=within(speech.emotions),
        whole=whole,
        start=offset + begins,
    )


class PhonePosteriors:
    """The probability of silence and the 39 phones in each frame, in the order of ``arpabet.CLASSES``; rows sum to 1.

    Where the phones are known, because the speech was synthesised or aligned, each row holds the shares of the frame's
    span, at least 30 ms, that they fill. Otherwise our recogniser estimates them.

    Args:
        causal: whether the student listens instead (``speech.student``), which needs little sound ahead.
    """

    name = "phone posteriors"
    size = len(CLASSES)

    def __init__(self, *, causal: bool = False) -> None:
        self._causal = causal

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), 40); the known phones' labels are ARPAbet's without stress, or "sil".

        Raises:
            ValueError: a label is none of them.
        """
        if speech.phones is not None:
            return phone_shares(speech.phones, rate, num_frames=num_rows(speech, rate))
        from talkinghead.speech.time_delay import RATE

        return _rows_of_whole(speech, rate, _recogniser(self._causal), RATE, gain)


class LogMel:
    """Log-mel spectrogram at one loudness: not phonetic, but for comparison and for networks trained on it.

    Args:
        size: mel bands.
    """

    name = "log-mel"

    def __init__(self, size: int = 80) -> None:
        self.size = size

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size) in [0, 1]; rates that do not divide 16 kHz are resampled from 100 Hz."""
        gain = _gain(speech) if gain is None else gain
        samples = np.asarray(_samples_16k(speech) * np.float32(gain), np.float32)
        if abs(SAMPLE_RATE / rate - round(SAMPLE_RATE / rate)) < 1e-6:
            return log_mel(samples, rate=rate, num_mels=self.size)[: num_rows(speech, rate)]
        rows = log_mel(samples, rate=_MEL_RATE, num_mels=self.size)
        return at_rate(rows, _MEL_RATE, rate, num_frames=num_rows(speech, rate))


class EncoderFeatures:
    """What the lower part of a large recogniser's encoder makes of speech (``speech.encoder``), about zero in silence.

    A piece of a longer speech has exactly the features of the whole, whatever the cut.

    Args:
        causal: whether the student listens instead (``speech.student``), which needs little sound ahead.
    """

    name = "speech encoder"
    size = 384

    def __init__(self, *, causal: bool = False) -> None:
        self._causal = causal

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size); each row is the mean over its frame."""
        from talkinghead.speech.transformer import RATE

        return _rows_of_whole(speech, rate, _encoder(self._causal), RATE, gain)


class _RowsOfSamples(Protocol):
    """Rows of some stretch of a recording, the same whatever the stretch."""

    def __call__(self, samples: Rows, *, gain: float | None, first: int, count: int) -> Rows: ...


def _recogniser(causal: bool) -> _RowsOfSamples:
    if causal:
        from talkinghead.speech.student import posteriors_as_heard

        return posteriors_as_heard
    from talkinghead.speech.phones import phone_posteriors

    return phone_posteriors


def _encoder(causal: bool) -> _RowsOfSamples:
    if causal:
        from talkinghead.speech.student import encode_as_heard

        return encode_as_heard
    from talkinghead.speech.encoder import encode_speech

    return encode_speech


def _rows_of_whole(speech: Speech, rate: float, compute: _RowsOfSamples, own_rate: float, gain: float | None) -> Rows:
    """What is computed of the whole recording, for a piece of it and at another rate."""
    whole, start = (speech.whole, speech.start) if isinstance(speech, SpeechPiece) else (speech, 0.0)
    samples, count = _samples_16k(whole), num_rows(speech, rate)
    # Half a frame more on either side, over which ``at_rate`` averages.
    reach = own_rate / rate / 2
    first = max(0, math.floor(start * own_rate - reach))
    last = min(
        math.ceil(len(samples) / SAMPLE_RATE * own_rate), math.ceil((start + count / rate) * own_rate + reach) + 1
    )
    rows = compute(samples, gain=gain, first=first, count=max(0, last - first))
    return at_rate(rows, own_rate, rate, num_frames=count, begins=first / own_rate - start)


def at_rate(rows: FloatArray, own_rate: float, rate: float, *, num_frames: int, begins: float = 0.0) -> Rows:
    """Rows at another rate, interpolated linearly; towards lower rates, averaged over a frame's span.

    Linear slopes stay linear, and rows that sum to 1 still do.

    Args:
        rows: (T, F), row ``k`` centred on ``begins + k / own_rate`` seconds.
        own_rate: rows per second.
        rate: wanted rows per second.
        num_frames: how many rows to make.
        begins: seconds.

    Returns:
        (num_frames, F); beyond the ends the first and last rows are repeated; without rows, zeros.
    """
    count = len(rows)
    if count == 0:
        return np.zeros((num_frames, rows.shape[1]), np.float32)
    centre = (np.arange(num_frames) / rate - begins) * own_rate
    within = _between(rows, np.clip(centre, 0.0, count - 1.0))
    if rate >= own_rate or count == 1:
        return np.asarray(within, np.float32)
    half = own_rate / rate / 2
    low, high = np.clip(centre - half, 0.0, count - 1.0), np.clip(centre + half, 0.0, count - 1.0)
    # The area under the lines from the first row to each.
    areas = np.cumsum((np.float64(rows[1:]) + rows[:-1]) / 2, axis=0)
    areas = np.concatenate([np.zeros_like(areas[:1]), areas])
    span = (high - low)[:, None]
    mean = (_area(rows, areas, high) - _area(rows, areas, low)) / np.maximum(span, 1e-9)
    return np.asarray(np.where(span > 1e-6, mean, within), np.float32)


def phone_shares(phones: Sequence[Interval], rate: float, *, num_frames: int) -> Rows:
    """The share of each frame's span, at least 30 ms wide, that each phone fills.

    Args:
        phones: in order; gaps are silence.
        rate: frames per second.
        num_frames: how many frames to make; frame ``t`` is centred on ``t / rate`` seconds.

    Returns:
        (num_frames, 40) in the order of ``arpabet.CLASSES``, rows sum to 1.

    Raises:
        ValueError: a label is none of the classes.
    """
    half = max(1.0 / rate, _NARROWEST_S) / 2
    shares = np.zeros((num_frames, len(CLASSES)))
    for phone in phones:
        if phone.label not in CLASSES:
            raise ValueError(f"phone {phone.label!r} is neither of ARPAbet without stress nor {SILENCE!r}")
        first = max(0, math.floor((phone.start - half) * rate))
        rows = np.arange(first, min(num_frames, math.ceil((phone.end + half) * rate) + 1))
        span = np.minimum(phone.end, rows / rate + half) - np.maximum(phone.start, rows / rate - half)
        shares[rows, CLASSES.index(phone.label)] += np.maximum(span, 0.0)
    shares[:, CLASSES.index(SILENCE)] += np.maximum(2 * half - shares.sum(axis=1), 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def num_rows(speech: Speech, rate: float) -> int:
    """How many frames features have: ceil(duration * rate)."""
    return math.ceil(round(len(speech.samples) * rate / speech.sample_rate, 9))


def _between(rows: FloatArray, position: FloatArray) -> FloatArray:
    """(N, F) rows read at places between them; ``position`` (N,) lies within them."""
    before = np.minimum(np.floor(position + 1e-9).astype(int), len(rows) - 1)
    after = np.minimum(before + 1, len(rows) - 1)
    share = np.clip(position - before, 0.0, 1.0)[:, None]
    return np.asarray(rows[before] * (1.0 - share) + rows[after] * share)


def _area(rows: FloatArray, areas: FloatArray, position: FloatArray) -> FloatArray:
    """(N, F) area under the lines between (T, F) rows up to places (N,) between them; ``areas``: up to the rows."""
    before = np.minimum(np.floor(position).astype(int), len(rows) - 2)
    share = (position - before)[:, None]
    rise = np.float64(rows[before + 1]) - rows[before]
    return np.asarray(areas[before] + share * rows[before] + share**2 / 2 * rise)


def _samples_16k(speech: Speech) -> Rows:
    return resample(speech.samples, speech.sample_rate)


def _gain(speech: Speech) -> float:
    """The gain that brings the whole recording to the usual loudness."""
    return loudness_gain(_samples_16k(speech.whole if isinstance(speech, SpeechPiece) else speech))
