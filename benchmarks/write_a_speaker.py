"""The part "write_a_speaker": table 1 of Li et al. 2021, the speaker-independent stage, and its emotions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import emotions, mouth_styles, space_time
from benchmarks.facial_people import find_people
from benchmarks.intervals import Interval, cell, compare, interval
from benchmarks.mouth_styles import score_mouth
from benchmarks.write_a_speaker_rows import (
    FULL,
    Row,
    Spoken,
    head_rows,
    mouth_rows,
    read_spoken,
    style_of,
    upper_rows,
)
from talkinghead.data.corpus import Corpus
from talkinghead.errors import InputError, announce
from talkinghead.face.expressions import MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.methods import get_method
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.features import FPS
from talkinghead.methods.write_a_speaker.losses import ssim_sequence
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS
from talkinghead.metrics.head_motion import spectrum_distance
from talkinghead.store import Store
from talkinghead.types import FloatArray

Score = Callable[[FloatArray, FloatArray], dict[str, float]]
"""Measures of parameters (T, n) against the real ones."""

_EMOTIONS, _STYLES, _FRAMES = "emotions", "styles", "table 2"
_SECTIONS: Mapping[str, Any] = {_EMOTIONS: emotions, _STYLES: mouth_styles, _FRAMES: space_time}
_HIGHER = ("opening", "SSIM-Seq")
_SPLITS = {"test": "GRID s1, test", "unseen": "unseen speakers"}
_TAUGHT = slice(0, None, 8)  # of the training sentences: what the mean face and the jaw are made of
_PAPER = {"MSE": "87.24", "LMD": "0.0684", "SSIM": "0.2655"}
_DIGITS = {"MSE": 0, "LMD, %": 2, "D-LL, %": 2, "opening": 3, "SSIM-Seq": 3, "spectrum, dB": 2}

_TITLE = """# Write-a-Speaker: table 1, the speaker-independent stage, and emotions

Predicted weights of expressions against those fitted to the tracked faces, 3 s at a time, after each speaker's style
(the mean of each weight, and how far it moves) is taken off. MSE is of the 28 weights of the mouth in percent, summed;
LMD is the distance of the lips' landmarks on a face without head motion, in percent of the eye distance; D-LL that of
jaw and lips in percent of the lips' width; "opening" is the correlation over time of the distance of the lips. SSIM-Seq
(equation 4, both constants 0.0001) is of the 23 weights of the upper face, without emotion, or of the head's pose;
"spectrum" is the distance of the spectra of the head's turns (`metrics.head_motion`) from those of the same stretch.
The paper's own values, on motion capture of an actress and with units and constants that it does not state, are MSE
{MSE}, LMD {LMD}, SSIM {SSIM}: they cannot be compared with these.

"Full" reads the phones as they were aligned with the text; "full, sound alone" as the recogniser hears them. The
ablations were trained as long. The mean face and the jaw that opens with loudness are made of training sentences. The
other methods speak from the sound on the mean face, and makeittalk has learned from the unseen speakers, too. Means
over stretches and their bootstrap 95 % interval. * marks rows than which "full" is better, ! rows than which it is
worse.
""".format(**_PAPER)


def score_upper_face(made: FloatArray, real: FloatArray) -> dict[str, float]:
    """The likeness of weights (T, 23)."""
    return {"SSIM-Seq": float(ssim_sequence(torch.from_numpy(np.array(made)), torch.from_numpy(real)))}


def score_head(made: FloatArray, real: FloatArray) -> dict[str, float]:
    """The likeness of poses (T, 6), and the distance of the spectra of their turns."""
    turns, real_turns = (rows[:, :3] * HEAD_UNITS[:3] for rows in (made, real))
    return {**score_upper_face(made, real), "spectrum, dB": spectrum_distance(turns, real_turns, FPS)}


def measure(corpus: Path, store: Path, runs: Path, persons: Path) -> dict[str, Any]:
    """Scores of every stretch by table, split and row; of emotions, if mediapipe is installed; of a person's frames.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks, weights and phones.
        runs: the folder of trainings, for the variants.
        persons: the folder of the persons of ``facial_people.NAMES``, adapted.
    """
    opened, kept = Corpus.open(corpus), Store(store)
    learned = opened.recordings("train")[_TAUGHT]
    wanted = style_of(learned, kept)
    taught = read_spoken(learned, kept, wanted)
    generator = load_generator(get_method("write_a_speaker").find_weights())
    tables: dict[str, tuple[dict[str, Row], Callable[[Spoken], FloatArray], Score]] = {
        "mouth": (mouth_rows(runs, taught), lambda spoken: spoken.weights[:, MOUTH_EXPRESSIONS], score_mouth),
        "upper face": (
            upper_rows(generator, runs, taught),
            lambda spoken: spoken.weights[:, UPPER_EXPRESSIONS],
            score_upper_face,
        ),
        "head": (head_rows(generator), lambda spoken: spoken.pose, score_head),
    }
    found: dict[str, Any] = {}
    for split in _SPLITS:
        stretches = read_spoken(opened.recordings(split), kept, wanted)
        for name, (rows, truth, score) in tables.items():
            found.setdefault(name, {})[split] = {
                row: [score(make(spoken), truth(spoken)) for spoken in stretches] for row, make in rows.items()
            }
    try:
        found[_EMOTIONS] = emotions.measure(corpus, store, runs / "write_a_speaker" / "emotions.png")
    except InputError as error:
        announce(f"emotions are left out: {error}")
    people = list(find_people(persons, corpus))
    found[_STYLES] = mouth_styles.measure(people, corpus, kept)
    found[_FRAMES] = space_time.measure(people, kept, runs, runs / "write_a_speaker")
    return found


def summarise(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by table, split, measure and row, compared with "full"; and those of the sections."""
    return {
        name: _SECTIONS[name].summarise(by_split)
        if name in _SECTIONS
        else {split: _summarise_rows(rows) for split, rows in by_split.items()}
        for name, by_split in found.items()
    }


def _summarise_rows(rows: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, Interval]]:
    summary: dict[str, dict[str, Interval]] = {}
    for measured in rows[FULL][0]:
        values = {row: [score[measured] for score in scores] for row, scores in rows.items()}
        summary[measured] = {
            row: interval(own) if row == FULL else compare(own, values[FULL], higher_is_better=measured in _HIGHER)
            for row, own in values.items()
        }
    return summary


def table(result: Mapping[str, Any]) -> str:
    """The page (Markdown)."""
    lines = [_TITLE]
    for split, title in _SPLITS.items():
        clips = result["mouth"][split]["MSE"][FULL]["clips"]
        lines.append(f"## {title} ({clips} stretches)\n")
        for name in (name for name in result if name not in _SECTIONS):
            by_split = result[name]
            measures = by_split[split]
            lines += [f"| {name} | {' | '.join(measures)} |", "|---" * (1 + len(measures)) + "|"]
            for row in next(iter(measures.values())):
                cells = [cell(values[row], _DIGITS[measured]) for measured, values in measures.items()]
                lines.append(f"| {row} | {' | '.join(cells)} |")
            lines.append("")
    lines += [part.section(result[name]) for name, part in _SECTIONS.items() if result.get(name)]
    return "\n".join(lines)
