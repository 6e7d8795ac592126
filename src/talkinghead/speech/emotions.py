"""Emotions of a speech: their names, and where in a text or a recording they are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from talkinghead.errors import InputError
from talkinghead.types import Interval

EMOTIONS = ("neutral", "happy", "angry", "surprised", "sad")

AUTO = "auto"
"""In place of a name: whatever the words tell."""

_TAG = re.compile(r"\[(/?)([A-Za-z]+)(:[^\[\]\s]*)?\](?!\()")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_REMEDY = "write [happy] ... [/happy], or [happy:0.5] for a weaker one"


@dataclass(frozen=True)
class EmotionSpan:
    """The words ``start`` to ``end`` (exclusive) of a text, and their emotion as ``NAME`` or ``NAME:STRENGTH``."""

    label: str
    start: int
    end: int


def parse_emotion(text: str) -> tuple[str, float]:
    """The name and strength in ``NAME`` or ``NAME:STRENGTH``, where the name may be "auto"; without a strength it is 1.

    >>> parse_emotion("happy:0.5"), parse_emotion("sad")
    (('happy', 0.5), ('sad', 1.0))

    Raises:
        InputError: there is no such emotion, or the strength is not a number from 0 to 1.
    """
    name, separator, amount = text.strip().lower().partition(":")
    if name not in (*EMOTIONS, AUTO):
        raise InputError(f"there is no emotion {name!r}: choose one of {', '.join(EMOTIONS)}, or auto.")
    if not separator:
        return name, 1.0
    if not re.fullmatch(r"\d*\.?\d+", amount) or float(amount) > 1.0:
        raise InputError(f"the strength {amount!r} of {name!r} is out of range: give a number from 0 to 1.")
    return name, float(amount)


def read_spans(text: str) -> tuple[str, tuple[EmotionSpan, ...]]:
    """A text without the tags of its emotions, and the spans of words between them.

    A tag is a name in square brackets, with or without a strength; brackets that hold anything else stay as they are,
    unless they are closed as a tag is.

    >>> read_spans("Well. [happy]It works![/happy] Good.")
    ('Well. It works! Good.', (EmotionSpan(label='happy', start=1, end=3),))

    Raises:
        InputError: a tag names no emotion, a strength is out of range, or a span is not closed, empty, or within
            another one.
    """
    closed = {tag.group(2).lower() for tag in _TAG.finditer(text) if tag.group(1)}
    plain, spans = "", []
    done, opened = 0, None
    for tag in _TAG.finditer(text):
        name = tag.group(2).lower()
        if name not in (*EMOTIONS, AUTO, *closed):
            continue
        plain, done = plain + text[done : tag.start()], tag.end()
        if tag.group(1):
            if opened is None or parse_emotion(opened.label)[0] != name:
                parse_emotion(name)
                raise InputError(f"the text has {tag.group()} without [{name}] before it: {_REMEDY}.")
            end = _count_words(plain)
            if end == opened.start:
                raise InputError(f"the text has no word between [{opened.label}] and {tag.group()}: {_REMEDY}.")
            spans.append(EmotionSpan(opened.label, opened.start, end))
            opened = None
        elif opened is not None:
            raise InputError(f"the text has {tag.group()} within [{opened.label}]: close the first one before it.")
        else:
            label = name + (tag.group(3) or "")
            parse_emotion(label)
            opened = EmotionSpan(label, _count_words(plain), 0)
    if opened is not None:
        raise InputError(f"the text has [{opened.label}] without [/{opened.label.partition(':')[0]}]: {_REMEDY}.")
    return plain + text[done:], tuple(spans)


def place_spans(
    spans: Sequence[EmotionSpan], text: str, words: Sequence[Interval], duration: float
) -> tuple[Interval, ...]:
    """The spans in time.

    Words of the text are matched with those that were spoken; of a word that was read otherwise, such as a number, the
    neighbours tell the time.

    Args:
        spans: of words of the text.
        text: without tags.
        words: as they were spoken, in order.
        duration: of the speech (s).
    """
    spoken = [word for word in words if _count_words(word.label)]
    heard = [_plain(word.label) for word in spoken]
    written = [_plain(found.group()) for found in _WORD.finditer(text)]
    place: dict[int, int] = {}
    for block in difflib.SequenceMatcher(None, written, heard, autojunk=False).get_matching_blocks():
        place.update({block.a + k: block.b + k for k in range(block.size)})

    def start(word: int) -> float:
        if word in place:
            return spoken[place[word]].start
        before = [place[other] for other in place if other < word]
        return spoken[max(before)].end if before else 0.0

    def end(word: int) -> float:
        if word in place:
            return spoken[place[word]].end
        after = [place[other] for other in place if other > word]
        return spoken[min(after)].start if after else duration

    times = ((span.label, start(span.start), end(span.end - 1)) for span in spans)
    return tuple(Interval(label, begin, max(begin, until)) for label, begin, until in times)


def fill_gaps(emotions: Sequence[Interval], usual: str | None, duration: float) -> tuple[Interval, ...]:
    """The emotions, in order, with the usual one wherever there is none.

    >>> fill_gaps((Interval("sad", 1.0, 2.0),), "happy", 2.0)
    (Interval(label='happy', start=0.0, end=1.0), Interval(label='sad', start=1.0, end=2.0))

    Args:
        emotions: in order.
        usual: ``NAME`` or ``NAME:STRENGTH``; None: the gaps stay.
        duration: of the speech (s).
    """
    if usual is None:
        return tuple(emotions)
    filled: list[Interval] = []
    done = 0.0
    for emotion in (*emotions, Interval("", duration, duration)):
        if emotion.start > done:
            filled.append(Interval(usual, done, emotion.start))
        filled += [emotion] if emotion.label else []
        done = max(done, emotion.end)
    return tuple(filled)


def _count_words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _plain(word: str) -> str:
    return "".join(_WORD.findall(word.lower().replace("\u2019", "'")))
