"""Alignment files, which say when each word and phone is spoken: TextGrid, GRID's ``.align`` and JSON."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json, read_content, refuse_damage
from talkinghead.media.files import check_writable, existing_file, write_beside
from talkinghead.speech.alignment.json_kinds import words_and_phones
from talkinghead.speech.alignment.textgrid import Tiers, text_from_tiers, tiers_from_text
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.labels import arpabet_phones, is_silence
from talkinghead.speech.sampa import ipa_from_sampa
from talkinghead.types import Interval

SUFFIXES = (".json", ".TextGrid", ".align")
"""Suffixes that can be read and written."""

_ALIGN_UNIT = 25_000  # of .align files, per second
_ROUNDING_S = 1e-3  # the most by which rounded times may overlap
_KIND, _REMEDY = "a readable alignment", "export it again."

_SAMPA_TIER = "mau"  # of WebMAUS
_WORD_TIERS = ("word", "words", "ort-mau", "ort")
_PHONE_TIERS = ("phone", "phones", "phoneme", "phonemes", "segment", "segments", _SAMPA_TIER)

_Choice = TypeVar("_Choice")
_Read = tuple[Sequence[Interval] | None, Sequence[Interval] | None]


@dataclass(frozen=True)
class Alignment:
    """What a file holds, times in seconds.

    Attributes:
        words: in order, without silences, or None where the file has none.
        phones: ARPAbet without stress, "sil" for silence, without gaps from 0 to the last, or None.
    """

    words: tuple[Interval, ...] | None
    phones: tuple[Interval, ...] | None


def read_alignment(path: str | os.PathLike[str]) -> Alignment:
    """The words and phones of a TextGrid (long or short), ``.align`` or JSON file.

    JSON holds ``words`` and ``phones``, either of which may be missing: lists of ``{"label", "start", "end"}`` in
    seconds; or it is what Whisper, Gentle, Rhubarb or the Montreal Forced Aligner write (``json_kinds``). Phones may be
    ARPAbet with or without stress, TIMIT's, or IPA, in WebMAUS's tier MAU also X-SAMPA; sounds that ARPAbet lacks
    become the nearest that look alike.

    Raises:
        InputError: the file is missing, of another kind, damaged, has neither words nor phones, or its intervals
            overlap, are out of order, negative, or end before they start.
    """
    path = existing_file(path)
    reader = _choose(
        path, {".textgrid": _read_textgrid, ".align": lambda text: (words_of_align(text), None), ".json": _read_json}
    )
    content = read_content(path, kind=_KIND, remedy=_REMEDY)
    with refuse_damage(path, kind=_KIND, remedy=_REMEDY):
        words, phones = reader(_text(content))
        if words is None and phones is None:
            raise ValueError("it has neither words nor phones")
        return Alignment(
            None if words is None else _without_silences(_in_order(words)),
            None if phones is None else arpabet_phones(_in_order(phones)),
        )


def words_of_align(text: str) -> tuple[Interval, ...]:
    """The words in the text of a ``.align`` file as they stand there, silences included, times in seconds.

    Raises:
        ValueError: a line is not a start, an end and a word.
    """
    words = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 3:
            raise ValueError(f"line {number} is not a start, an end and a word")
        words.append(Interval(fields[2], int(fields[0]) / _ALIGN_UNIT, int(fields[1]) / _ALIGN_UNIT))
    return tuple(words)


def write_alignment(
    alignment: Alignment, path: str | os.PathLike[str], *, duration: float, overwrite: bool = False
) -> None:
    """Write a TextGrid (long form), ``.align`` (words alone) or JSON file, whole or not at all.

    Args:
        alignment: what to write.
        path: its suffix selects the format.
        duration: of the speech, in seconds.
        overwrite: replace an existing file.

    Raises:
        InputError: the suffix is unknown, the file exists, the folder does not, or the format can hold nothing of this
            alignment.
        ValueError: something lies outside the speech.
    """
    path = Path(path)
    writer = _choose(path, {".textgrid": _textgrid_text, ".align": _align_text, ".json": _json_text})
    check_writable(path, overwrite)
    for interval in (*(alignment.words or ()), *(alignment.phones or ())):
        if interval.start < 0 or interval.end > duration + _ROUNDING_S:
            raise ValueError(f"{interval} lies outside of 0 to {duration} s")
    text = writer(path, alignment, duration)
    with write_beside(path, overwrite) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def check_alignment_output(path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Check, before any work is done, that an alignment can be written there.

    Raises:
        InputError: as for ``write_alignment``.
    """
    _choose(Path(path), {suffix.lower(): suffix for suffix in SUFFIXES})
    check_writable(path, overwrite)


