"""How often right transcripts are thrown away, and wrong ones taken for right, by kind of voice."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.alignment import Recording, grid_recordings, lj_speech
from benchmarks.spoken import SENTENCES
from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import manifest_rows
from talkinghead.media import read_speech
from talkinghead.speech.alignment.align import align
from talkinghead.speech.say import say

_TITLE = """# Right and wrong transcripts

Each recording is aligned with its own text and with the text of another recording of its kind, of about the same
length. Of right texts, "doubted": some stretch of the recording was said not to match; "thrown away": no word was kept.
Of wrong ones, "taken for right": nothing was said to be wrong; "words kept": some words were. Sentences of GRID share
half of their words with each other. The thresholds were chosen on recordings of these voices, most of them the same.
speechocean762 has learners of English, half of them children, and what they were to read: some misread it.
"""

_VOICES = ("en-us", "en-us+f3", "en-us+m3", "en-gb")
_OPEN = {
    "VCTK": ("VCTK", "en", "en-us", 30),
    "rhasspy, English": ("rhasspy-kathleen", "en", "en-us", 40),
    "speechocean762": ("speechocean762", "en", "en-us", 100),
    "rhasspy, German": ("rhasspy-kerstin", "de", "de", 30),
    "EmoDB, German": ("EmoDB", "de", "de", 30),
    "rhasspy, Flemish": ("rhasspy-flemishguy", "nl", "nl", 30),
    "Asterisk, Spanish": ("asterisk-core-sounds", "es", "es", 30),
    "Asterisk, Italian": ("asterisk-core-sounds", "it", "it", 30),
    "Asterisk, French": ("asterisk-core-sounds", "fr", "fr-fr", 30),
    "Asterisk, Russian": ("asterisk-core-sounds", "ru", "ru", 30),
}
"""Name -> dataset and language in the manifest of ``speech_open``, our name of the language, and how many."""

_SHORTEST_S, _LONGEST_S, _LETTERS = 1.5, 25.0, 20
_NEAREST = 4  # texts among which a wrong one is chosen


def sets(corpus: Path) -> Iterator[tuple[str, str, list[Recording]]]:
    """Name, language and recordings of each kind of voice."""
    for voice in _VOICES:
        yield f"espeak-ng, {voice}", "en-us", [Recording(text, say(text, voice), text) for text in SENTENCES]
    grid = Corpus.open(corpus / "grid_s1")
    yield "GRID s1, val", "en-us", grid_recordings(grid.recordings("val"))
    yield "GRID s1, test", "en-us", grid_recordings(grid.recordings("test"))
    yield "LJSpeech", "en-us", lj_speech(corpus / "speech")
    folder = corpus / "speech_open"
    rows = [row for row in manifest_rows(folder) if _SHORTEST_S < float(row["seconds"]) < _LONGEST_S]
    for name, (dataset, manifest_language, language, count) in _OPEN.items():
        own = [row for row in rows if (row["dataset"], row["language"]) == (dataset, manifest_language)]
        own = [row for row in own if len(row["text"]) >= _LETTERS]
        chosen = np.random.default_rng(0).permutation(len(own))[:count]
        yield (
            name,
            language,
            [Recording(own[i]["file"], read_speech(folder / own[i]["file"]), own[i]["text"]) for i in chosen],
        )


def measure(corpus: Path) -> dict[str, dict[str, list[bool]]]:
    """Kind of voice -> what became of each recording's texts."""
    return {name: verdicts(recordings, language) for name, language, recordings in sets(corpus)}


def verdicts(recordings: Sequence[Recording], language: str) -> dict[str, list[bool]]:
    """Of each recording: whether its own text is doubted and thrown away, another's taken for right, and words kept."""
    rng = np.random.default_rng(0)
    result: dict[str, list[bool]] = {"doubted": [], "thrown away": [], "taken for right": [], "words kept": []}
    for recording in recordings:
        words, doubted = _align(recording, recording.text, language)
        result["doubted"].append(doubted)
        result["thrown away"].append(not words)
        others = {r.text for r in recordings if r.text.lower() != recording.text.lower()}
        near = sorted(others, key=lambda text: (abs(len(text) - len(recording.text)), text))[:_NEAREST]
        words, doubted = _align(recording, near[int(rng.integers(len(near)))], language)
        result["taken for right"].append(not doubted)
        result["words kept"].append(bool(words))
    return result


def _align(recording: Recording, text: str, language: str) -> tuple[int, bool]:
    """How many words are kept, and whether something was announced."""
    with _announcements() as told:
        found = align(recording.speech, text, language=language)
    return len(found.words or ()), bool(told)


@contextmanager
def _announcements() -> Iterator[list[str]]:
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("talkinghead")
    log.addHandler(handler)
    try:
        yield told
    finally:
        log.removeHandler(handler)


def summarise(result: Mapping[str, Mapping[str, Sequence[bool]]]) -> dict[str, dict[str, list[int]]]:
    """The result of ``measure`` as counts: how many, of how many."""
    return {name: {kind: [sum(told), len(told)] for kind, told in rows.items()} for name, rows in result.items()}


def table(result: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE, "| voices | texts | right: doubted | thrown away | wrong: taken for right | words kept |"]
    lines.append("|---|---|---|---|---|---|")
    total: dict[str, list[int]] = {}
    for name, rows in result.items():
        lines.append(_row(name, rows))
        for kind, counts in rows.items():
            total[kind] = [a + b for a, b in zip(total.get(kind, [0] * len(counts)), counts)]
    return "\n".join([*lines, _row("all", total)]) + "\n"


def _row(name: str, rows: Mapping[str, Sequence[int]]) -> str:
    cells = [str(told) for told, _ in rows.values()]
    return f"| {name} | {next(iter(rows.values()))[1]} | {' | '.join(cells)} |"
