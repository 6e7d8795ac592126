"""Training of the student of encoder and recogniser: ``talkinghead train student``.

It hears what the phone recogniser learns from, and is to make of it the encoder's features and the labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.recipes.phone_sounds import LabelledSound, compute_sources, describe_sounds, read_labelled
from talkinghead.recipes.phones import PhoneBatches, label_loss, phone_example, score_posteriors
from talkinghead.speech.encoder import encode_speech
from talkinghead.speech.phones import PhoneConfig
from talkinghead.speech.student import SpeechStudent, StudentConfig, encode_as_heard, posteriors_as_heard
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training

_ENCODING = 2.0  # weight of the encoder's features, beside the phones
_SCORED = 12  # recordings held back whose features are compared, evenly spaced


def student_losses(network: nn.Module, batch: Mapping[str, Tensor], config: StudentConfig) -> dict[str, Tensor]:
    """How far the features are from the encoder's (Huber), and the cross entropy of phones.

    Args:
        network: a ``SpeechStudent``.
        batch: as for ``phone_losses``.
        config: sizes.
    """
    encoded, logits = network(batch["mel"])
    counted = (batch["labels"].view(len(encoded), -1, 2) >= 0).all(dim=2)[..., None].float()
    far = F.smooth_l1_loss(encoded.float(), batch["encoded"], reduction="none") * counted
    return {
        "encoder_loss": _ENCODING * far.sum() / (counted.sum() * config.encoder_size).clamp_min(1.0),
        "phone_loss": label_loss(logits, batch),
    }


def student_example(config: StudentConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic crops."""
    return phone_example(PhoneConfig(config.num_mels, config.encoder_size), seed)


def score(network: nn.Module, labelled: list[LabelledSound]) -> dict[str, float]:
    """The share of the encoder's variance that the student explains, and what it makes of phones."""
    assert isinstance(network, SpeechStudent)
    wrong, whole = 0.0, 0.0
    for item in labelled[:: max(1, len(labelled) // _SCORED)]:
        heard, known = encode_as_heard(item.samples, network=network), encode_speech(item.samples)
        wrong += float(np.square(heard - known).sum())
        whole += float(np.square(known - known.mean(axis=0)).sum())
    phones = score_posteriors(labelled, lambda samples: posteriors_as_heard(samples, network=network))
    return {"encoder": round(1 - wrong / max(whole, 1e-9), 4), **phones}


def train_student(training: Training) -> None:
    """Train the student on all labelled speech of tier ``open``."""
    config = training.config
    others = training.options.names_held_out
    learned, held_out = read_labelled(training.folder, training.out / "packs", others=others)
    sources = compute_sources(learned, PhoneConfig(config.num_mels, config.encoder_size), store=training.store)
    torch.manual_seed(0)
    network = SpeechStudent(config)
    scores = training.fit(
        network,
        partial(student_losses, config=config),
        PhoneBatches(sources, size=training.options.batch),
        validate=lambda net: score(net, held_out),
        schedule=Schedule(training.options.learning_rate, weight_decay=1e-5),
    )
    card = {
        "network": "student: log-mel -> about what the encoder hears, 50 Hz, and 39 phones and silence, 100 Hz",
        "config": config,
        "input": "log-mel, 80 bands, 100 Hz",
        "look_ahead_s": config.look_ahead,
        **describe_sounds(learned),
        **({"held_out": sorted(others)} if others else {}),
        "scores": {"split": "val: explained variance; frame accuracy; recall over all of val", **scores},
    }
    training.save(network, "student", card)
