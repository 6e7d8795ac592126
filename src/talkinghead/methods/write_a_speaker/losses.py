"""Losses of the three generators, equations 1 to 6, and the networks that they train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn

from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.methods.write_a_speaker.config import MouthConfig, WordsConfig, WriteASpeakerConfig
from talkinghead.methods.write_a_speaker.networks import NUM_BEATS, MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.vocabulary import VECTOR_SIZE
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import TemporalPatchDiscriminator

SSIM_CONSTANTS = (1e-4, 1e-4)
"""delta_1 and delta_2 of equation 4, which the paper calls small and does not state. For weights in [0, 1] they are the
variance of a weight that wavers by 0.01, which is the tracker's noise."""

_SPREAD_WEIGHT = 10.0
_STILL = 1e-6  # squared, below which nothing moves

Mouths: TypeAlias = "Adversaries[MouthGenerator, TemporalPatchDiscriminator | None]"
Rhythms: TypeAlias = "Adversaries[WordsGenerator, TemporalPatchDiscriminator | None]"


def l1_sequence_loss(made: Tensor, real: Tensor) -> Tensor:
    """The L1 distance of a frame's weights, mean over frames.

    Args:
        made: (..., T, K).
        real: the same shape.

    Source: Li et al. 2021, equation 1.
    """
    return (made - real).abs().sum(dim=-1).mean()


def ssim_sequence(made: Tensor, real: Tensor) -> Tensor:
    """The structural similarity of each parameter's course, mean over parameters and sequences; at most 1.

    Args:
        made: (..., T, K) sequences of K parameters.
        real: the same shape.

    Source: Li et al. 2021, equation 4, of which this is the sum; the loss is 1 less this.
    """
    first, second = SSIM_CONSTANTS
    means = made.mean(dim=-2), real.mean(dim=-2)
    away = made - means[0].unsqueeze(-2), real - means[1].unsqueeze(-2)
    variances = away[0].square().mean(dim=-2), away[1].square().mean(dim=-2)
    covariance = (away[0] * away[1]).mean(dim=-2)
    alike = (2 * means[0] * means[1] + first) * (2 * covariance + second)
    size = (means[0].square() + means[1].square() + first) * (variances[0] + variances[1] + second)
    return (alike / size).mean()


def spread_loss(made: Tensor, real: Tensor) -> Tensor:
    """How much farther or less far parameters move, and their velocities and accelerations: mean of |log of the ratio|.

    Ours. A discriminator alone lets a head that goes by chance grow beyond all bounds before it has learned how far
    heads move.

    Args:
        made: (B, T, K) sequences of K parameters.
        real: the same shape.
    """
    ratios = []
    for _ in range(3):
        spread = (rows.square().mean(dim=(0, 1)).add(_STILL).log() / 2 for rows in (made, real))
        ratios.append((next(spread) - next(spread)).abs().mean())
        made, real = made.diff(dim=1), real.diff(dim=1)
    return torch.stack(ratios).mean()


def mouth_adversaries(config: MouthConfig) -> Mouths:
    """The mouth animation generator and its discriminator, with random weights."""
    return Adversaries(
        MouthGenerator(config),
        _discriminator(len(MOUTH_EXPRESSIONS), config.discriminator_channels, config.adversarial),
    )


def words_adversaries(config: WordsConfig) -> Rhythms:
    """The generator of the upper face or of the head and its discriminator, with random weights."""
    seen = config.outputs + (NUM_BEATS if config.noise else 0)
    return Adversaries(WordsGenerator(config), _discriminator(seen, config.discriminator_channels, config.adversarial))


def mouth_losses(network: nn.Module, batch: Mapping[str, Tensor], config: WriteASpeakerConfig) -> dict[str, Tensor]:
    """The losses of equation 3, and the discriminator's.

    Args:
        network: ``mouth_adversaries``, possibly wrapped by a training loop.
        batch: ``phones`` (B, T, 39) and ``weights`` (B, T, 28).
        config: sizes.
    """
    made = network(batch["phones"])
    losses = {"l1_loss": config.mouth.l1_weight * l1_sequence_loss(made, batch["weights"])}
    return losses | _adversarial(network, made, batch["weights"], config.mouth.adversarial)


def upper_face_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: WriteASpeakerConfig
) -> dict[str, Tensor]:
    """The losses of equation 6, and the discriminator's.

    Args:
        network: ``words_adversaries``, possibly wrapped by a training loop.
        batch: ``words`` (B, T), ``vectors`` (B, T, VECTOR_SIZE), ``beats`` (B, T, NUM_BEATS), ``emotions`` (B, T,
            len(EMOTIONS)) and ``parameters`` (B, T, 23).
        config: sizes.
    """
    return _words_losses(network, batch, config.upper_face)


def head_losses(network: nn.Module, batch: Mapping[str, Tensor], config: WriteASpeakerConfig) -> dict[str, Tensor]:
    """The same for the head: ``parameters`` (B, T, 6), no ``emotions``, and ``noise`` (B, T, noise) if it reads any."""
    return _words_losses(network, batch, config.head)


def mouth_example(config: WriteASpeakerConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic stretches of twelve frames."""
    generator = torch.Generator().manual_seed(seed)
    phones = torch.rand(4, 12, len(PHONES), generator=generator)
    return {
        "phones": 0.8 * phones / phones.sum(dim=2, keepdim=True),
        "weights": torch.rand(4, 12, len(MOUTH_EXPRESSIONS), generator=generator),
    }


def upper_face_example(config: WriteASpeakerConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic stretches of twelve frames, with emotions."""
    return _words_example(config.upper_face, seed)


def head_example(config: WriteASpeakerConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic stretches of twelve frames."""
    return _words_example(config.head, seed)


def _words_example(config: WordsConfig, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    batch = {
        "words": torch.randint(config.words, (4, 12), generator=generator),
        "vectors": torch.randn(4, 12, VECTOR_SIZE, generator=generator),
        "beats": torch.rand(4, 12, NUM_BEATS, generator=generator),
        "parameters": torch.rand(4, 12, config.outputs, generator=generator),
    }
    if config.emotions:
        batch["emotions"] = torch.rand(4, 12, len(EMOTIONS), generator=generator).softmax(dim=2)
    if config.noise:
        batch["noise"] = torch.randn(4, 12, config.noise, generator=generator)
    return batch


def _words_losses(network: nn.Module, batch: Mapping[str, Tensor], config: WordsConfig) -> dict[str, Tensor]:
    beats, real = batch["beats"], batch["parameters"]
    made = network(batch["words"], batch["vectors"], beats, batch.get("emotions"), batch.get("noise"))
    losses = {"ssim_loss": config.ssim_weight * (1.0 - ssim_sequence(made, real))}
    if config.noise:  # what is random must still move as far and as fast, and go with the rhythm
        losses["spread_loss"] = _SPREAD_WEIGHT * spread_loss(made, real)
        made, real = (torch.cat([beats, rows], dim=2) for rows in (made, real))
    return losses | _adversarial(network, made, real, config.adversarial)


def _discriminator(size: int, channels: tuple[int, ...], adversarial: float) -> TemporalPatchDiscriminator | None:
    return TemporalPatchDiscriminator(size, channels) if adversarial else None


def _adversarial(network: nn.Module, made: Tensor, real: Tensor, weight: float) -> dict[str, Tensor]:
    """The losses of equations 2 and 5, least squares, on stretches of the sequences; none without a discriminator."""
    discriminator = cast("Mouths | Rhythms", network).discriminator
    if discriminator is None:
        return {}
    return adversarial_losses([discriminator(made)], [discriminator(real)], weight=weight)
