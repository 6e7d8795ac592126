"""Of "facial": heads and blinks of persons, who is told by them, and the ablations of FACIAL-GAN."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.facial_people import Somebody
from benchmarks.intervals import Interval, cell, compare, interval
from benchmarks.papers import paragraph
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.data.tracks import read_takes
from talkinghead.errors import announce
from talkinghead.face.landmarks import LIPS
from talkinghead.methods import get_method
from talkinghead.methods.facial.blinks import place_blinks
from talkinghead.methods.facial.config import POSE_SIZE, AttributesConfig
from talkinghead.methods.facial.features import FPS
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.recordings import SpokenAttributes, attributes_of, read_spoken_attributes
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.blinks import find_blinks
from talkinghead.metrics.head_motion import motion_range, spectrum_distance
from talkinghead.metrics.personalisation import cross_validated_accuracy
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.motion.smoothing import smooth
from talkinghead.person.adapt import person_corpus
from talkinghead.store import Store
from talkinghead.types import FloatArray
from talkinghead.weights import load_network

FULL = "full"
_VARIANTS = {
    FULL: "small",
    "learned apart": "small-apart",
    "without temporal generator": "small-without-temporal",
    "without local generator": "small-without-local",
    "without GAN": "small-without-gan",
}
_SHIPPED = "as it ships"
_PIECE_S = 3.0
_CUTOFF_HZ = 3.0  # of poses, real and made: beyond it lies the tracker's noise, which tells recordings apart
_HIGHER = ("opening", "blinks told")
_DIGITS = {
    "opening": 3,
    "lips, % of eye distance": 2,
    "head spectrum, dB": 2,
    "head range, of the real": 2,
    "blinks told": 3,
}
_REAL, _PERSON, _ANYBODY = "real", "the person's weights", "weights for anybody"
_LEARNED, _HELD_OUT = "real, learned from", "real, held back"
_HABITS = """## Heads and blinks of persons

Every person says the {sentences} test sentences of GRID's s1, so that the sound tells nobody apart; the real rows are
all that there is of them. Blinks and their length at half height are of `metrics.blinks`; how often somebody blinks is
learned from the reference, and differs in what was held back where that is short. "Told" is the share of
pieces of {seconds:g} s whose pose, or whose lids, a classifier of {people} people assigns to the right one
(`metrics.personalisation`, cross-validated; chance is {chance:.0%}), poses without what is faster than 3 Hz, which is
the tracker's noise. The paper prints 0.85 by the pose and 0.73 by the blinks, of other people.
"""
_ABLATIONS = """## Ablations of FACIAL-GAN

Networks that were trained equally briefly, {steps} steps, on {recordings}, and one that ships; on the {sentences}
test sentences of GRID's s1. "Opening" is the correlation over time of the mouth's opening; "lips" the distance of the
lips' landmarks on a face that does not move; "head spectrum" the distance of the spectra of the head's turns, and
"head range" how far it turns beside the real one; "blinks told" is how often the network's lids are lower at an
instant at which the person blinks than at one at which not (0.5: chance). `*` marks rows than which "full" is better,
`!` rows than which it is worse.
"""


def read_sentences(corpus: Path, store: Store) -> list[SpokenAttributes]:
    """The test sentences of GRID's s1."""
    recordings = Corpus.open(corpus).recordings("test", speakers=(MAIN_SPEAKER,))
    return list(read_spoken_attributes(recordings, load_shipped().config, store))


def load_shipped() -> FacialGenerator:
    """FACIAL-GAN with the weights for anybody."""
    return load_network(FacialGenerator, AttributesConfig, get_method("facial").find_weights().file("attributes"))


def _make(network: FacialGenerator, sentence: SpokenAttributes) -> FloatArray:
    """(T, num_attributes) of a sentence's sound."""
    return np.concatenate(list(FacialMotion(network).windows(sentence.speech[0]))).astype(np.float64)


