"""Of "write_a_speaker": how much nearer a person's lips come by the style that was learned from their video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

from benchmarks.facial_people import Somebody
from benchmarks.intervals import Interval, cell, compare, interval
from talkinghead.errors import announce
from talkinghead.face.landmarks import LIPS
from talkinghead.methods import get_method
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.config import StyleConfig
from talkinghead.methods.write_a_speaker.recordings import FRAMES, read_performances
from talkinghead.methods.write_a_speaker.scores import mouth_landmarks
from talkinghead.methods.write_a_speaker.style import MouthStyle
from talkinghead.methods.write_a_speaker.train_style import pair_weights
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance
from talkinghead.store import Store
from talkinghead.types import FloatArray
from talkinghead.weights import load_network

_OWN, _GENERIC = "with the person's style", "without"
_DIGITS = {"MSE": 0, "LMD, %": 2, "D-LL, %": 2, "opening": 3}
_TITLE = """## A person's style

The weights that the shipped networks make of the speech of clips that were held back, as they are and through the
two layers that learned from the person's other clips (`talkinghead adapt`), against those fitted to the person's face,
3 s at a time, with no style taken off. Measures, intervals and marks as in table 1.
"""


def measure(people: Iterable[Somebody], store: Store) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Scores of every stretch by speaker and row.

    Args:
        people: persons; those without a style are announced and left out.
        store: keeps tracks, weights and phones.
    """
    mouth = load_generator(get_method("write_a_speaker").find_weights()).mouth
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for somebody in people:
        file = somebody.person.folder / "weights" / "write_a_speaker" / "style.safetensors"
        if not file.is_file():
            announce(f"{file} is not there: the styles are without {somebody.speaker}.")
            continue
        style = load_network(MouthStyle, StyleConfig, file).eval()
        rows: dict[str, list[dict[str, float]]] = {_OWN: [], _GENERIC: []}
        for pair in pair_weights(mouth, list(read_performances(somebody.held_out, store))):
            with torch.inference_mode():
                own = style(torch.from_numpy(pair.generic).float()).double().numpy()
            for start in range(0, len(own) - FRAMES + 1, FRAMES):
                span = slice(start, start + FRAMES)
                for row, made in ((_OWN, own), (_GENERIC, pair.generic)):
                    rows[row].append(score_mouth(made[span].clip(0.0, 1.0), pair.own[span]))
        found[somebody.speaker] = rows
    return found


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
