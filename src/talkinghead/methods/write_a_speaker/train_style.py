"""Training of a person's mouth style, on the paired weights of their reference video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.errors import announce
from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.methods.write_a_speaker.config import MouthConfig
from talkinghead.methods.write_a_speaker.features import FPS
from talkinghead.methods.write_a_speaker.networks import MouthGenerator
from talkinghead.methods.write_a_speaker.recordings import SpokenStretch, read_performances
from talkinghead.methods.write_a_speaker.scores import predict_mouth, score_mouths
from talkinghead.methods.write_a_speaker.style import MouthStyle, style_losses
from talkinghead.speech.arpabet import PHONES
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray
from talkinghead.weights import load_network

LEAST_S = 20.0
"""Seconds of speech from which a style is learned: with less, the tracker's noise would be."""

_WINDOW = 16  # frames of a batch's stretches


@dataclass(frozen=True)
class PairedWeights:
    """The same speech twice.

    Attributes:
        generic: (T, 28) weights that the mouth generator makes of it, less those of silence.
        own: (T, 28) weights read off the person's face.
    """

    generic: FloatArray
    own: FloatArray


def pair_weights(mouth: MouthGenerator, performances: Sequence[SpokenStretch]) -> list[PairedWeights]:
    """The pairs of all performances."""
    silence = predict_mouth(mouth, np.zeros((2 * mouth.reach + 1, len(PHONES))))[mouth.reach]
    return [
        PairedWeights(
            (predict_mouth(mouth, one.phones[-1]) - silence).clip(0.0, 1.0), one.weights[:, MOUTH_EXPRESSIONS]
        )
        for one in performances
    ]


class StyleBatches:
    """Random short stretches of paired weights.

    Args:
        pairs: the training data.
        size: stretches in a batch.
    """

    def __init__(self, pairs: Sequence[PairedWeights], *, size: int) -> None:
        self._generic, self._own = (
            np.concatenate([getattr(pair, name) for pair in pairs]).astype(np.float32) for name in ("generic", "own")
        )
        self._size = size

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``style_losses``."""
        starts = np.random.default_rng(step).integers(max(1, len(self._own) - _WINDOW), size=self._size)
        rows = np.minimum(starts[:, None] + np.arange(_WINDOW), len(self._own) - 1)
        return {
            name: torch.from_numpy(values[rows])
            for name, values in (("generic", self._generic), ("weights", self._own))
        }


@torch.inference_mode()
def score_style(network: nn.Module, pairs: Sequence[PairedWeights]) -> dict[str, float]:
    """MSE, LMD and correlation of ``scores.score_mouths``, with the person's style."""
    made = [network(torch.from_numpy(pair.generic).float()).double().numpy() for pair in pairs]
    return score_mouths(made, [pair.own for pair in pairs])


def train_style(training: Training) -> None:
    """Learn how a person's mouth differs; it stays generic where there is too little speech, or no gain on ``val``."""
    mouth = load_network(MouthGenerator, MouthConfig, training.needs["mouth_animation"]).eval()
    splits = {}
    for name in ("train", "val"):
        if recordings := training.corpus.recordings(name):
            splits[name] = pair_weights(mouth, list(read_performances(recordings, training.store)))
    seconds = sum(len(pair.own) for pair in splits["train"]) / FPS
    torch.manual_seed(0)
    network = MouthStyle(training.config.style)
    groups = {name: pairs for name, pairs in splits.items() if pairs}
    before = {f"{name} {key}": value for name, own in groups.items() for key, value in _generic(own).items()}
    scores: Mapping[str, object] = before
    if seconds < LEAST_S:
        announce(
            f"{seconds:.0f} s of video are too short for a style of the mouth: it stays generic; give "
            f"{LEAST_S - seconds:.0f} s more."
        )
        nn.init.zeros_(network.second.weight)
    else:
        scores = training.fit(
            network,
            partial(style_losses, config=training.config),
            StyleBatches(splits["train"], size=training.options.batch),
            validate=lambda network: {
                f"{name} {key}": value
                for name, own in groups.items()
                for key, value in score_style(network, own).items()
            },
            schedule=Schedule(training.options.learning_rate, shape="decay", weight_decay=1e-4),
            merit=_merit if "val" in groups else None,
        )
    card = {
        "network": "mouth style of one person (Li et al. 2021)",
        "config": training.config.style,
        **describe(training.corpus.recordings("train")),
        "scores": {"splits": ", ".join(groups), **scores, "generic": before},
    }
    training.save(network, "style", card)


def _generic(pairs: Sequence[PairedWeights]) -> dict[str, float]:
    return score_mouths([pair.generic for pair in pairs], [pair.own for pair in pairs])


def _merit(scores: Mapping[str, float]) -> float:
    return -scores["val MSE"]