def measure_habits(people: Sequence[Somebody], sentences: Sequence[SpokenAttributes], store: Store) -> dict[str, Any]:
    """Blinks of each person, real and made, and who is told by pose and by lids.

    Args:
        people: of ``find_people``.
        sentences: that each of them says.
        store: keeps tracks.
    """
    learned = {one.speaker: _learned_attributes(one) for one in people}
    held = {one.speaker: [attributes_of(take.track)[0] for take in read_takes(one.held_out, store)] for one in people}
    real = {speaker: [*learned[speaker], *held[speaker]] for speaker in learned}
    size = load_shipped().config.expression_size
    made: dict[str, dict[str, list[FloatArray]]] = {_PERSON: {}, _ANYBODY: {}}
    for one in people:
        own = load_network(
            FacialGenerator, AttributesConfig, one.person.folder / "weights/facial/attributes.safetensors"
        )
        for row, network in ((_PERSON, own), (_ANYBODY, load_shipped())):
            made[row][one.speaker] = [
                _with_habits(_make(network, sentence), network, number) for number, sentence in enumerate(sentences)
            ]
    rows = {_REAL: {name: _cut(own) for name, own in real.items()}, **made}
    seen = {_REAL: real, _LEARNED: learned, _HELD_OUT: held, **made}
    blinks = {
        speaker: {row: _blinks([path[:, -1] for path in own[speaker]]) for row, own in seen.items()} for speaker in real
    }
    told: dict[str, dict[str, float]] = {}
    picks: dict[str, Callable[[FloatArray], FloatArray]] = {
        "pose": lambda path: smooth(path[:, size : size + POSE_SIZE // 2], FPS, cutoff_hz=_CUTOFF_HZ),
        "blinks": lambda path: path[:, -1:],
    }
    for measured, pick in picks.items():
        truth = {name: [pick(path) for path in own] for name, own in rows[_REAL].items()}
        told[measured] = {_REAL: cross_validated_accuracy(truth, FPS)}
        for row in (_PERSON, _ANYBODY):
            # As many of each person as there are real ones, which the folds ask for.
            paths = {
                name: [pick(rows[row][name][k % len(sentences)]) for k in range(len(own))]
                for name, own in truth.items()
            }
            told[measured][row] = cross_validated_accuracy(truth, FPS, generated=paths)
    return {"blinks": blinks, "told": told, "sentences": len(sentences)}


def _learned_attributes(one: Somebody) -> list[FloatArray]:
    """(T, 58) of each recording that a person was learned from."""
    recordings = person_corpus(one.person.record, one.person.folder).recordings()
    return [attributes_of(take.track)[0] for take in read_takes(recordings, Store(one.person.folder / "store"))]


def _cut(paths: Sequence[FloatArray]) -> list[FloatArray]:
    """Pieces of ``_PIECE_S``, or hardly less."""
    count = round(_PIECE_S * FPS)
    return [path[first : first + count] for path in paths for first in range(0, len(path) - round(0.95 * count), count)]


def _with_habits(made: FloatArray, network: FacialGenerator, seed: int) -> FloatArray:
    """What a network made, with whole blinks, and the head as far as it moves."""
    size = network.config.expression_size
    pose = FacialMotion(network).move_head(made[:, size : size + POSE_SIZE])
    lids = place_blinks(made[:, -1], FPS, habit=network.habit, level=network.level, seed=seed)
    return np.concatenate([made[:, :size], pose, lids[:, None]], axis=1)


def _blinks(curves: Sequence[FloatArray]) -> dict[str, float]:
    """How often and how long, how many, and in how many seconds."""
    found = [(blink.end - blink.start) for curve in curves for blink in find_blinks(curve, FPS)]
    seconds = sum(map(len, curves)) / FPS
    length = float(np.mean(found)) if found else 0.0
    return {"rate": len(found) / seconds, "length": length, "count": len(found), "seconds": seconds}


def habits_section(result: Mapping[str, Any]) -> str:
    """What ``measure_habits`` gives as Markdown."""
    people = len(result["blinks"])
    told = _HABITS.format(sentences=result["sentences"], seconds=_PIECE_S, people=people, chance=1 / people)
    lines = _wrap(told)
    rows: tuple[str, ...] = (_LEARNED, _HELD_OUT, _PERSON, _ANYBODY)
    lines += [f"| blinks per second, length | {' | '.join(rows)} |", "|---" * (1 + len(rows)) + "|"]
    for speaker, blinks in result["blinks"].items():
        lines.append(f"| {speaker} | {' | '.join(_blinks_cell(blinks[row]) for row in rows)} |")
    rows = (_REAL, _PERSON, _ANYBODY)
    lines += ["", f"| told by | {' | '.join(rows)} |", "|---" * (1 + len(rows)) + "|"]
    for measured, own in result["told"].items():
        lines.append(f"| {measured} | {' | '.join(f'{own[row]:.2f}' for row in rows)} |")
    return "\n".join(lines) + "\n"


def _blinks_cell(found: Mapping[str, float]) -> str:
    return f"{found['rate']:.2f}, {found['length']:.2f} s ({found['count']:.0f} in {found['seconds']:.0f} s)"


def _wrap(text: str) -> list[str]:
    """A title and its paragraph, of which the latter is filled anew."""
    title, told = text.split("\n\n", 1)
    return [title, "", paragraph(told), ""]


def measure_ablations(sentences: Sequence[SpokenAttributes], runs: Path) -> dict[str, Any]:
    """Row -> scores of each sentence; variants that are not trained are announced and left out.

    Args:
        sentences: to be made.
        runs: ``facial/attributes-CONFIG`` in it holds what was trained as briefly as the variants.
    """
    networks, card = {}, {}
    for name, config in _VARIANTS.items():
        file = runs / "facial" / f"attributes-{config}" / "attributes.safetensors"
        if not file.is_file():
            announce(f"{file} is not there: the row {name!r} is left out.")
            continue
        networks[name] = load_network(FacialGenerator, AttributesConfig, file)
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    networks[_SHIPPED] = load_shipped()
    rows = {name: [_score(network.eval(), own) for own in sentences] for name, network in networks.items()}
    return {"rows": rows, "command": card.get("command", ""), "data": card.get("data", "").split(";")[0]}


def _score(network: FacialGenerator, own: SpokenAttributes) -> dict[str, float]:
    size, made = network.config.expression_size, _make(network, own)
    landmarks = landmarks_from_expression(made[:, :size], own.rest)
    far = np.linalg.norm((landmarks - own.landmarks)[:, LIPS], axis=-1).mean()
    turns, real = (values[:, size : size + POSE_SIZE // 2] for values in (made, own.attributes))
    scores = {
        "opening": aperture_correlation(landmarks, own.landmarks),
        "lips, % of eye distance": 100 * float(far),
        "head spectrum, dB": spectrum_distance(turns, real, FPS),
        "head range, of the real": motion_range(turns) / max(motion_range(real), 1e-6),
    }
    told = _told(made[:, -1], own.attributes[:, -1])
    return scores if told is None else {**scores, "blinks told": told}


def _told(curve: FloatArray, real: FloatArray) -> float | None:
    """How often a curve is higher within a real blink than outside; None: nobody blinks."""
    inside = np.zeros(len(real), bool)
    for blink in find_blinks(real, FPS):
        inside[round(blink.start * FPS) : round(blink.end * FPS) + 1] = True
    if not inside.any() or inside.all():
        return None
    within, outside = curve[inside][:, None], curve[~inside][None]
    return float((within > outside).mean() + 0.5 * (within == outside).mean())


def summarise_ablations(result: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by measure and row, compared with "full"."""
    summary: dict[str, dict[str, Interval]] = {}
    for measured in _DIGITS:
        values = {row: [s[measured] for s in scores if measured in s] for row, scores in result["rows"].items()}
        summary[measured] = {
            row: interval(own)
            if row in (FULL, _SHIPPED) or "range" in measured or FULL not in values
            else compare(own, values[FULL], higher_is_better=measured in _HIGHER)
            for row, own in values.items()
        }
    sentences = len(next(iter(result["rows"].values())))
    return {"rows": summary, "command": result["command"], "data": result["data"], "sentences": sentences}


def ablations_section(result: Mapping[str, Any]) -> str:
    """What ``summarise_ablations`` gives as Markdown."""
    words = result["command"].split()
    steps = words[words.index("--steps") + 1] if "--steps" in words else "the usual"
    rows = result["rows"]
    told = _ABLATIONS.format(steps=steps, recordings=result["data"], sentences=result["sentences"])
    lines = _wrap(told)
    lines += [f"| | {' | '.join(_DIGITS)} |", "|---" * (1 + len(_DIGITS)) + "|"]
    for row in rows["opening"]:
        cells = [cell(rows[measured][row], digits) for measured, digits in _DIGITS.items()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
