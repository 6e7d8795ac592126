"""Alignments in JSON as other programs write them -> words and phones.

Read are our own files, and those of Whisper (OpenAI's, faster-whisper, WhisperX, whisper.cpp), Gentle, Rhubarb Lip Sync
and the Montreal Forced Aligner (``--output_format json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkinghead.speech.arpabet import SILENCE
from talkinghead.types import Interval

Tier = Sequence[Interval]

# Rhubarb's mouth shapes, each with a phone that looks like it: closed; teeth together; open; wide open; slightly
# rounded; puckered; teeth on the lip; tongue behind the teeth; idle.
# Source: Wolf, "Rhubarb Lip Sync", README, section "Mouth shapes".
_RHUBARB = {"A": "M", "B": "S", "C": "EH", "D": "AA", "E": "AO", "F": "UW", "G": "F", "H": "L", "X": SILENCE}
_NO_WORDS = "it has times of sentences but not of words: transcribe again with times of words (--word_timestamps True)"


def words_and_phones(content: object) -> tuple[Tier | None, Tier | None]:
    """The words and phones of any of these kinds, in order, times in seconds; None for what is not there.

    Raises:
        ValueError: it is none of them, or damaged.
    """
    if isinstance(content, list) and content and isinstance(content[0], dict):
        content = {"segments": content}
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object with words and phones")
    try:
        if "mouthCues" in content:
            return None, [Interval(_RHUBARB[cue["value"]], *_times(cue)) for cue in content["mouthCues"]]
        if isinstance(content.get("tiers"), dict):
            return _montreal(content["tiers"])
        if isinstance(content.get("segments"), list) and not _is_timed(content.get("words")):
            return _whisper(content), None
        if isinstance(content.get("transcription"), list):
            return _whisper_cpp(content["transcription"]), None
        if _is_gentle(content.get("words")):
            return _gentle(content["words"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it lacks labels or times where this kind of file has them") from error
    return _own(content, "words"), _own(content, "phones")


def _own(content: Mapping[str, Any], name: str) -> Tier | None:
    rows = content.get(name)
    if rows is None:
        return None
    try:
        return [Interval(_text(row.get("label", row.get("word"))), *_times(row)) for row in rows]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} is not a list of label, start and end") from error


def _is_timed(rows: object) -> bool:
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and "start" in rows[0]


def _whisper(content: Mapping[str, Any]) -> Tier:
    rows = [word for segment in content["segments"] for word in segment.get("words") or ()]
    if not rows and any(_text(segment.get("text", "")).strip() for segment in content["segments"]):
        raise ValueError(_NO_WORDS)
    # WhisperX gives no times to words that it cannot place, such as figures.
    timed = [row for row in rows if row.get("start") is not None and row.get("end") is not None]
    return [Interval(_text(row.get("word", row.get("text"))).strip(), *_times(row)) for row in timed]


def _whisper_cpp(rows: Sequence[Mapping[str, Any]]) -> Tier:
    """Pieces of words, times in milliseconds; a word begins with a blank."""
    words: list[Interval] = []
    for row in rows:
        text, times = _text(row["text"]), row["offsets"]
        if len(text.split()) > 1:
            raise ValueError(
                "it has times of sentences but not of words: transcribe again with one word each (-ml 1 -sow)"
            )
        start, end = float(times["from"]) / 1000, float(times["to"]) / 1000
        if words and text[:1].strip() and not text.startswith("["):
            before = words.pop()
            words.append(Interval(before.label + text.strip(), before.start, end))
        elif text.strip() and not text.strip().startswith("["):
            words.append(Interval(text.strip(), start, end))
    return words


def _is_gentle(rows: object) -> bool:
    return isinstance(rows, list) and any(isinstance(row, dict) and "case" in row for row in rows)


def _gentle(rows: Sequence[Mapping[str, Any]]) -> tuple[Tier, Tier]:
    """Words that were not found in the sound are left out. Phones follow each other from the start of their word."""
    words: list[Interval] = []
    phones: list[Interval] = []
    for row in rows:
        if row.get("case") != "success":
            continue
        words.append(Interval(_text(row["word"]), *_times(row)))
        phones += _phones_of_gentle(row.get("phones") or (), words[-1])
    return words, phones


def _phones_of_gentle(rows: Sequence[Mapping[str, Any]], word: Interval) -> Iterator[Interval]:
    now = word.start
    for row in rows:
        end = now + float(row["duration"])
        if now < word.end:
            yield Interval(re.sub(r"_[BIES]$", "", _text(row["phone"])), now, min(end, word.end))
        now = end


def _montreal(tiers: Mapping[str, Any]) -> tuple[Tier | None, Tier | None]:
    found: dict[str, Tier] = {}
    for name, tier in tiers.items():
        kind = name.split(" - ")[-1].strip().lower()
        rows = [Interval(_text(label), float(start), float(end)) for start, end, label in tier["entries"]]
        found.setdefault(kind, rows)
    return found.get("words"), found.get("phones")


def _times(row: Mapping[str, Any]) -> tuple[float, float]:
    return float(row["start"]), float(row["end"])


def _text(label: object) -> str:
    if not isinstance(label, str):
        raise TypeError
    return label
