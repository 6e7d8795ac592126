"""The part "voices": any voice on any face; synthesised sentences, other languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import spoken
from talkinghead.pipeline import TalkingHead

_INTRODUCTION = """# Synthesised voices, and other languages

What is rendered (256 px, not encoded) is tracked again. *p b m*: how many of these phones bring the lips together
(opening at most 0.02 eye distances, or 15 % of the mouth's own wide opening) within the phone and 0.04 s around it.
*f v*: how many bring the lower lip to the height of the upper teeth. *Control*: how often the same happens on open
vowels, where it should not; a still mouth passes everywhere, including the control.
"""
_TEXT = """20 sentences of synthesised speech, on a smiling portrait (scikit-image's astronaut) and on one with closed
lips; the phones are those of the synthesis. The last row of each portrait has the motion of real clips: it shows what
rendering and tracking leave of it.
"""
_LANGUAGES = """Up to two recordings of each language on the smiling portrait; the phones are recognised. Moves: the
share of speech in which the opening changes by more than 0.15 eye distances per second.
"""


def measure(methods: Iterable[str], corpus: Path, runs: Path) -> dict[str, dict[str, Any]]:
    """method -> the results of ``spoken.text`` and ``spoken.languages``.

    Args:
        methods: their names.
        corpus: the folder of the recordings.
        runs: the folder of results; tracks are kept in it, and the sheets to look at go to ``voices/languages/METHOD``.
    """
    result: dict[str, dict[str, Any]] = {}
    for name in methods:
        head = TalkingHead.from_pretrained(name)
        result[name] = {
            "text": spoken.text(head, corpus, runs / "store"),
            "languages": spoken.languages(head, corpus / "speech", runs / "voices" / "languages" / name),
        }
    return result


def summarise(result: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The result of ``measure`` without its clips, sentences and recordings."""
    return {
        name: {
            "text": spoken.summarise_text(row["text"]),
            "languages": spoken.summarise_languages(row["languages"]),
        }
        for name, row in result.items()
    }


def section(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives, as a page."""
    blocks = [_INTRODUCTION]
    for title, text, part, table in (
        ("Synthesised sentences", _TEXT, "text", spoken.text_table),
        ("Languages", _LANGUAGES, "languages", spoken.languages_table),
    ):
        blocks += [f"## {title}\n", text]
        for name, row in result.items():
            blocks += [f"{name}:\n", table(row[part])]
    return "\n".join(blocks)
