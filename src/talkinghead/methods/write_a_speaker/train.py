"""Training of the three generators.

Source: Li et al. 2021, appendix, "Network Structure and Training": Adam with betas of 0.5 and 0.99, batches of 32,
    learning rates of 0.0005 for generators and 0.00001 for discriminators, constant for one half and falling linearly
    to zero over the other. Where we differ: the number of steps is an option; the paper's are 800 and 100 epochs. The
    discriminator of a head that goes by chance has all to say, and a larger rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from talkinghead.data.corpus import describe
from talkinghead.methods.write_a_speaker.batches import MouthWeightBatches, WordsBatches
from talkinghead.methods.write_a_speaker.losses import (
    head_losses,
    mouth_adversaries,
    mouth_losses,
    upper_face_losses,
    words_adversaries,
)
from talkinghead.methods.write_a_speaker.recordings import (
    CAPTURED_SPEAKER,
    SpokenStretch,
    read_captured,
    read_stretches,
)
from talkinghead.methods.write_a_speaker.scores import score_mouth, score_words
from talkinghead.methods.write_a_speaker.styles import main_style
from talkinghead.methods.write_a_speaker.vocabulary import load_vocabulary
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training

_BETAS = (0.5, 0.99)
_DISCRIMINATOR_RATE = 1e-5
_DISCRIMINATOR_RATE_OF_CHANCE = 2e-4
_SPEECH_FOLDER = "speech"
_CAPTURED_LICENCE = "MIT (FACEGOOD)"


def train_mouth(training: Training) -> None:
    """Train the mouth on open recordings and captured mouths; the scores are of ``val`` and of unseen speakers."""
    splits = _read_splits(training)
    wanted = main_style(splits["train"])
    captured = read_captured(training.corpus.folder / _SPEECH_FOLDER, training.store) if training.corpus.folder else []
    network = _fit(
        training,
        mouth_adversaries(training.config.mouth),
        partial(mouth_losses, config=training.config),
        MouthWeightBatches([*splits.pop("train"), *captured], size=training.options.batch),
        {name: partial(score_mouth, stretches=found, wanted=wanted) for name, found in splits.items()},
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


def _train_words(training: Training, part: str, name: str, losses: Callable[..., Any], what: str) -> None:
    config, vocabulary = getattr(training.config, part), load_vocabulary()
    splits = _read_splits(training)
    wanted = main_style(splits["train"])
    network = _fit(
        training,
        words_adversaries(config),
        partial(losses, config=training.config),
        WordsBatches(splits.pop("train"), config, vocabulary, size=training.options.batch),
        {
            split: partial(score_words, stretches=found, config=config, vocabulary=vocabulary, wanted=wanted)
            for split, found in splits.items()
        },
        discriminator_rate=_DISCRIMINATOR_RATE_OF_CHANCE if config.noise else _DISCRIMINATOR_RATE,
        merit=_merit_of_chance if config.noise and "val" in splits else None,
    )
    _save(training, *network, name, config, what)


def _merit_of_chance(scores: Mapping[str, float]) -> float:
    """Adversarial training goes up and down: what moves most like a head is kept."""
    return -scores["val spectrum_dB"]


def _read_splits(training: Training) -> dict[str, list[SpokenStretch]]:
    found = {name: training.corpus.recordings(name) for name in ("train", "val", "unseen")}
    return {name: read_stretches(own, training.store) for name, own in found.items() if own}


def _fit(
    training: Training,
    network: Adversaries[Any, Any],
    losses: Callable[..., Any],
    batches: Callable[[int], Mapping[str, Any]],
    scores: Mapping[str, Callable[[nn.Module], Mapping[str, float]]],
    *,
    discriminator_rate: float = _DISCRIMINATOR_RATE,
    merit: Callable[[Mapping[str, float]], float] | None = None,
) -> tuple[Adversaries[Any, Any], dict[str, Any]]:
    def validate(network: nn.Module) -> dict[str, float]:
        return {f"{name} {key}": value for name, score in scores.items() for key, value in score(network).items()}

    found = training.fit(
        network,
        losses,
        batches,
        validate=validate,
        schedule=Schedule(training.options.learning_rate, betas=_BETAS, weight_decay=0.0, shape="decay", clip=100.0),
        discriminator_schedule=Schedule(discriminator_rate, betas=_BETAS, weight_decay=0.0, shape="decay"),
        merit=merit,
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
