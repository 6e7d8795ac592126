"""Training of the student of encoder and recogniser: ``talkinghead train student``.

It hears what the phone recogniser learns from, augmented as sound anew in every batch, and is to make of it the
encoder's features and the labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.recipes.phone_sounds import LabelledSound, describe_sounds, make_speechless, read_labelled
from talkinghead.recipes.phones import label_loss, score_posteriors, share_of_recordings
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.encoder import WINDOW, SpeechEncoder, encode_speech, load_encoder, window_mel
from talkinghead.speech.features import loudness_gain
from talkinghead.speech.student import (
    SpeechStudent,
    StudentConfig,
    copy_encoder,
    encode_as_heard,
    posteriors_as_heard,
)
from talkinghead.speech.time_delay import HOP, STRIDE, mel_frames
from talkinghead.training.augmentation.sound import add_noise, augment_sound
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training

_SCORED = 12  # recordings held back whose features are compared, evenly spaced
_FRAMES = WINDOW * STRIDE
_AUGMENTED, _NOISY = 0.5, 0.4  # of the windows; of those that are augmented
_FASTEST = 1.25  # more sound is cut out than a window holds, for it may be played faster
_COPIED = 8  # windows on which it is measured what the encoder's neurons contribute


class StudentBatches:
    """Windows of sound in the encoder's layout, what the encoder makes of them, and their labels.

    Args:
        sounds: to learn from.
        teacher: the encoder.
        size: windows in a batch.
    """

    def __init__(self, sounds: Sequence[LabelledSound], teacher: SpeechEncoder, *, size: int) -> None:
        self._sounds, self._teacher, self._size = sounds, teacher, size
        self._shares = np.cumsum(share_of_recordings([each.source for each in sounds], [len(s.labels) for s in sounds]))

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``student_losses``."""
        rng = np.random.default_rng(step)
        chosen = np.searchsorted(self._shares, rng.random(self._size) * self._shares[-1])
        items = [self._sounds[int(row)] for row in chosen.clip(max=len(self._sounds) - 1)]
        spectra, mels, labels = zip(*(_cut_window(item, rng) for item in items))
        batch = {"spectra": torch.stack(spectra), "mel": torch.from_numpy(np.stack(mels))}
        with torch.no_grad():
            batch["encoded"] = self._teacher(batch["spectra"])
        weights = torch.tensor([item.weight for item in items])
        return {**batch, "labels": torch.from_numpy(np.stack(labels)), "weights": weights}


def _cut_window(
    item: LabelledSound, rng: np.random.Generator
) -> tuple[Tensor, npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Both spectrograms (_FRAMES, num_mels) of a window, and its labels, -1 outside the recording."""
    reach = round(_FRAMES * _FASTEST)
    start = int(rng.integers(-_FRAMES // 6, max(1, len(item.labels) - _FRAMES * 5 // 6)))
    inside = slice(max(0, start), max(0, start) + reach)
    samples, known = item.samples[inside.start * HOP : inside.stop * HOP], item.labels[inside]
    if rng.random() < _AUGMENTED and samples.any():
        samples, known = augment_sound(samples, known, rng)
        samples = add_noise(samples, rng) if rng.random() < _NOISY else samples
    samples = samples * np.float32(loudness_gain(samples))
    before = max(0, -start)
    samples = np.pad(samples, (before * HOP, max(0, _FRAMES * HOP - before * HOP - len(samples))))[: _FRAMES * HOP]
    labels = np.full(_FRAMES, -1, np.int64)
    count = min(len(known), _FRAMES - before)
    labels[before : before + count] = known[:count]
    return window_mel(samples, slice(0, WINDOW), gain=1.0), mel_frames(samples), labels


def student_losses(network: nn.Module, batch: Mapping[str, Tensor], config: StudentConfig) -> dict[str, Tensor]:
    """How far the features are from the encoder's (Huber), and the cross entropy of phones.

    Args:
        network: a ``SpeechStudent``.
        batch: ``spectra`` and ``mel`` (B, T, num_mels), ``encoded`` (B, T / 2, width), ``labels`` (B, T) with -1 for
            frames to ignore, ``weights`` (B,).
        config: sizes.
    """
    return {**encoder_losses(network, batch, config), **phone_losses(network, batch, config)}


def encoder_losses(network: nn.Module, batch: Mapping[str, Tensor], config: StudentConfig) -> dict[str, Tensor]:
    """The first of ``student_losses``."""
    assert isinstance(network.encoder, SpeechEncoder)
    return {"encoder_loss": F.smooth_l1_loss(network.encoder(batch["spectra"]).float(), batch["encoded"])}


def phone_losses(network: nn.Module, batch: Mapping[str, Tensor], config: StudentConfig) -> dict[str, Tensor]:
    """The second of ``student_losses``."""
    return {"phone_loss": label_loss(network(batch["spectra"], batch["mel"])[1], batch)}


def student_example(config: StudentConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic crops."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "spectra": torch.rand(2, 60, config.encoder.num_mels, generator=generator),
        "mel": torch.rand(2, 60, config.phones.num_mels, generator=generator),
        "encoded": torch.randn(2, 30, config.encoder.width, generator=generator),
        "labels": torch.randint(-1, len(CLASSES), (2, 60), generator=generator),
        "weights": torch.tensor([1.0, 0.5]),
    }


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


# What is trained, its losses, its share of the steps, and its rate of learning.
_PARTS = (("encoder", encoder_losses, 0.6, 1.0), ("phones", phone_losses, 0.4, 10.0))


def train_student(training: Training) -> None:
    """Train the student on all labelled speech of tier ``open``; it begins as the encoder that ships."""
    config = training.config
    others = training.options.names_held_out
    learned, held_out = read_labelled(training.folder, training.out / "packs", others=others)
    batches = StudentBatches([*learned, *make_speechless()], load_encoder(), size=training.options.batch)
    torch.manual_seed(0)
    network = SpeechStudent(config)
    copy_encoder(network.encoder, load_encoder(), batches(0)["spectra"][:_COPIED])
    # One after the other: the recogniser is new and learns fast, which the encoder must not.
    for part, losses, share, rate in _PARTS:
        network.encoder.requires_grad_(part == "encoder")
        network.phones.requires_grad_(part == "phones")
        scores = training.fit(
            network,
            partial(losses, config=config),
            batches,
            validate=lambda net: score(net, held_out),
            schedule=Schedule(rate * training.options.learning_rate, weight_decay=1e-5),
            part=part,
            share=share,
        )
    card = {
        "network": "student: the encoder's features, 50 Hz, and 39 phones and silence, 100 Hz, with little sound ahead",
        "config": config,
        "input": "log-mel, 80 bands, 100 Hz, as encoder and recogniser read it",
        "look_ahead_s": config.look_ahead,
        **describe_sounds(learned),
        **({"held_out": sorted(others)} if others else {}),
        "scores": {"split": "val: explained variance; frame accuracy; recall over all of val", **scores},
    }
    training.save(network, "student", card)
