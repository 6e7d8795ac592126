"""Training of the head motion learner.

Source: Chen et al. 2020, sections 3.3 and 5: tau = 64 frames, Adam. Where we differ: the learning rate runs one cycle;
    open recordings of heads that move are few, so that each reference and what follows it are drawn as if somebody else
    moved so: farther or less, faster or slower, mirrored, with angles and places mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.methods.rhythmic_head.chance import draw_paths
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE
from talkinghead.methods.rhythmic_head.head import HeadMotionLearner
from talkinghead.methods.rhythmic_head.head_losses import DRAWS, head_losses
from talkinghead.methods.rhythmic_head.motion import move_head
from talkinghead.methods.rhythmic_head.motion_config import POSE_SIZE, TAU
from talkinghead.methods.rhythmic_head.recordings import FilmedSpeech, read_filmed_speech
from talkinghead.methods.rhythmic_head.reference_motion import ReferenceMotion
from talkinghead.methods.rhythmic_head.train_expression import read_rows
from talkinghead.metrics.head_motion import motion_range, spectrum_distance
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray

FRAMES = 65
"""Frames of a window of training; with the first one the motion sets out."""

_MAIN_SHARE = 0.15  # of a batch: his head hardly moves
_LEAST_FRAMES = 24  # of a window before its clip ends
_OTHERS = 0.7  # of a batch: as if somebody else moved so
_FARTHER, _MIXED = 0.5, 0.15  # standard deviations: of the logarithm of how far, and of shares of other angles
_PACE = (0.75, 1.33)
_MIRROR = np.array([1.0, -1.0, -1.0, -1.0, 1.0, 1.0])
_BANK_S = 400.0  # of noise, of which stretches are drawn


class HeadBatches:
    """Random references with what follows, or with what the same person does elsewhere.

    Args:
        people: the training data.
        network: says how much sound and noise it needs.
        size: pairs in a batch.
    """

    def __init__(self, people: Sequence[FilmedSpeech], network: HeadMotionLearner, *, size: int) -> None:
        self._people = [person for person in people if len(person) >= TAU]
        self._size, self._reach = size, network.reach
        self._draws = DRAWS if network.config.noise else 1
        self._bank = draw_paths(np.random.default_rng(0), round(_BANK_S * FPS), network.config.noise)
        self._same = {
            speaker: [row for row, person in enumerate(self._people) if person.speaker == speaker]
            for speaker in {person.speaker for person in self._people}
        }
        self._upto = np.cumsum(share_of_movement(self._people))

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``head_losses``."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._upto, rng.random(self._size) * self._upto[-1]).clip(max=len(self._upto) - 1)
        pairs = [self._pair(int(row), rng) for row in rows]
        batch = {name: torch.from_numpy(np.stack([pair[name] for pair in pairs])).float() for name in pairs[0]}
        count = FRAMES + 2 * self._reach
        starts = rng.integers(len(self._bank) - count, size=(self._size, self._draws))
        noise = self._bank[starts[..., None] + np.arange(count)]
        return {**batch, "noise": torch.from_numpy(noise)}

    def _pair(self, row: int, rng: np.random.Generator) -> dict[str, FloatArray]:
        """A reference, and a window of the same person, both changed alike."""
        person, pace = self._people[row], 1.0
        matrix: FloatArray = np.eye(POSE_SIZE)
        if rng.random() < _OTHERS:
            matrix = draw_manner(rng)
            pace = float(rng.uniform(*_PACE))
        span = int(np.ceil(TAU * pace)) + 1
        if len(person) >= span + _LEAST_FRAMES * pace:
            # The window's first frame is the reference's last.
            first = int(rng.integers(span, len(person) - int(_LEAST_FRAMES * pace) + 1)) - 1
            reference = person, first - (TAU - 1) * pace
        else:
            choices = [other for other in self._same[person.speaker] if other != row] or [row]
            first = int(rng.integers(0, max(1, len(person) - _LEAST_FRAMES)))
            other = self._people[int(rng.choice(choices))]
            pace = min(pace, (len(other) - 1) / (TAU - 1))
            reference = other, float(rng.uniform(0, max(0.0, len(other) - 1 - (TAU - 1) * pace)))
        places = first + pace * np.arange(FRAMES)
        pose = _read_between(person.pose, places) @ matrix.T
        known = _read_between(reference[0].pose, reference[1] + pace * np.arange(TAU)) @ matrix.T
        return {
            "reference": known,
            "reference_speech": _sound(reference[0], reference[1], pace, TAU),
            "speech": _sound(person, first - self._reach * pace, pace, FRAMES + 2 * self._reach),
            "pose": pose,
            "velocity": (pose[2] - pose[0]) / 2,
            "valid": (places <= len(person) - 1).astype(np.float64),
        }


def draw_manner(rng: np.random.Generator) -> FloatArray:
    """(6, 6) what makes of somebody's poses those of somebody else."""
    farther = np.exp(_FARTHER * rng.standard_normal(POSE_SIZE))
    mixed = np.eye(POSE_SIZE) + _MIXED * rng.standard_normal((POSE_SIZE, POSE_SIZE))
    mirrored = _MIRROR if rng.random() < 0.5 else np.ones(POSE_SIZE)
    return np.asarray(np.diag(farther) @ mixed @ np.diag(mirrored))