def _choose(path: Path, choices: Mapping[str, _Choice]) -> _Choice:
    choice = choices.get(path.suffix.lower())
    if choice is None:
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose one of {', '.join(SUFFIXES)}.")
    return choice


def _text(content: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le")
    return content.decode("utf-8-sig")


def _in_order(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same intervals in order; each starts where the one before ends if rounding made them overlap."""
    end = 0.0
    ordered = []
    for interval in intervals:
        if not (math.isfinite(interval.start) and math.isfinite(interval.end)):
            raise ValueError(f"{interval.label!r} has a time that is no number")
        if interval.start < -_ROUNDING_S:
            raise ValueError(f"{interval.label!r} begins at {interval.start:g} s, before the speech")
        if interval.start < end - _ROUNDING_S:
            raise ValueError(f"{interval.label!r} begins at {interval.start:g} s, before the one before it ends")
        ordered.append(Interval(interval.label, max(interval.start, end), max(interval.end, end)))
        end = ordered[-1].end
    return tuple(ordered)


def _without_silences(words: Sequence[Interval]) -> tuple[Interval, ...]:
    return tuple(Interval(word.label.strip(), word.start, word.end) for word in words if not is_silence(word.label))


def _with_silences(words: Sequence[Interval], silence: str, duration: float) -> list[Interval]:
    """Without gaps from 0 to ``duration``."""
    filled: list[Interval] = []
    end = 0.0
    for word in (*words, Interval(silence, max(duration, words[-1].end if words else 0.0), math.inf)):
        if word.start > end:
            filled.append(Interval(silence, end, word.start))
        filled.append(word)
        end = word.end
    return filled[:-1]


def _read_textgrid(text: str) -> _Read:
    tiers = tiers_from_text(text)
    tiers = {name: _ipa_of_maus(name, tier) for name, tier in tiers.items()}
    words, phones = _tier(tiers, _WORD_TIERS), _tier(tiers, _PHONE_TIERS)
    if words is None and phones is None:
        found = ", ".join(repr(name) for name in tiers) or "none"
        raise ValueError(f"name one of its tiers of intervals words or phones: it has {found}")
    return words, phones


def _ipa_of_maus(name: str, tier: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """WebMAUS writes X-SAMPA or, if asked, IPA; X-SAMPA means other sounds than ARPAbet by the same letters."""
    if name.strip().lower() != _SAMPA_TIER or not all(interval.label.isascii() for interval in tier):
        return tier
    return tuple(
        interval
        if is_silence(interval.label)
        else Interval(ipa_from_sampa(interval.label), interval.start, interval.end)
        for interval in tier
    )


def _tier(tiers: Tiers, names: tuple[str, ...]) -> Sequence[Interval] | None:
    """The first tier of one of the names, also in the Montreal aligner's form for a speaker: "Anna - words"."""
    return next((tier for name, tier in tiers.items() if name.split(" - ")[-1].strip().lower() in names), None)


def _textgrid_text(path: Path, alignment: Alignment, duration: float) -> str:
    tiers = {"words": alignment.words, "phones": alignment.phones}
    silences = {"words": "", "phones": SILENCE}
    given = {name: _with_silences(tier, silences[name], duration) for name, tier in tiers.items() if tier is not None}
    return text_from_tiers({name: tuple(tier) for name, tier in given.items()}, duration)


def _align_text(path: Path, alignment: Alignment, duration: float) -> str:
    if alignment.words is None:
        raise InputError(f"{path} can hold only words and there are none: choose .json or .TextGrid.")
    rows = _with_silences(alignment.words, SILENCE, duration)
    units = [(round(row.start * _ALIGN_UNIT), round(row.end * _ALIGN_UNIT), row.label) for row in rows]
    return "".join(f"{start} {end} {'_'.join(label.split())}\n" for start, end, label in units)


def _read_json(text: str) -> _Read:
    return words_and_phones(parse_json(text))


def _json_text(path: Path, alignment: Alignment, duration: float) -> str:
    tiers = {"words": alignment.words, "phones": alignment.phones}
    rows = {
        name: [{"label": i.label, "start": round(i.start, 6), "end": round(i.end, 6)} for i in tier]
        for name, tier in tiers.items()
        if tier is not None
    }
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
