"""Notations that people read otherwise than letter by letter: prices, units, times, dates, addresses, kings.

English is read here in whole words. In other languages the words around a number come from ``notation_words`` and the
number itself is left to espeak-ng, which reads numbers in all its languages; whole numbers, years and percentages in
English are read by ``numbers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from talkinghead.speech.text import notation_english as english
from talkinghead.speech.text.notation_foreign import foreign_patterns
from talkinghead.speech.text.notation_words import WORDS


@dataclass(frozen=True)
class Notation:
    """A notation in a text.

    Attributes:
        start: its first character.
        end: the one after its last.
        readings: what people say for it, the usual reading first.
    """

    start: int
    end: int
    readings: tuple[str, ...]


def find_notations(text: str, language: str = "en-us") -> Iterator[Notation]:
    """The notations of a text in order, without overlap.

    >>> [notation.readings[0] for notation in find_notations("It is 5kg for USD 12 at 10am")]
    ['five kilograms', 'twelve dollars', 'ten a.m.']

    Args:
        text: any.
        language: a code, "de" or "en-GB"; of languages without a table nothing is found.
    """
    patterns = _patterns(language.lower().replace("_", "-"))
    if patterns is None:
        return
    for match in patterns[0].finditer(text):
        reading = patterns[1][match.lastgroup or ""](match)
        if reading is not None:
            start, end, readings = reading
            yield Notation(start, end, tuple(dict.fromkeys(readings)))


def expand(text: str, language: str = "en-us") -> str:
    """The text with its notations in words, as the usual reading has them.

    >>> expand("Henry VIII paid $12.00."), expand("Es kostet 12,50 €.", "de")
    ('Henry the eighth paid twelve dollars.', 'Es kostet 12 Euro 50.')
    """
    parts, end = [], 0
    for notation in find_notations(text, language):
        reading, end_before = notation.readings[0], end
        end = notation.end
        if reading.endswith(".") and text[end : end + 1] == ".":
            reading = reading[:-1]
        parts += [text[end_before : notation.start], reading]
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=32)
def _patterns(language: str) -> tuple[re.Pattern[str], dict[str, english.Reader]] | None:
    code = language.partition("-")[0]
    if code in ("en", "english"):
        table = english.english_patterns(month_first=not language.startswith("en-gb"))
    elif code in WORDS:
        table = foreign_patterns(WORDS[code])
    else:
        return None
    joined = "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in table.items())
    return re.compile(joined), {name: reader for name, (_, reader) in table.items()}