def share_of_movement(people: Sequence[FilmedSpeech]) -> FloatArray:
    """(N,) how often each recording is learned: the main speaker's have their share, and of the others each speaker as
    much as the root of their length, and as the root of how far their head moves.
    """
    lengths = np.array([float(len(person)) for person in people])
    speakers = np.array([person.speaker for person in people])
    shares = np.zeros(len(people))
    for speaker in set(speakers.tolist()):
        own = speakers == speaker
        moved = np.median([motion_range(person.pose[:, :3]) for person, mine in zip(people, own, strict=True) if mine])
        shares[own] = lengths[own] / np.sqrt(lengths[own].sum()) * np.sqrt(moved)
    main = speakers == MAIN_SPEAKER
    for group, share in ((main, _MAIN_SHARE), (~main, 1 - _MAIN_SHARE)):
        if group.any():
            shares[group] *= share / shares[group].sum()
    return shares


def _read_between(rows: FloatArray, places: FloatArray) -> FloatArray:
    """(n, C) rows of (T, C) at places between them; the last one is held."""
    places = places.clip(0, len(rows) - 1)
    before = np.minimum(places.astype(int), len(rows) - 1)
    after, share = np.minimum(before + 1, len(rows) - 1), (places % 1.0)[:, None]
    return np.asarray(rows[before] * (1 - share) + rows[after] * share)


def _sound(person: FilmedSpeech, first: float, pace: float, count: int) -> FloatArray:
    """(2 count, F) the sound of frames from a first one on."""
    places = np.round(STRIDE * first + pace * np.arange(STRIDE * count)).astype(np.int64)
    return read_rows(person.speech[0], places)


def references_of(people: Sequence[FilmedSpeech]) -> list[ReferenceMotion]:
    """For each recording, the last reference motion of the next recording of the same speaker, or of their only one."""
    found = []
    for row, person in enumerate(people):
        same = [other for other in (*people[row + 1 :], *people[:row]) if other.speaker == person.speaker]
        other = next((other for other in same if len(other) >= TAU), person)
        frames = slice(max(0, len(other) - TAU), len(other))
        rows = slice(STRIDE * frames.start, STRIDE * frames.stop)
        found.append(ReferenceMotion(other.pose[frames], other.speech[0, rows].astype(np.float32)))
    return found


def score_head(network: HeadMotionLearner, people: Sequence[FilmedSpeech]) -> dict[str, float]:
    """Of recordings, given three seconds of the same person: range beside the real one, and distance of the spectra;
    medians.
    """
    rows = []
    for number, (person, reference) in enumerate(zip(people, references_of(list(people)), strict=True)):
        made = move_head(network, person.speech[0].astype(np.float32), reference, seed=number)[:, :3]
        real = person.pose[:, :3]
        rows.append([motion_range(made) / max(motion_range(real), 1e-6), spectrum_distance(made, real, FPS)])
    medians = np.nanmedian(rows, axis=0)
    return {"range": round(float(medians[0]), 3), "spectrum_dB": round(float(medians[1]), 3)}


@torch.inference_mode()
def adopt_mean_style(network: HeadMotionLearner, people: Sequence[FilmedSpeech]) -> None:
    """Keep the mean style of the people whose head moves: each speaker counts as much as the main one."""
    features: dict[str, list[Tensor]] = {}
    spreads: dict[str, list[Tensor]] = {}
    for person, reference in zip(people, references_of(list(people)), strict=True):
        if len(reference.pose) == TAU and person.speaker != MAIN_SPEAKER:
            batch = (
                torch.from_numpy(np.asarray(rows, np.float32))[None] for rows in (reference.pose, reference.speech)
            )
            style = network.style(*batch)
            features.setdefault(person.speaker, []).append(style.feature[0])
            spreads.setdefault(person.speaker, []).append(style.spread[0].log())
    if features:
        of_speakers = [
            torch.stack([torch.stack(own).mean(dim=0) for own in found.values()]).mean(dim=0)
            for found in (features, spreads)
        ]
        network.adopt_mean(of_speakers[0], of_speakers[1].exp())


def train_head(training: Training) -> None:
    """Train the head motion learner; the scores are of ``val`` and of unseen speakers."""
    corpus, sizes = training.corpus, training.config.head
    splits = {name: corpus.recordings(name) for name in ("train", "val", "unseen")}
    groups = {
        name: list(read_filmed_speech(found, sizes.features, training.store)) for name, found in splits.items() if found
    }
    learned = groups.pop("train")
    torch.manual_seed(0)
    network = HeadMotionLearner(sizes)

    def validate(trained: nn.Module) -> Mapping[str, float]:
        assert isinstance(trained, HeadMotionLearner)
        scores = {name: score_head(trained, people) for name, people in groups.items()}
        return {f"{name} {key}": value for name, found in scores.items() for key, value in found.items()}

    scores = training.fit(
        network,
        lambda trained, batch: head_losses(trained, batch, training.config),
        HeadBatches(learned, network, size=training.options.batch),
        validate=validate,
        schedule=Schedule(training.options.learning_rate),
    )
    adopt_mean_style(network.cpu(), learned)
    card = {
        "network": "head motion learner (Chen et al. 2020, section 3.3)",
        "config": sizes,
        "input": f"{sizes.features}, {network.frames.row_size} numbers a row, {STRIDE * FPS:g} Hz; {TAU} poses",
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores},
    }
    training.save(network, "head_motion", card)
