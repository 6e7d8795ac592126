"""Losses of rendering-to-video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from talkinghead.methods.facial.config import FacialConfig
from talkinghead.methods.facial.video import MAP_CHANNELS, RenderToVideo
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import MultiScaleDiscriminator
from talkinghead.training.perceptual import Distance, pyramid_loss


def video_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: FacialConfig, *, distance: Distance = pyramid_loss
) -> dict[str, Tensor]:
    """Equation 10: least-squares adversarial losses of three discriminators, feature matching, perceptual and L1 loss.

    Args:
        network: ``video.video_adversaries``, possibly wrapped by a training loop.
        batch: ``maps`` (B, window, S, S, 4), ``own`` and ``target`` (B, S, S, 3), all uint8.
        config: sizes.
        distance: the perceptual one.
    """
    pair = cast("Adversaries[RenderToVideo, MultiScaleDiscriminator]", network)
    sizes, target = config.video, as_colours(batch["target"])
    maps = as_window(batch["maps"])
    with autocast(target.device):
        made = generate(network, batch)
        on_made, on_real = (pair.discriminator(torch.cat([maps, frame], dim=1)) for frame in (made, target))
    named = adversarial_losses(on_made, on_real, weight=sizes.adversarial, features=sizes.matching)
    named["perceptual_loss"] = sizes.perceptual * distance(made, target)
    named["pixel_loss"] = sizes.pixel * (made - target).abs().mean()
    return named


def generate(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Frames (B, 3, S, S) of a batch."""
    made: Tensor = network(as_window(batch["maps"]), as_colours(batch["own"]))
    return made


def as_window(maps: Tensor) -> Tensor:
    """(B, 4 window, S, S) of rendered frames (B, window, S, S, 4) uint8: colours in [-1, 1], eye maps in [0, 1]."""
    values = maps.float() / 255
    values = torch.cat([2 * values[..., :3] - 1, values[..., 3:]], dim=-1)
    return values.permute(0, 1, 4, 2, 3).flatten(1, 2)


def video_example(config: FacialConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic frames."""
    generator, sizes = torch.Generator().manual_seed(seed), config.video

    def draw(*shape: int) -> Tensor:
        return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)

    side = sizes.size
    return {
        "maps": draw(2, sizes.window, side, side, MAP_CHANNELS),
        "own": draw(2, side, side, 3),
        "target": draw(2, side, side, 3),
    }
