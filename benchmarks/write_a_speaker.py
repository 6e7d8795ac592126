"""The part "write_a_speaker": table 1 of Li et al. 2021 for the speaker-independent stage, and each emotion's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.intervals import Interval, cell, compare, interval
from talkinghead.data.corpus import Corpus
from talkinghead.errors import announce
from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.face.landmarks import LIPS
from talkinghead.methods import get_method
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.batches import normalise_styles
from talkinghead.methods.write_a_speaker.config import MouthConfig, WordsConfig
from talkinghead.methods.write_a_speaker.emotion import emotion_shares
from talkinghead.methods.write_a_speaker.features import FPS
from talkinghead.methods.write_a_speaker.losses import ssim_sequence
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.recordings import FRAMES, SpokenStretch, read_stretches
from talkinghead.methods.write_a_speaker.train import mouth_landmarks, predict_mouth
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.store import Store
from talkinghead.types import FloatArray
from talkinghead.weights import load_network

FULL = "full"
MOUTH_MEASURES = ("MSE", "LMD", "correlation")
_SPLITS = {"test": "GRID s1, test", "unseen": "unseen speakers"}
_NETWORKS = {"without GAN": "small-no-gan", "LSTM in place of Res1D": "small-lstm"}
_TAUGHT = slice(0, None, 8)  # of the training sentences: what the mean face and the jaw are made of
_PAPER = {"MSE": "87.24", "LMD": "0.0684", "SSIM": "0.2655"}

MouthRow = Callable[[SpokenStretch], FloatArray]
"""Makes (FRAMES, 28) weights of a stretch."""

_TITLE = """# Write-a-Speaker: table 1, the speaker-independent stage

Predicted weights of expressions against those fitted to the tracked faces, 3 s at a time, after each speaker's style is
taken off. MSE is of the 28 weights of the mouth in percent, summed; LMD is the distance of the lips' landmarks on a
face without head motion, in percent of the eye distance; "opening" is the correlation over time of the distance of the
lips. SSIM-Seq (equation 4, both constants 0.0001) is of the 23 weights of the upper face, without emotion. The paper's
own values, on motion capture of an actress and with units and constants that it does not state, are MSE {MSE}, LMD
{LMD}, SSIM {SSIM}: they cannot be compared with these.

"Full" reads the phones as they were aligned with the text; "full, sound alone" as the recogniser hears them. The mean
face and the jaw that opens with the share of speech in a frame are made of training sentences. Means over stretches and
their bootstrap 95 % interval. * marks rows than which "full" is better, ! rows than which it is worse.
""".format(**_PAPER)


def mouth_rows(runs: Path, taught: Sequence[SpokenStretch]) -> dict[str, MouthRow]:
    """The rows of the mouth's table; variants that are not trained are announced and left out.

    Args:
        runs: ``write_a_speaker/mouth-CONFIG`` in it holds the variants.
        taught: stretches that networks may learn from.
    """
    shipped = load_network(
        MouthGenerator, MouthConfig, get_method("write_a_speaker").find_weights().file("mouth_animation")
    )
    rows: dict[str, MouthRow] = {
        FULL: lambda stretch: predict_mouth(shipped, stretch.phones[-1]),
        "full, sound alone": lambda stretch: predict_mouth(shipped, stretch.phones[0]),
    }
    for name, config in _NETWORKS.items():
        file = runs / "write_a_speaker" / f"mouth-{config}" / "mouth_animation.safetensors"
        if not file.is_file():
            announce(f"{file} is not there: the row {name!r} is left out.")
            continue
        network = load_network(MouthGenerator, MouthConfig, file).eval()
        rows[name] = lambda stretch, network=network: predict_mouth(network, stretch.phones[-1])  # type: ignore[misc]
    weights = np.concatenate(normalise_styles(taught))[:, MOUTH_EXPRESSIONS]
    spoken = np.concatenate([_measure_speech(stretch) for stretch in taught])
    mean, jaw = weights.mean(axis=0), MOUTH_EXPRESSIONS.index(EXPRESSION_NAMES.index("jawOpen"))
    slope, rest = np.polyfit(spoken, weights[:, jaw], 1)

    def jaw_alone(stretch: SpokenStretch) -> FloatArray:
        opened = np.repeat(mean[None], FRAMES, axis=0)
        opened[:, jaw] = slope * _measure_speech(stretch) + rest
        return opened.clip(0.0, 1.0)

    return {**rows, "mean face": lambda stretch: np.repeat(mean[None], FRAMES, axis=0), "jaw alone": jaw_alone}


def score_mouth(made: FloatArray, real: FloatArray) -> dict[str, float]:
    """``MOUTH_MEASURES`` of weights (T, 28) against the real ones."""
    lips = mouth_landmarks(made), mouth_landmarks(real)
    return {
        "MSE": 1e4 * float(((made - real) ** 2).sum(axis=1).mean()),
        "LMD": 100 * float(np.linalg.norm(lips[0][:, LIPS] - lips[1][:, LIPS], axis=-1).mean()),
        "correlation": aperture_correlation(*lips),
    }


def measure(corpus: Path, store: Path, runs: Path) -> dict[str, Any]:
    """Scores of every stretch by split and row: of the mouth, and SSIM-Seq of the upper face.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks, weights and phones.
        runs: the folder of trainings, for the variants.
    """
    opened, kept = Corpus.open(corpus), Store(store)
    taught = read_stretches(opened.recordings("train")[_TAUGHT], kept)
    generator = load_generator(get_method("write_a_speaker").find_weights())
    rows, upper = mouth_rows(runs, taught), _upper_rows(generator, runs, taught)
    found: dict[str, Any] = {"mouth": {}, "upper_face": {}}
    for split in _SPLITS:
        stretches = read_stretches(opened.recordings(split), kept)
        real = normalise_styles(stretches)
        found["mouth"][split] = {
            name: [score_mouth(row(s), w[:, MOUTH_EXPRESSIONS]) for s, w in zip(stretches, real)]
            for name, row in rows.items()
        }
        found["upper_face"][split] = {
            name: [_likeness(row(s), w[:, UPPER_EXPRESSIONS]) for s, w in zip(stretches, real)]
            for name, row in upper.items()
        }
    return found


def summarise(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals of each row and measure, compared with "full"."""

    def against_full(rows: Mapping[str, Sequence[float]], *, higher: bool) -> dict[str, Interval]:
        return {
            name: interval(values) if name == FULL else compare(values, rows[FULL], higher_is_better=higher)
            for name, values in rows.items()
        }

    mouth = {
        split: {
            measure: against_full(
                {name: [score[measure] for score in scores] for name, scores in rows.items()},
                higher=measure == "correlation",
            )
            for measure in MOUTH_MEASURES
        }
        for split, rows in found["mouth"].items()
    }
    return {
        "mouth": mouth,
        "upper_face": {split: against_full(rows, higher=True) for split, rows in found["upper_face"].items()},
    }


