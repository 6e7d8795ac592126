"""Of "write_a_speaker": how much nearer a person's lips come by the style that was learned from their video."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.facial_people import Somebody
from benchmarks.intervals import Interval, cell, compare, interval
from talkinghead.data.corpus import Corpus
from talkinghead.errors import announce
from talkinghead.face.landmarks import LIPS
from talkinghead.methods import get_method
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.config import CONFIGS
from talkinghead.methods.write_a_speaker.recordings import FRAMES, read_performances
from talkinghead.methods.write_a_speaker.scores import mouth_landmarks
from talkinghead.methods.write_a_speaker.style import MouthStyle, style_losses
from talkinghead.methods.write_a_speaker.train_style import PairedWeights, StyleBatches, pair_weights
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance
from talkinghead.store import Store
from talkinghead.training.fit import Schedule, fit
from talkinghead.types import FloatArray, no_progress

_OWN, _GENERIC = "with the person's style", "without"
_DIGITS = {"MSE": 0, "LMD, %": 2, "D-LL, %": 2, "opening": 3}
_FOLDS, _STEPS = 4, 600
_TITLE = f"""## A person's style

The weights that the shipped networks make of the speech of a person's clips, as they are and through the two layers
that learn the person's style (`talkinghead adapt`), against those fitted to the person's face, 3 s at a time, with no
style taken off. In {_FOLDS} parts: the layers learn from {_FOLDS - 1} of them, {_STEPS} steps, and are measured on the
one that is left. Measures, intervals and marks as in table 1.
"""


def measure(people: Iterable[Somebody], corpus: Path, store: Store) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Scores of every stretch by speaker and row.

    Args:
        people: persons, of whom the clips that they were made of and those held back count.
        corpus: the folder of the recordings.
        store: keeps tracks, weights and phones.
    """
    mouth = load_generator(get_method("write_a_speaker").find_weights()).mouth
    table, found = Corpus.open(corpus), {}
    for somebody in people:
        names = {path.name for path in somebody.person.videos()}
        learned = [one for one in table.recordings(speakers=(somebody.speaker,)) if one.video.name in names]
        recordings = [one for one in learned if one not in somebody.held_out] + list(somebody.held_out)
        pairs = pair_weights(mouth, list(read_performances(recordings, store)))
        if len(pairs) < _FOLDS:
            announce(f"{somebody.speaker} has {len(pairs)} clips, not {_FOLDS}: the styles are without.")
            continue
        found[somebody.speaker] = _measure_person(pairs)
    return found


def _measure_person(pairs: Sequence[PairedWeights]) -> dict[str, list[dict[str, float]]]:
    rows: dict[str, list[dict[str, float]]] = {_OWN: [], _GENERIC: []}
    for fold in range(_FOLDS):
        style = _learn_style([pair for number, pair in enumerate(pairs) if number % _FOLDS != fold])
        for pair in pairs[fold::_FOLDS]:
            with torch.inference_mode():
                own = style(torch.from_numpy(pair.generic).float()).double().numpy()
            for start in range(0, len(own) - FRAMES + 1, FRAMES):
                span = slice(start, start + FRAMES)
                for row, made in ((_OWN, own), (_GENERIC, pair.generic)):
                    rows[row].append(score_mouth(made[span].clip(0.0, 1.0), pair.own[span]))
    return rows


def _learn_style(pairs: Sequence[PairedWeights]) -> MouthStyle:
    """The style of pairs, learned as ``train_style.train_style`` does without a validation."""
    config = CONFIGS["small"]
    torch.manual_seed(0)
    style = MouthStyle(config.style)
    with tempfile.TemporaryDirectory() as folder:
        fit(
            style,
            partial(style_losses, config=config),
            StyleBatches(pairs, size=32),
            out=Path(folder),
            steps=_STEPS,
            validate=lambda network: {},
            schedule=Schedule(1e-3, shape="decay", weight_decay=1e-4),
            validate_every=_STEPS,
            progress=no_progress,
        )
    return style.eval()


def score_mouth(made: FloatArray, real: FloatArray) -> dict[str, float]:
    """The measures of weights (T, 28) against the real ones."""
    lips = mouth_landmarks(made), mouth_landmarks(real)
    return {
        "MSE": 1e4 * float(((made - real) ** 2).sum(axis=1).mean()),
        "LMD, %": 100 * float(np.linalg.norm(lips[0][:, LIPS] - lips[1][:, LIPS], axis=-1).mean()),
        "D-LL, %": 100 * jaw_lip_distance(*lips),
        "opening": aperture_correlation(*lips),
    }


def summarise(found: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, dict[str, Interval]]]:
    """Means and intervals by speaker, measure and row; the row without style is compared with the one with it."""
    summary: dict[str, dict[str, dict[str, Interval]]] = {}
    for speaker, rows in found.items():
        for measured in _DIGITS:
            own, generic = ([score[measured] for score in rows[row]] for row in (_OWN, _GENERIC))
            summary.setdefault(speaker, {})[measured] = {
                _OWN: interval(own),
                _GENERIC: compare(generic, own, higher_is_better=measured == "opening"),
            }
    return summary


def section(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE, f"| | | {' | '.join(_DIGITS)} |", "|---" * (2 + len(_DIGITS)) + "|"]
    for speaker, measures in result.items():
        for row in (_OWN, _GENERIC):
            cells = [cell(measures[measured][row], digits) for measured, digits in _DIGITS.items()]
            name = f"{speaker}, {measures['LMD, %'][row]['clips']} stretches" if row == _OWN else ""
            lines.append(f"| {name} | {row} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
