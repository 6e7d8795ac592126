"""Text as a person writes it -> text as an engine takes it, in pieces of whole sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from talkinghead.speech.text.markup import plain_text
from talkinghead.speech.text.ssml import PAUSE

LONGEST_PIECE = 1000
"""Characters spoken in one go: about a minute of speech."""

SENTENCE_PAUSE, PARAGRAPH_PAUSE, CLAUSE_PAUSE, NO_PAUSE = 1.0, 1.75, 0.5, 0.0
"""Pauses after pieces, relative to the pause between sentences, as in espeak-ng 1.52."""

_SENTENCE_S = 0.301  # between sentences at the usual rate

# Pictographs in colour, and what modifies and joins them; U+1F3FB and following lie within the first range.
_PICTURE = "\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
_MODIFIERS = "\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
_EMOJI = re.compile(f"(?:[{_PICTURE}][{_MODIFIERS}]*)+")
_LEFT_MODIFIERS = re.compile("[\ufe0e\ufe0f\u20e3]")
_BREAK = re.compile(f"{PAUSE}[{PAUSE}\\s]*")
_JOINERS = "\u200c\u200d"  # part of the spelling of Persian and Indic words
_NEWLINES = "\n\t\r\x0b\x0c\x85\u2028\u2029"

# All begin with a look-behind, so that a run of a thousand dots is not searched a thousand times.
_ENDED = re.compile(
    r"(?<=[.!?…؟।])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’）]*(?![。！？」』”’）])\s*|(?<!\n)\n[ \t\r]*\n\s*"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'“‘])(?:\w|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|cf|approx|No|Nr|e\.g|i\.e|z\.B|d\.h|p\.\s?ex)\.\s+$"
)
_CLAUSE = re.compile(r"[,;:،、，；：][\"'”’»)\]]*\s*")
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class TextPiece:
    """Some sentences, or a part of one. ``text``: as given; ``pause``: after it, relative to that between sentences."""

    text: str
    pause: float


def clean(text: str) -> str:
    """The text for an engine: the words of ``plain_text`` without emoji, control characters and lone surrogates.

    Breaks of SSML and gaps between subtitles are ``PAUSE`` signs.

    >>> clean("<b>Well</b> **done** \\U0001f44d\\U0001f3fd!\\x07")
    'Well done  ! '
    """
    text = _LEFT_MODIFIERS.sub("", _EMOJI.sub(" ", plain_text(text)))
    return "".join(map(_word_for_sign, text)) if not text.isascii() or not text.isprintable() else text


def _word_for_sign(sign: str) -> str:
    if sign in _NEWLINES or sign in _JOINERS or sign == PAUSE:
        return sign
    category = unicodedata.category(sign)
    if category == "Cf" and sign != "\u200b":
        return ""  # direction marks and soft hyphens, which stand inside words
    return " " if category[0] == "C" else sign


def split(text: str, longest: int = LONGEST_PIECE) -> list[TextPiece]:
    """The text in pieces of whole sentences, as many in each as fit.

    A sentence that is too long is split after a comma or the like, else at a blank, else anywhere. After a break a new
    piece begins.

    >>> [piece.text for piece in split("One. Two, three. Four.", longest=12)]
    ['One. ', 'Two, three. ', 'Four.']

    Args:
        text: any.
        longest: characters in a piece.

    Returns:
        Pieces whose texts together are the text.
    """
    pieces: list[TextPiece] = []
    start = 0
    for found in _BREAK.finditer(text):
        pieces += _split_unbroken(text[start : found.start()], longest)
        pause = 0.1 * found.group().count(PAUSE) / _SENTENCE_S
        last = pieces.pop() if pieces else TextPiece("", 0.0)
        pieces.append(replace(last, text=last.text + found.group(), pause=pause))
        start = found.end()
    return pieces + _split_unbroken(text[start:], longest)


def _split_unbroken(text: str, longest: int) -> list[TextPiece]:
    pieces: list[TextPiece] = []
    for sentence in (part for whole in _sentences(text) for part in _break(whole, longest)):
        before = pieces[-1] if pieces else None
        if before is not None and len(before.text) + len(sentence.text) <= longest:
            pieces[-1] = TextPiece(before.text + sentence.text, sentence.pause)
        else:
            pieces.append(sentence)
    return pieces


def _sentences(text: str) -> Iterator[TextPiece]:
    start = 0
    for found in _ENDED.finditer(text):
        end = found.end()
        pause = PARAGRAPH_PAUSE if _PARAGRAPH.search(found.group()) else SENTENCE_PAUSE
        goes_on = text[end : end + 1].islower() or _ABBREVIATED.search(text[max(start, end - 12) : end])
        if end < len(text) and not (goes_on and pause == SENTENCE_PAUSE):
            yield TextPiece(text[start:end], pause)
            start = end
    if start < len(text):
        yield TextPiece(text[start:], SENTENCE_PAUSE)


def _break(sentence: TextPiece, longest: int) -> Iterator[TextPiece]:
    text, start = sentence.text, 0
    while len(text) - start > longest:
        window = text[start : start + longest]
        clauses = [found.end() for found in _CLAUSE.finditer(window) if found.end() > longest // 4]
        blank = max(window.rfind(" "), window.rfind("\n"), window.rfind("\t")) + 1
        end = clauses[-1] if clauses else blank or _whole_sign(text, start, start + longest)
        yield TextPiece(text[start : start + end], CLAUSE_PAUSE if clauses else NO_PAUSE)
        start += end
    yield TextPiece(text[start:], sentence.pause)


def _whole_sign(text: str, start: int, end: int) -> int:
    """A length up to ``end`` that does not separate a letter from its combining signs."""
    last = end
    while last > start + 1 and unicodedata.category(text[last])[0] == "M":
        last -= 1
    return (last if last > start + 1 else end) - start
