"""A transcript as people write it -> its words and their possible pronunciations."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from talkinghead.errors import InputError
from talkinghead.speech.alignment.sphinx import pronunciations
from talkinghead.speech.synthesis.pronunciation import pronounce
from talkinghead.speech.text.markup import plain_text
from talkinghead.speech.text.notation import Notation, find_notations
from talkinghead.speech.text.numbers import number_readings

_ENGLISH = "en-us"
_MOST_VARIANTS = 16
_LONGEST_ACRONYM = 6

# Abbreviations that the dictionary reads differently from people, by the letters before the full stop.
_ABBREVIATIONS = {
    abbreviation: tuple(readings.split("/"))
    for abbreviation, readings in (
        *(("dr", "doctor/drive"), ("st", "saint/street"), ("prof", "professor"), ("mt", "mount"), ("vs", "versus")),
        *(("no", "number/no"), ("e.g", "e g/for example"), ("i.e", "i e/that is"), ("gov", "governor")),
        *(("capt", "captain"), ("col", "colonel"), ("gen", "general"), ("lt", "lieutenant"), ("sgt", "sergeant")),
        *(("rev", "reverend"), ("hon", "honorable"), ("dept", "department"), ("co", "company"), ("rd", "road")),
        *(("approx", "approximately"), ("ave", "avenue"), ("ft", "fort/feet"), ("vol", "volume")),
    )
}
_SIGNS = {"&": "and", "+": "plus", "=": "equals", "%": "percent", "@": "at"}
_EXTRA = {"z": ("Z EH D",)}  # the letter's name outside America
_PIECE = re.compile(r"(?:(?!--)[^\s—–…])+")
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")


@dataclass(frozen=True)
class Word:
    """A word of a transcript.

    Attributes:
        label: as written, without surrounding punctuation.
        parts: what is spoken, in order; of each its pronunciations, ARPAbet separated by blanks.
    """

    label: str
    parts: tuple[tuple[str, ...], ...]


def read_transcript(transcript: str, *, language: str = "en-us") -> tuple[Word, ...]:
    """The words of a transcript. Markup and noises in brackets are left out; numbers and notations are read as people
    say them, also "12 $" or "Henry VIII", which are then one word and a numeral.

    English words are looked up in PocketSphinx's dictionary; for unknown words, and for all words of other languages,
    espeak-ng tells the pronunciation.

    Args:
        transcript: with punctuation, numbers, abbreviations.
        language: as ``say`` takes it: "de", "de-AT", "German".

    Raises:
        InputError: there are no words, the script does not separate words or is not that of the language, or a word
            cannot be pronounced.
    """
    text = plain_text(transcript, sounds=False).translate({0x2019: "'", 0x2018: "'", 0x02BC: "'"})
    english = is_english(language)
    _check_script(text, english)
    shouted = text.upper() == text
    words: list[Word] = []
    end = 0
    for notation in (*find_notations(text, language), Notation(len(text), len(text), ())):
        for piece, label in _split_words(text[end : notation.start]):
            words.append(Word(label, _english(label, piece, shouted) if english else (_espeak(label, language),)))
        if notation.readings:
            words.append(Word(text[notation.start : notation.end], _notation(notation, language, english)))
        end = notation.end
    if not words:
        raise InputError("the transcript has no words: give what is said.")
    return tuple(words)


def is_english(language: str) -> bool:
    """Whether a language, as ``say`` takes it, is English.

    >>> is_english("en-GB"), is_english("de")
    (True, False)
    """
    return language.lower().partition("-")[0] in ("en", "english")


def _split_words(text: str) -> Iterator[tuple[str, str]]:
    """The pieces between blanks and dashes, each with its text without surrounding punctuation."""
    for match in _PIECE.finditer(text):
        piece = match[0]
        label = re.sub(r"^(?:(?![-−]?[$£€]?\d)[\W_])+|[^\w%]+$", "", piece)
        label = label.rstrip("%") if not label[:-1].rstrip("%")[-1:].isdigit() else label
        if re.search(r"\w", label):
            yield piece, label
        elif piece in _SIGNS:
            yield piece, piece


def _check_script(text: str, english: bool) -> None:
    for letter in filter(str.isalpha, text):
        name = unicodedata.name(letter, "")
        if not name.startswith(_SCRIPTS[:1] if english else _SCRIPTS) and not name.startswith("MODIFIER"):
            kind = name.split()[0].capitalize().replace("Cjk", "Chinese") if name else "unknown"
            remedy = "write it in Latin letters"
            if english and name.startswith(_SCRIPTS):
                remedy = "name its language (--language)"
            raise InputError(
                f"the transcript has {letter!r}, a letter of the {kind} script, which is not read: {remedy}."
            )


def _english(label: str, piece: str, shouted: bool) -> tuple[tuple[str, ...], ...]:
    word = label.lower()
    if word in _SIGNS:
        return (_look_up(_SIGNS[word]),)
    if readings := number_readings(word):
        return _from_readings(readings)
    if (piece.rstrip(",;:!?\"')]}") == f"{label}." or "." in label) and word in _ABBREVIATIONS:
        return _from_readings(_ABBREVIATIONS[word])
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]?", word):
        return (_spell(word),)
    if piece.startswith("'") and (found := _look_up(f"'{word}")):
        return (found,)
    acronym = label.isupper() and 1 < len(label) <= _LONGEST_ACRONYM and not shouted
    found = _look_up(word)
    if acronym:
        return ((*found, *_spell(word)),)
    return (found,) if found else _compose(label, word)


def _notation(notation: Notation, language: str, english: bool) -> tuple[tuple[str, ...], ...]:
    if english:
        return _from_readings(notation.readings)
    return (tuple(itertools.chain.from_iterable(_espeak(reading, language) for reading in notation.readings)),)


def _look_up(word: str) -> tuple[str, ...]:
    """Pronunciations from the dictionary: of the word, of it without accents, or of the noun of a genitive."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    for spelling in dict.fromkeys((word, plain)):
        if spelling.isascii() and (found := pronunciations(spelling)):
            return found + _EXTRA.get(word, ())
    if plain.isascii() and plain.endswith("'s") and (stem := pronunciations(plain[:-2])):
        return tuple(f"{phones} {_genitive(phones.split()[-1])}" for phones in stem)
    return ()