def table(result: Mapping[str, Any]) -> str:
    """The page (Markdown)."""
    lines = [_TITLE]
    for split, name in _SPLITS.items():
        measures, likeness = result["mouth"][split], result["upper_face"][split]
        clips = measures["MSE"][FULL]["clips"]
        lines += [f"## {name} ({clips} stretches)\n", "| mouth | MSE | LMD, % | opening |", "|---|---|---|---|"]
        for row in measures["MSE"]:
            cells = [
                cell(measures["MSE"][row], 0),
                cell(measures["LMD"][row], 2),
                cell(measures["correlation"][row], 3),
            ]
            lines.append(f"| {row} | {' | '.join(cells)} |")
        lines += ["", "| upper face | SSIM-Seq |", "|---|---|"]
        lines += [f"| {row} | {cell(value, 3)} |" for row, value in likeness.items()]
        lines.append("")
    return "\n".join(lines)


def _upper_rows(
    generator: WriteASpeakerMotion, runs: Path, taught: Sequence[SpokenStretch]
) -> dict[str, Callable[[SpokenStretch], FloatArray]]:
    mean = np.concatenate(normalise_styles(taught))[:, UPPER_EXPRESSIONS].mean(axis=0)
    calm = emotion_shares(None, FRAMES, FPS)

    def of_network(network: WordsGenerator, *, words: bool = True) -> Callable[[SpokenStretch], FloatArray]:
        return lambda stretch: generator.words_parameters(
            network, stretch.words if words else None, stretch.phones[-1], calm
        )

    rows = {
        FULL: of_network(generator.upper_face),
        "full, words unknown": of_network(generator.upper_face, words=False),
    }
    file = runs / "write_a_speaker" / "upper_face-small-no-gan" / "upper_face.safetensors"
    if file.is_file():
        rows["without GAN"] = of_network(load_network(WordsGenerator, WordsConfig, file).eval())
    return {**rows, "mean face": lambda stretch: np.repeat(mean[None], FRAMES, axis=0)}


def _likeness(made: FloatArray, real: FloatArray) -> float:
    return float(ssim_sequence(torch.from_numpy(np.array(made)), torch.from_numpy(real)))


def _measure_speech(stretch: SpokenStretch) -> FloatArray:
    """(FRAMES,) the share of speech in each frame, which is about how loud it is."""
    return np.asarray(stretch.phones[-1].sum(axis=1))
