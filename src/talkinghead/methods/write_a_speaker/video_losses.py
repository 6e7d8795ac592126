"""Losses of the photo-realistic video generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.write_a_speaker.config import WriteASpeakerConfig
from talkinghead.methods.write_a_speaker.video import SpaceTimeGenerator
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import MultiScaleDiscriminator
from talkinghead.training.perceptual import Distance, pyramid_loss


def video_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: WriteASpeakerConfig, *, distance: Distance = pyramid_loss
) -> dict[str, Tensor]:
    """Equation 11: perceptual loss, L1 of the picture and of the face, least-squares losses of three discriminators.

    Args:
        network: ``video.video_adversaries``, possibly wrapped by a training loop.
        batch: ``volume`` (B, window, s, s), ``own`` and ``target`` (B, S, S, 3), all uint8; ``target_landmarks``
            (B, 68, 2) px, whose box is the face.
        config: sizes.
        distance: the perceptual one.
    """
    pair = cast("Adversaries[SpaceTimeGenerator, MultiScaleDiscriminator]", network)
    sizes, target = config.video, as_colours(batch["target"])
    with autocast(target.device):
        volume = as_volume(batch["volume"])
        made, face, _ = network(volume, as_colours(batch["own"]))
        condition = F.interpolate(volume, size=target.shape[2:], mode="nearest")
        on_made, on_real = (pair.discriminator(torch.cat([condition, frame], dim=1)) for frame in (made, target))
    named = adversarial_losses(on_made, on_real, weight=sizes.adversarial, features=sizes.feature_matching)
    named["perceptual_loss"] = sizes.perceptual * distance(made, target)
    named["pixel_loss"] = sizes.pixel * (made - target).abs().mean()
    inside = face_mask(batch["target_landmarks"], sizes.size)
    away = (inside * (face - target).abs()).sum(dim=(1, 2, 3)) / (3 * inside.sum(dim=(1, 2, 3)).clamp_min(1.0))
    named["face_loss"] = sizes.face * away.mean()
    return named


def generate(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Frames (B, 3, S, S) of a batch."""
    made: Tensor = network(as_volume(batch["volume"]), as_colours(batch["own"]))[0]
    return made


def as_volume(images: Tensor) -> Tensor:
    """Landmark images (B, window, s, s) uint8 as values in [0, 1]."""
    return images.float() / 255


def face_mask(landmarks: Tensor, size: int) -> Tensor:
    """(B, 1, S, S) 1 in the box of landmarks (B, 68, 2) px, 0 elsewhere."""
    place = torch.arange(size, device=landmarks.device)
    low, high = landmarks.amin(dim=1), landmarks.amax(dim=1)
    inside = (place >= low[..., None]) & (place <= high[..., None])  # (B, 2, S)
    return (inside[:, 0, None, None, :] & inside[:, 1, None, :, None]).float()


def video_example(config: WriteASpeakerConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic frames."""
    generator, sizes = torch.Generator().manual_seed(seed), config.video

    def draw(*shape: int) -> Tensor:
        return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)

    side, small = sizes.size, sizes.size // sizes.shrink
    return {
        "volume": draw(2, sizes.window, small, small),
        "own": draw(2, side, side, 3),
        "target": draw(2, side, side, 3),
        "target_landmarks": side * torch.rand(2, 68, 2, generator=generator),
    }
