"""Speech with a transcript -> speech with words and phones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from talkinghead.errors import announce
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.alignment.boundaries import boundaries
from talkinghead.speech.alignment.mismatch import broken_stretches
from talkinghead.speech.alignment.sphinx import FRAME_RATE, PlacedPhone, PlacedWord, place
from talkinghead.speech.alignment.transcript import Word, read_transcript
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.features import resample
from talkinghead.types import Interval, Speech

_LOST = 0.5  # if more than this share of the spoken phones is broken, nothing of the alignment is kept
_NAMED, _SHOWN = 3, 5  # broken stretches named in a message, and words of each

_Stretch = tuple[float, float]


def align(speech: Speech, transcript: str, *, language: str = "en-us") -> Speech:
    """The same speech with its words and phones, and the transcript.

    Where the transcript does not match the speech, the phones come from the recogniser and there are no words; this is
    announced with the times and the words. Time and memory grow at most linearly with the speech.

    Args:
        speech: at any sample rate.
        transcript: what is said, with punctuation and numbers as people write them; [laughter] and <cough> are skipped.
        language: of the transcript, as ``say`` takes it: "de", "German". Its sounds are replaced by the nearest ones of
            English.

    Returns:
        Speech with ``words`` as they are written, without the punctuation around them; ``phones`` in ARPAbet without
        stress, "sil" for silence, without gaps from 0 to the end; and ``transcript``. ``words`` is None if hardly
        anything of the transcript matches.

    Raises:
        InputError: the transcript has no words, or some that cannot be read or pronounced.
    """
    words = read_transcript(transcript, language=language)
    speech = dataclasses.replace(speech, transcript=transcript, words=None)
    samples = resample(speech.samples, speech.sample_rate)
    if not (voice_activity(samples, FRAME_RATE) > 0.5).any():
        announce(f"nobody seems to say the transcript's {_quote(words)}: the mouth follows the sound alone.")
        return dataclasses.replace(speech, phones=_recognise(speech))
    placed = place(samples, [part for word in words for part in word.parts])
    if placed is None:
        return _recognise_instead(speech, f"from the beginning ({_quote(words)})")
    phones = _silences_joined(phone for word in placed for phone in word.phones)
    times = boundaries(phones, samples).tolist()
    aligned = tuple(_intervals(phones, [*times[:-1], speech.duration]))
    placed_words = tuple(_words(words, placed, dict(zip((phone.start for phone in phones), times)), speech.duration))
    broken = [(start / FRAME_RATE, end / FRAME_RATE) for start, end in broken_stretches(phones, _posteriors(samples))]
    if not broken:
        return dataclasses.replace(speech, phones=aligned, words=placed_words)
    where = " and ".join(_where(stretch, placed_words) for stretch in broken[:_NAMED])
    where += f" and in other places ({len(broken)} in all)" if broken[_NAMED:] else ""
    speech = _recognise_instead(speech, where)
    if _share_of_speech(aligned, broken) > _LOST:
        return speech
    kept = tuple(word for word in placed_words if _share_of_speech((word,), broken) <= 0.5)
    return dataclasses.replace(speech, phones=_mix(aligned, speech.phones or (), broken), words=kept)


def _recognise_instead(speech: Speech, where: str) -> Speech:
    announce(f"the transcript does not match the speech {where}: there the mouth follows the sound alone.")
    return dataclasses.replace(speech, phones=_recognise(speech))


def _recognise(speech: Speech) -> tuple[Interval, ...]:
    from talkinghead.speech.phones import recognise

    return recognise(speech)


def _posteriors(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    from talkinghead.speech.phones import phone_posteriors

    return phone_posteriors(samples)


def _quote(words: Sequence[Word] | Sequence[Interval]) -> str:
    return repr(" ".join(word.label for word in words[:_SHOWN]) + (" …" if len(words) > _SHOWN else ""))


def _where(stretch: _Stretch, words: Sequence[Interval]) -> str:
    inside = [word for word in words if word.end > stretch[0] and word.start < stretch[1]]
    return f"from {stretch[0]:.1f} to {stretch[1]:.1f} s ({_quote(inside) if inside else 'no words'})"


def _silences_joined(phones: Iterator[PlacedPhone]) -> list[PlacedPhone]:
    joined: list[PlacedPhone] = []
    for phone in phones:
        if joined and phone.label == joined[-1].label == SILENCE:
            before = joined.pop()
            lengths = (before.end - before.start, phone.end - phone.start)
            score = np.average((before.score, phone.score), weights=np.maximum(lengths, 1e-6))
            phone = PlacedPhone(SILENCE, before.start, phone.end, float(score))
        joined.append(phone)
    return joined


def _intervals(phones: Sequence[PlacedPhone], times: Sequence[float]) -> Iterator[Interval]:
    for phone, start, end in zip(phones, times, times[1:]):
        if end > start:
            yield Interval(phone.label, start, end)


def _words(
    words: Sequence[Word], placed: Sequence[PlacedWord], times: dict[int, float], duration: float
) -> Iterator[Interval]:
    """The words, each from the start of its first part to the end of its last."""
    parts = [word.phones for word in placed if word.number is not None]
    first = 0
    for word in words:
        last = first + len(word.parts) - 1
        yield Interval(word.label, times[parts[first][0].start], times.get(parts[last][-1].end, duration))
        first = last + 1


def _overlap(interval: Interval, stretches: Sequence[_Stretch]) -> float:
    return sum(max(0.0, min(interval.end, end) - max(interval.start, start)) for start, end in stretches)


def _share_of_speech(intervals: Sequence[Interval], stretches: Sequence[_Stretch]) -> float:
    """The share of the spoken phones, by time, that lies within the stretches."""
    spoken = [interval for interval in intervals if interval.label != SILENCE]
    length = sum(interval.end - interval.start for interval in spoken)
    return sum(_overlap(interval, stretches) for interval in spoken) / length if length > 0 else 1.0


def _mix(
    aligned: Sequence[Interval], recognised: Sequence[Interval], stretches: Sequence[_Stretch]
) -> tuple[Interval, ...]:
    """The aligned phones, and within the stretches the recognised ones."""
    mixed: list[Interval] = []
    bounds = [0.0, *(time for stretch in stretches for time in stretch), aligned[-1].end]
    for number, (start, end) in enumerate(pairwise(bounds)):
        for phone in recognised if number % 2 else aligned:
            begin, stop = max(phone.start, start), min(phone.end, end)
            if stop <= begin:
                continue
            if mixed and mixed[-1].label == phone.label and (phone.label == SILENCE or begin == start):
                mixed[-1] = Interval(phone.label, mixed[-1].start, stop)
            else:
                mixed.append(Interval(phone.label, begin, stop))
    return tuple(mixed)
