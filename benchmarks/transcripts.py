"""How often right transcripts are thrown away, and wrong ones taken for right, by kind of voice."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alignment import Recording, grid_recordings, lj_speech
from benchmarks.spoken import SENTENCES
from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import manifest_rows
from talkinghead.media import read_speech
from talkinghead.speech.alignment import mismatch
from talkinghead.speech.alignment.align import align
from talkinghead.speech.alignment.mismatch import USUAL, Fit, Thresholds, measure_fit
from talkinghead.speech.say import say

_TITLE = """# Right and wrong transcripts

Each recording is aligned with its own text and with the text of another recording of its kind, of about the same
length. Of right texts, "doubted": some stretch of the recording was said not to match; "thrown away": no word was kept.
Of wrong ones, "taken for right": nothing was said to be wrong; "words kept": some words were. Sentences of GRID share
half of their words with each other. The thresholds that ship were chosen on recordings of these voices, most of them
the same. So they are also chosen anew, by the fewest errors, on every second speaker (a voice of espeak-ng is one);
"held out" are the verdicts by those chosen on the half to which the speaker does not belong.
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


@dataclass(frozen=True)
class Judged:
    """A recording with how well its own text and another's fit; None: the aligner found no way through."""

    kind: str
    speaker: str
    right: Fit | None
    wrong: Fit | None


def measure(corpus: Path) -> dict[str, dict[str, list[bool]]]:
    """Kind of voice -> what became of each recording's texts."""
    speakers = {row["file"]: row["speaker"] for row in manifest_rows(corpus / "speech_open")}
    judged: list[Judged] = []
    result = {}
    for name, language, recordings in sets(corpus):
        result[name], fits = verdicts(recordings, language)
        # All of GRID here is of one speaker.
        usual = name.partition(",")[0] if name.startswith("GRID") else name
        judged += [Judged(name, speakers.get(r.name, usual), *fit) for r, fit in zip(recordings, fits)]
    held_out = judge_held_out(judged)
    for name, rows in result.items():
        own = [verdict for item, verdict in zip(judged, held_out) if item.kind == name]
        rows["doubted, held out"] = [doubted for doubted, _ in own]
        rows["taken for right, held out"] = [taken for _, taken in own]
    return result


def judge_held_out(judged: Sequence[Judged]) -> list[tuple[bool, bool]]:
    """Whether each right text is doubted and each wrong one taken for right, by thresholds of the other speakers."""
    place = {speaker: number for number, speaker in enumerate(sorted({item.speaker for item in judged}))}
    halves = [[item for item in judged if place[item.speaker] % 2 == half] for half in (0, 1)]
    chosen = [choose_thresholds(half) for half in halves]
    return [_verdict(item, chosen[1 - place[item.speaker] % 2]) for item in judged]


def choose_thresholds(judged: Sequence[Judged]) -> Thresholds:
    """Those with the fewest errors; of several, those nearest to the ones that ship."""

    def badness(thresholds: Thresholds) -> tuple[int, float]:
        errors = sum(sum(_verdict(item, thresholds)) for item in judged)
        return errors, sum(abs(a - b) for a, b in zip(astuple(thresholds), astuple(USUAL)))

    grid = itertools.product(np.arange(-31.0, -19), np.arange(10.0, 21), np.arange(-21.0, -12))
    return min((Thresholds(*map(float, values)) for values in grid), key=badness)


def _verdict(item: Judged, thresholds: Thresholds) -> tuple[bool, bool]:
    """Whether the right text is doubted, and the wrong one is not."""

    def fits(fit: Fit | None) -> bool:
        return fit is not None and fit.mean >= thresholds.mean and fit.worst >= fit.least(thresholds)

    return not fits(item.right), fits(item.wrong)


def verdicts(
    recordings: Sequence[Recording], language: str
) -> tuple[dict[str, list[bool]], list[tuple[Fit | None, Fit | None]]]:
    """Of each recording: whether its own text is doubted and thrown away, another's taken for right, and words kept.

    Beside it, how well either text fits.
    """
    rng = np.random.default_rng(0)
    result: dict[str, list[bool]] = {"doubted": [], "thrown away": [], "taken for right": [], "words kept": []}
    fits: list[tuple[Fit | None, Fit | None]] = []
    for recording in recordings:
        words, doubted, right = _align(recording, recording.text, language)
        result["doubted"].append(doubted)
        result["thrown away"].append(not words)
        others = {r.text for r in recordings if r.text.lower() != recording.text.lower()}
        near = sorted(others, key=lambda text: (abs(len(text) - len(recording.text)), text))[:_NEAREST]
        words, doubted, wrong = _align(recording, near[int(rng.integers(len(near)))], language)
        result["taken for right"].append(not doubted)
        result["words kept"].append(bool(words))
        fits.append((right, wrong))
    return result, fits


def _align(recording: Recording, text: str, language: str) -> tuple[int, bool, Fit | None]:
    """How many words are kept, whether something was announced, and how well the text fits."""
    with _announcements() as told, _fits() as fits:
        found = align(recording.speech, text, language=language)
    return len(found.words or ()), bool(told), next(iter(fits), None)


@contextmanager
def _fits() -> Iterator[list[Fit]]:
    """What is meanwhile measured of how well texts fit."""
    found: list[Fit] = []

    def measured(*given: Any) -> Fit:
        found.append(measure_fit(*given))
        return found[-1]

    mismatch.measure_fit = measured
    try:
        yield found
    finally:
        mismatch.measure_fit = measure_fit


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
    columns = "right: doubted | thrown away | wrong: taken for right | words kept | held out: doubted | taken for right"
    lines = [_TITLE, f"| voices | texts | {columns} |", "|---|---|---|---|---|---|---|---|"]
    total: dict[str, list[int]] = {}
    for name, rows in result.items():
        lines.append(_row(name, rows))
        for kind, counts in rows.items():
            total[kind] = [a + b for a, b in zip(total.get(kind, [0] * len(counts)), counts)]
    return "\n".join([*lines, _row("all", total)]) + "\n"


def _row(name: str, rows: Mapping[str, Sequence[int]]) -> str:
    cells = [str(told) for told, _ in rows.values()]
    return f"| {name} | {next(iter(rows.values()))[1]} | {' | '.join(cells)} |"