def _genitive(last: str) -> str:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return "IH Z"
    return "S" if last in ("P", "T", "K", "F", "TH") else "Z"


def _compose(label: str, word: str) -> tuple[tuple[str, ...], ...]:
    """Pronunciations of a word that the dictionary lacks: of its parts between hyphens, letters and digits, or
    espeak-ng's."""
    pieces = [piece for piece in re.split(r"[^\w']+|_|(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)", word) if piece.strip("'")]
    if len(pieces) > 1:
        parts: list[tuple[str, ...]] = []
        for piece in pieces:
            readings = number_readings(piece)
            found = _look_up(piece.strip("'"))
            parts += _from_readings(readings) if readings else [found or _espeak(piece, _ENGLISH)]
        return tuple(parts)
    return (_espeak(label, _ENGLISH),)


def _from_readings(readings: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A single reading keeps its words, which pauses may separate; several become pronunciations of one word."""
    if len(readings) == 1:
        return tuple(_look_up_or_ask(word) for word in readings[0].split())
    return (
        tuple(dict.fromkeys(itertools.chain.from_iterable(_join_readings(reading) for reading in readings)))[
            :_MOST_VARIANTS
        ],
    )


def _join_readings(reading: str) -> Iterator[str]:
    # The first variant of every word, then the second of each in turn: not the whole product.
    found = [_look_up_or_ask(word) for word in reading.split()]
    yield " ".join(variants[0] for variants in found)
    for index, variants in enumerate(found):
        if len(variants) > 1 and len(found) < 6:
            yield " ".join(variants[1] if i == index else other[0] for i, other in enumerate(found))


def _look_up_or_ask(word: str) -> tuple[str, ...]:
    word = word.rstrip(",")
    return _look_up(word.lower()) or _espeak(word, _ENGLISH)


def _spell(word: str) -> tuple[str, ...]:
    """The names of the letters."""
    names = [
        pronunciations(_SIGNS.get(letter, letter))[-1:] or _espeak(letter, _ENGLISH)
        for letter in word
        if letter.isalnum() or letter == "&"
    ]
    return (" ".join(name[0] for name in names),)


@lru_cache(maxsize=4096)
def _espeak(word: str, language: str) -> tuple[str, ...]:
    try:
        return (" ".join(pronounce(word, language)),)
    except InputError as error:
        if "pip install" in str(error):
            raise InputError(
                f"the transcript's {word!r} is not in the dictionary: spell it as it sounds or pip install "
                "'talkinghead[tts]', which knows more."
            ) from error
        raise
