"""Training of the three generators.

Source: Li et al. 2021, appendix, "Network Structure and Training": Adam with betas of 0.5 and 0.99, batches of 32,
    learning rates of 0.0005 for generators and 0.00001 for discriminators, constant for one half and falling linearly
    to zero over the other. Where we differ: the number of steps is an option; the paper's are 800 and 100 epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from talkinghead.data.corpus import describe
from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.face.landmarks import LIPS, MESH_OF_68, canonical_face
from talkinghead.methods.write_a_speaker.batches import (
    MouthWeightBatches,
    WordsBatches,
    normalise_styles,
    parameters_of,
)
from talkinghead.methods.write_a_speaker.config import WordsConfig
from talkinghead.methods.write_a_speaker.emotion import emotion_shares
from talkinghead.methods.write_a_speaker.features import FPS, word_frames
from talkinghead.methods.write_a_speaker.losses import (
    head_losses,
    mouth_adversaries,
    mouth_losses,
    ssim_sequence,
    upper_face_losses,
    words_adversaries,
)
from talkinghead.methods.write_a_speaker.recordings import (
    CAPTURED_SPEAKER,
    FRAMES,
    SpokenStretch,
    read_captured,
    read_stretches,
)
from talkinghead.methods.write_a_speaker.vocabulary import Vocabulary, load_vocabulary
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import NUM_EXPRESSIONS, FloatArray

_BETAS = (0.5, 0.99)
_DISCRIMINATOR_RATE = 1e-5
_SPEECH_FOLDER = "speech"
_CAPTURED_LICENCE = "MIT (FACEGOOD)"


def train_mouth(training: Training) -> None:
    """Train the mouth on open recordings and captured mouths; the scores are of ``val`` and of unseen speakers."""
    splits = _read_splits(training)
    captured = read_captured(training.corpus.folder / _SPEECH_FOLDER, training.store) if training.corpus.folder else []
    network = _fit(
        training,
        mouth_adversaries(training.config.mouth),
        partial(mouth_losses, config=training.config),
        MouthWeightBatches([*splits.pop("train"), *captured], size=training.options.batch),
        {name: partial(score_mouth, stretches=found) for name, found in splits.items()},
    )
    _save(
        training,
        *network,
        "mouth_animation",
        training.config.mouth,
        "mouth animation generator",
        captured=bool(captured),
    )


def train_upper_face(training: Training) -> None:
    """Train the upper face; the scores are of ``val`` and of unseen speakers."""
    _train_words(training, "upper_face", "upper_face", upper_face_losses, "upper facial expression generator")


def train_head(training: Training) -> None:
    """Train the head; the scores are of ``val`` and of unseen speakers."""
    _train_words(training, "head", "head_pose", head_losses, "head pose generator")


def score_mouth(network: nn.Module, stretches: Sequence[SpokenStretch]) -> dict[str, float]:
    """MSE of the weights in percent, LMD in percent of the eye distance, and correlation of the lips' opening.

    Source: Li et al. 2021, table 1. MSE is of the 28 weights in percent, summed; LMD is the mean distance of the lips'
        landmarks on a face without head motion.

    Args:
        network: weights (1, T, 28) from phones (1, T, 39).
        stretches: whose style is normalised by speaker.
    """
    rows = []
    for stretch, weights in zip(stretches, normalise_styles(stretches), strict=True):
        made = predict_mouth(network, stretch.phones[-1])
        real = weights[:, MOUTH_EXPRESSIONS]
        lips = mouth_landmarks(made), mouth_landmarks(real)
        distance = 100 * np.linalg.norm(lips[0][:, LIPS] - lips[1][:, LIPS], axis=-1).mean()
        rows.append([1e4 * ((made - real) ** 2).sum(axis=1).mean(), distance, aperture_correlation(*lips)])
    means = np.mean(rows, axis=0)
    return dict(zip(("MSE", "LMD", "correlation"), (round(float(value), 4) for value in means), strict=True))


@torch.inference_mode()
def predict_mouth(network: nn.Module, phones: FloatArray) -> FloatArray:
    """(T, 28) weights in [0, 1] for shares (T, 39) of the phones."""
    made = network(torch.from_numpy(np.asarray(phones, np.float32))[None])[0]
    return np.asarray(made.double().numpy().clip(0.0, 1.0))


def mouth_landmarks(weights: FloatArray) -> FloatArray:
    """(T, 68, 3) landmarks of the mean face with weights (T, 28) of the mouth, in eye distances."""
    full = np.zeros((len(weights), NUM_EXPRESSIONS))
    full[:, MOUTH_EXPRESSIONS] = weights
    return landmarks_from_expression(full, canonical_face()[0][MESH_OF_68])


@torch.inference_mode()
def score_words(
    network: nn.Module, stretches: Sequence[SpokenStretch], config: WordsConfig, vocabulary: Vocabulary
) -> dict[str, float]:
    """SSIM-Seq of the upper face, or of the head's pose, without emotion; mean over stretches.

    Source: Li et al. 2021, equation 4 and table 1.
    """
    stretches = [stretch for stretch in stretches if stretch.pose is not None]
    neutral = (torch.from_numpy(emotion_shares(None, FRAMES, FPS))[None],) if config.emotions else ()
    found = []
    for stretch, real in zip(stretches, parameters_of(stretches, config), strict=True):
        words = word_frames(stretch.words, stretch.phones[-1], vocabulary, rows=config.words)
        read = [torch.from_numpy(rows)[None] for rows in (words.rows, words.vectors, words.beats)]
        made = network(*read, *neutral)[0]
        found.append(float(ssim_sequence(made, torch.from_numpy(real).float())))
    return {"SSIM": round(float(np.mean(found)), 4)}


def _train_words(training: Training, part: str, name: str, losses: Callable[..., Any], what: str) -> None:
    config, vocabulary = getattr(training.config, part), load_vocabulary()
    splits = _read_splits(training)
    network = _fit(
        training,
        words_adversaries(config),
        partial(losses, config=training.config),
        WordsBatches(splits.pop("train"), config, vocabulary, size=training.options.batch),
        {
            split: partial(score_words, stretches=found, config=config, vocabulary=vocabulary)
            for split, found in splits.items()
        },
    )
    _save(training, *network, name, config, what)


def _read_splits(training: Training) -> dict[str, list[SpokenStretch]]:
    found = {name: training.corpus.recordings(name) for name in ("train", "val", "unseen")}
    return {name: read_stretches(own, training.store) for name, own in found.items() if own}


def _fit(
    training: Training,
    network: Adversaries[Any, Any],
    losses: Callable[..., Any],
    batches: Callable[[int], Mapping[str, Any]],
    scores: Mapping[str, Callable[[nn.Module], Mapping[str, float]]],
) -> tuple[Adversaries[Any, Any], dict[str, Any]]:
    def validate(network: nn.Module) -> dict[str, float]:
        return {f"{name} {key}": value for name, score in scores.items() for key, value in score(network).items()}

    found = training.fit(
        network,
        losses,
        batches,
        validate=validate,
        schedule=Schedule(training.options.learning_rate, betas=_BETAS, weight_decay=0.0, shape="decay", clip=100.0),
        discriminator_schedule=Schedule(_DISCRIMINATOR_RATE, betas=_BETAS, weight_decay=0.0, shape="decay"),
    )
    return network, found


def _save(
    training: Training,
    network: Adversaries[Any, Any],
    scores: Mapping[str, Any],
    name: str,
    config: Any,
    what: str,
    *,
    captured: bool = False,
) -> None:
    card = describe(training.corpus.recordings("train"), unseen=training.corpus.unseen)
    if captured:
        card["data"] += f"; captured mouths of {CAPTURED_SPEAKER}"
        card["data_licence"] += f"; {_CAPTURED_LICENCE}"
    full = {"network": f"{what} (Li et al. 2021)", "config": config, "input": "see features.py, 25 Hz", **card}
    training.save(network.generator, name, {**full, "scores": {"splits": "val, unseen", **scores}})
