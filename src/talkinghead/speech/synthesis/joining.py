"""Pieces of speech joined into one of any length, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    from talkinghead.speech.features import resample_pieces  # slow to import, and short texts do not need it

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
