"""Parts of speeches in a row: what is said in stretches of a video, or in several files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from talkinghead.media.spool import Samples, spool_samples
from talkinghead.types import Interval, Speech

_PIECE = 2**18  # samples taken at a time


@dataclass(frozen=True)
class SpeechPart:
    """A part of a speech, from ``start`` to ``end`` (s); beyond the speech's end there is silence."""

    speech: Speech
    start: float
    end: float


def join_parts(parts: Sequence[SpeechPart]) -> Speech:
    """The parts in a row, with their words, phones and emotions as far as all of them are known.

    Each part begins at the sample nearest to the sum of the lengths before it, so that nothing drifts. Intervals that a
    part does not hold whole are cut.

    Args:
        parts: at least one, of one sample rate.

    Raises:
        ValueError: there is none, or their rates differ.
    """
    rates = {part.speech.sample_rate for part in parts}
    if len(rates) != 1:
        raise ValueError(f"need parts of one sample rate, got {sorted(rates)}")
    (rate,) = rates
    ends = np.cumsum([0.0, *(part.end - part.start for part in parts)])
    edges = np.round(ends * rate).astype(int).tolist()
    samples = (piece for part, first, last in zip(parts, edges, edges[1:]) for piece in _samples_of(part, last - first))
    joined = spool_samples(samples)
    words, phones, emotions = (
        _intervals(parts, ends.tolist(), [getattr(part.speech, name) for part in parts])
        for name in ("words", "phones", "emotions")
    )
    return Speech(joined, rate, phones=phones, words=words, emotions=emotions)


def cut_speech(speech: Speech, spans: Iterable[tuple[float, float]]) -> Speech:
    """What is said from ``start`` to ``end`` (s) of each span, in a row."""
    return join_parts([SpeechPart(speech, start, end) for start, end in spans])


def _samples_of(part: SpeechPart, count: int) -> Iterator[Samples]:
    first = round(part.start * part.speech.sample_rate)
    samples = part.speech.samples[first : first + count]
    for start in range(0, len(samples), _PIECE):
        yield samples[start : start + _PIECE]
    yield np.zeros(count - len(samples), np.float32)


def _intervals(
    parts: Sequence[SpeechPart], begins: list[float], known: Sequence[tuple[Interval, ...] | None]
) -> tuple[Interval, ...] | None:
    found: list[Interval] = []
    for part, begin, intervals in zip(parts, begins, known):
        if intervals is None:
            return None
        for interval in intervals:
            start, end = max(interval.start, part.start), min(interval.end, part.end)
            if start < end:
                found.append(Interval(interval.label, begin + start - part.start, begin + end - part.start))
    return tuple(found)
