"""Pieces of speech joined into one of any length, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from talkinghead.media.sound import SPEECH_RATE
from talkinghead.media.spool import Spool, spool_samples
from talkinghead.speech.arpabet import SILENCE
from talkinghead.types import Interval, Speech

Samples = npt.NDArray[np.float32]

# Seconds between sentences at some speaking rates, measured on espeak-ng 1.52; en-us and de agree.
_RATES = (0.5, 0.75, 1.0, 1.5, 2.0, 2.5)
_PAUSES_S = (0.840, 0.475, 0.301, 0.128, 0.037, 0.025)

_BLOCK_S = 10
_REACH = 10  # times the larger of the two rates' parts, on either side: half the length of ``resample``'s filter


def sentence_pause(rate: float) -> float:
    """Seconds of silence between two sentences that are spoken ``rate`` times as fast as usual.

    >>> sentence_pause(1.0)
    0.301
    """
    return float(np.interp(rate, _RATES, _PAUSES_S))


def join(spoken: Iterable[tuple[Speech, float]], transcript: str) -> Speech:
    """One speech made of many, which are taken one at a time.

    Args:
        spoken: one speech or more, each with the seconds of silence before the next, its own trailing silence included;
            all have the same sample rate.
        transcript: of all of it.

    Returns:
        Speech at 16 kHz whose ``sound`` keeps the original rate; both lie in temporary files if they are long. Words
        and phones are shifted by the whole samples before them; phones have no gaps. If one of the speeches has no
        words or phones, the whole has none.

    Raises:
        InputError: there is no room for temporary files.
    """
    parts = iter(spoken)
    first, pause = next(parts)
    timeline = _Timeline(first.sample_rate)
    timeline.add(first)
    for speech, following in parts:
        timeline.rest(pause)
        timeline.add(speech)
        pause = following
    sound = timeline.spool.sound()
    mono = (chunk[0] for chunk in sound.chunks())
    samples = spool_samples(resample_pieces(mono, sound.sample_rate))
    words, phones = timeline.words, timeline.phones
    if phones:  # at 16 kHz the end may be a fraction of a sample later
        phones[-1] = Interval(phones[-1].label, phones[-1].start, len(samples) / SPEECH_RATE)
    return Speech(
        samples,
        SPEECH_RATE,
        phones=None if phones is None else tuple(phones),
        words=None if words is None else tuple(words),
        transcript=transcript,
        sound=sound,
    )


class _Timeline:
    """What has been spoken so far. ``words`` and ``phones`` become None once they are unknown."""

    def __init__(self, sample_rate: int) -> None:
        self.spool = Spool(sample_rate)
        self.words: list[Interval] | None = []
        self.phones: list[Interval] | None = []
        self._own_pause = 0

    def add(self, speech: Speech) -> None:
        """Append a speech."""
        begin = self.spool.num_samples / self.spool.sample_rate
        self.spool.append(speech.samples[None])
        self.words = _longer(self.words, speech.words, begin)
        self.phones = _longer(self.phones, speech.phones, begin, gapless=True)
        last = speech.phones[-1] if speech.phones else None
        is_pause = last is not None and last.label == SILENCE
        self._own_pause = round((last.end - last.start) * self.spool.sample_rate) if last and is_pause else 0

    def rest(self, pause: float) -> None:
        """Append silence until ``pause`` seconds of it follow the last audible phone."""
        count = max(0, round(pause * self.spool.sample_rate) - self._own_pause)
        begin = self.spool.num_samples / self.spool.sample_rate
        silence = [Interval(SILENCE, 0.0, count / self.spool.sample_rate)] if count else []
        self.spool.append(np.zeros((1, count), np.float32))
        self.phones = _longer(self.phones, silence, begin, gapless=True)


def _longer(
    known: list[Interval] | None, more: Sequence[Interval] | None, begin: float, *, gapless: bool = False
) -> list[Interval] | None:
    """The intervals with more of them, shifted by ``begin`` seconds; gapless ones touch, adjacent pauses merge."""
    if known is None or more is None:
        return None
    for interval in more:
        start, end = begin + interval.start, begin + interval.end
        if gapless and known:
            start, end = known[-1].end, max(end, known[-1].end)
            if interval.label == known[-1].label == SILENCE:
                start = known.pop().start
        known.append(Interval(interval.label, start, end))
    return known


def resample_pieces(pieces: Iterable[Samples], sample_rate: int, target: int = SPEECH_RATE) -> Iterator[Samples]:
    """The joined pieces as ``resample`` would resample them, piece by piece.

    Args:
        pieces: (n,) each.
        sample_rate: in Hz.
        target: in Hz.
    """
    from talkinghead.speech.features import resample  # slow to import, and short texts do not need it

    divisor = math.gcd(sample_rate, target)
    up, down = target // divisor, sample_rate // divisor
    # Blocks begin where samples of both rates coincide, and are padded by the reach of the filter on either side.
    edge = -(-(_REACH * max(up, down) // up + 1) // down) * down
    block = max(1, _BLOCK_S * divisor) * down
    held, begin = np.zeros(0, np.float32), 0

    def middle(count: int) -> Samples:
        seen = resample(held[: begin + count + edge], sample_rate, target)
        return seen[begin * up // down : -(-(begin + count) * up // down)]

    for piece in pieces:
        held = np.concatenate([held, piece])
        while len(held) >= begin + block + edge:
            yield middle(block)
            held, begin = held[begin + block - edge :], edge
    if len(held) > begin:
        yield middle(len(held) - begin)
