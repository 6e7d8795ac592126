"""Training of FACIAL-GAN: generally, and then for a person.

Source: Zhang et al. 2021, section 5.1: Adam with 1e-4, windows of 128 frames; 50 epochs of batches of 64 in general,
    and 10 epochs of batches of 16 for a person. Where we differ: the learning rate runs one cycle, as the corpus is
    small; windows start anywhere; speech has augmented versions, and phones are left out at times, so that the encoder
    is heard as well; mouths move as far as the main speaker's; for a person, lips have a loss of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.face.mouth_range import speaker_gains
from talkinghead.methods.facial.blinks import place_blinks
from talkinghead.methods.facial.config import CONFIGS, POSE_SIZE, AttributesConfig
from talkinghead.methods.facial.features import FPS
from talkinghead.methods.facial.gan import AFTER, BEFORE, FacialGenerator, attributes_adversaries
from talkinghead.methods.facial.losses import LIPS, attributes_losses
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.recordings import SpokenAttributes, read_spoken_attributes
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.blinks import blink_rate
from talkinghead.metrics.head_motion import motion_range
from talkinghead.metrics.lip_landmarks import lip_landmark_distance_3d
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.speech.arpabet import PHONES
from talkinghead.store import Store
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import NUM_EXPRESSIONS, FloatArray
from talkinghead.weights import load_weights

_VERSIONS = 1  # of the sound: with the encoder, augmented ones did not help unseen voices
_DROPPED = 0.3  # of the batch: without phones
_MAIN_SHARE = 0.5  # of the batch
_LEAST_S = 1.0  # of a window's speech before its clip ends
_OPENING = 1  # of the three factors by which a speaker's mouth moves less than the main speaker's


class WindowBatches:
    """Random windows of performances.

    Args:
        performances: the training data.
        size: windows in a batch.
        config: sizes.
    """

    def __init__(self, performances: Sequence[SpokenAttributes], *, size: int, config: AttributesConfig) -> None:
        self._size, self._frames = size, config.window
        self._phones = len(PHONES) if config.features.startswith("phones+") else 0
        gains = speaker_gains([(p.speaker, p.landmarks) for p in performances], MAIN_SPEAKER)
        self._attributes = [move_as_far(p.attributes, float(gains[p.speaker][_OPENING])) for p in performances]
        self._speech = [p.speech for p in performances]
        speakers = [p.speaker for p in performances]
        seconds = {name: sum(len(p) for p in performances if p.speaker == name) / FPS for name in set(speakers)}
        others = sum(value**0.5 for name, value in seconds.items() if name != MAIN_SPEAKER)
        share = {
            name: _MAIN_SHARE if name == MAIN_SPEAKER else (1 - _MAIN_SHARE) * value**0.5 / others
            for name, value in seconds.items()
        }
        weights = np.array([share[p.speaker] * len(p) / FPS / seconds[p.speaker] for p in performances])
        self._cumulated = np.cumsum(weights / weights.sum())

    def all_attributes(self) -> Tensor:
        """(N, num_attributes) of all frames, for their spread."""
        return torch.from_numpy(np.concatenate(self._attributes)).float()

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``attributes_losses``."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._cumulated, rng.random(self._size)).clip(max=len(self._cumulated) - 1)
        speech, attributes, valid = (np.stack(part) for part in zip(*(self._window(int(row), rng) for row in rows)))
        heard = torch.from_numpy(speech)
        heard[torch.from_numpy(rng.random(self._size) < _DROPPED), :, : self._phones] = 0.0
        noise = torch.from_numpy(rng.standard_normal((self._size, attributes.shape[2])).astype(np.float32))
        return {
            "speech": heard,
            "attributes": torch.from_numpy(attributes),
            "valid": torch.from_numpy(valid),
            "noise": noise,
        }

    def _window(self, row: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
        attributes, versions, count = self._attributes[row], self._speech[row], self._frames
        start = int(rng.integers(0, max(1, len(attributes) - round(_LEAST_S * FPS))))
        there = min(count, len(attributes) - start)
        known = np.repeat(attributes[[-1]], count, axis=0).astype(np.float32)
        known[:there] = attributes[start : start + there]
        speech = np.zeros((BEFORE + count + AFTER, versions.shape[2]), np.float32)
        low, high = max(0, start - BEFORE), min(len(attributes), start + count + AFTER)
        version = versions[int(rng.integers(len(versions)))]
        speech[low - start + BEFORE : high - start + BEFORE] = version[low:high]
        return speech, known, (np.arange(count) < there).astype(np.float32)


def move_as_far(attributes: FloatArray, gain: float) -> FloatArray:
    """Attributes (T, num_attributes) whose mouth moves farther by a factor."""
    moved = attributes.copy()
    moved[:, list(MOUTH_EXPRESSIONS)] = (moved[:, list(MOUTH_EXPRESSIONS)] * gain).clip(0.0, 1.0)
    return moved


def score(network: FacialGenerator, performances: Sequence[SpokenAttributes]) -> dict[str, float]:
    """Of recordings: distance of the lips over all frames, in % of the distance of the eyes; and in the median,
    correlation of the opening, range of the head and rate of blinks beside the real ones.
    """
    motion, size = FacialMotion(network), network.config.expression_size
    rows = []
    for number, own in enumerate(performances):
        made = np.concatenate(list(motion.windows(own.speech[0]))).astype(np.float64)
        landmarks = landmarks_from_expression(made[:, :size], own.rest)
        turned = motion.move_head(made[:, size : size + POSE_SIZE])[:, : POSE_SIZE // 2]
        real = own.attributes[:, size : size + POSE_SIZE // 2]
        rows.append(
            [
                aperture_correlation(landmarks, own.landmarks),
                motion_range(turned) / max(motion_range(real), 1e-6),
                blink_rate(place_blinks(made[:, -1], FPS, habit=network.habit, level=network.level, seed=number), FPS)
                - blink_rate(own.attributes[:, -1], FPS),
                lip_landmark_distance_3d(landmarks, own.landmarks),
            ]
        )
    medians = np.median(rows, axis=0)
    lips = np.average([row[3] for row in rows], weights=[len(own) for own in performances])
    return {
        "lips_%": round(100 * float(lips), 3),
        "correlation": round(float(medians[0]), 4),
        "head_range": round(float(medians[1]), 3),
        "blinks_more": round(float(np.mean(rows, axis=0)[2]), 3),
    }


def prepare_recording(recording: Recording, store: Store, learned: bool) -> None:
    """Keep what the training of size "small" reads of a recording."""
    sizes = CONFIGS["small"].attributes
    list(read_spoken_attributes([recording], sizes, store, versions=_VERSIONS if learned else 1))


def train_attributes(training: Training) -> None:
    """Train FACIAL-GAN; the scores are of ``val`` and of unseen speakers.

    For a single person, the pretrained network is kept unless training improves it on recordings held back.
    """
    corpus, config, store = training.corpus, training.config, training.store
    sizes: AttributesConfig = config.attributes
    splits = {name: corpus.recordings(name) for name in ("train", "val", "unseen")}
    performances = {
        name: list(read_spoken_attributes(found, sizes, store, versions=_VERSIONS if name == "train" else 1))
        for name, found in splits.items()
        if found
    }
    learned = performances.pop("train")
    torch.manual_seed(0)
    pair = attributes_adversaries(sizes)
    batches = WindowBatches(learned, size=training.options.batch, config=sizes)
    if training.start is None:
        pair.generator.adopt_scale(batches.all_attributes())
    else:
        load_weights(pair.generator, training.start)
    lids = [own.attributes[:, -1] for own in learned]
    pair.generator.adopt_habit(lids, FPS)
    of_person, fits = corpus.folder is None, sizes.expression_size == NUM_EXPRESSIONS
    if of_person:  # how far heads of many people move is nobody's
        pose = np.s_[:, sizes.expression_size : sizes.expression_size + POSE_SIZE]
        pair.generator.adopt_head([own.attributes[pose] for own in learned], FPS)
        pair.generator.adopt_lids(lids)
        pair.generator.adopt_usual([own.attributes[:, : sizes.expression_size] for own in learned])

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, Adversaries)
        scores = {name: score(network.generator, group) for name, group in performances.items()}
        return {f"{name} {key}": value for name, found in scores.items() for key, value in found.items()}

    scores = training.fit(
        pair,
        partial(attributes_losses, config=config, lips=LIPS if of_person and fits else 0.0),
        batches,
        validate=validate,
        schedule=Schedule(training.options.learning_rate, clip=5.0),
        merit=_merit if of_person and "val" in performances else None,
    )
    card = {
        "network": "FACIAL-GAN: speech -> expression, head pose and blink (Zhang et al. 2021, section 3.2)",
        "config": pair.generator.config,
        "input": f"{sizes.features}, {sizes.num_features} a frame, 30 Hz",
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(performances), **scores},
    }
    training.save(pair.generator, "attributes", card)


def _merit(scores: Mapping[str, float]) -> float:
    """Lips: they are measured in every frame, while a few seconds of speech have few openings to correlate."""
    return -scores["val lips_%"]
