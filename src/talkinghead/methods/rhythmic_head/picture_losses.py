"""Losses of the composition network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.composition import Composed, CompositionNetwork, Pictures
from talkinghead.methods.rhythmic_head.config import RhythmicConfig
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import MultiScaleDiscriminator
from talkinghead.training.perceptual import Distance, pyramid_loss, structure_loss

_LEAST = 1e-3


def picture_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: RhythmicConfig, *, distance: Distance = pyramid_loss
) -> dict[str, Tensor]:
    """Equation 8: adversarial losses of two discriminators, feature matching, perceptual loss and flow loss.

    The flow loss is how far the projected and the matched picture, moved by their flows, are from the target; Wang et
    al. 2018 (vid2vid), to whom the paper refers, add the distance of the flow from that of another network.

    Args:
        network: ``composition.picture_adversaries``, possibly wrapped by a training loop.
        batch: of ``reference_sets``.
        config: sizes.
        distance: the perceptual one.
    """
    pair = cast("Adversaries[CompositionNetwork, MultiScaleDiscriminator]", network)
    sizes, target = config.composition, as_colours(batch["target"])
    with autocast(target.device):
        made = compose(network, batch)
        lines = F.interpolate(
            as_landmark_images(batch["sketch"]), size=target.shape[2:], mode="bilinear", align_corners=False
        )
        on_made, on_real = (pair.discriminator(torch.cat([lines, one], dim=1)) for one in (made.picture, target))
    named = adversarial_losses(on_made, on_real, weight=sizes.adversarial, features=sizes.matching)
    named["perceptual_loss"] = sizes.perceptual * distance(made.picture, target)
    if sizes.warped:
        named["flow_loss"] = sizes.flow * flow_loss(made, target)
    if sizes.structure:
        named["structure_loss"] = sizes.structure * structure_loss(made.picture, target)
    return named


def flow_loss(made: Composed, target: Tensor) -> Tensor:
    """Mean absolute distance, (), of the moved pictures from the target; of the projected one where it is known."""
    known = made.projected[:, 3:]
    projected = (known * (made.projected[:, :3] - target).abs()).sum() / (3 * known.sum()).clamp_min(_LEAST)
    return projected + (made.matched - target).abs().mean()


def compose(network: nn.Module, batch: Mapping[str, Tensor]) -> Composed:
    """What the network makes of a batch of ``reference_sets``."""
    pair = cast("Adversaries[CompositionNetwork, MultiScaleDiscriminator]", network)
    generator = pair.generator if hasattr(pair, "generator") else cast("CompositionNetwork", network)
    pictures = batch["references"]
    colours, drawn = (
        part.reshape(*pictures.shape[:2], *part.shape[1:])
        for part in (
            as_colours(pictures.flatten(0, 1)),
            as_landmark_images(batch["reference_sketches"].flatten(0, 1)),
        )
    )
    made: Composed = generator(
        generator.encode(colours, drawn), as_pictures(batch), as_landmark_images(batch["sketch"])
    )
    return made


def generate(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Pictures (B, 3, S, S) of a batch."""
    return compose(network, batch).picture


def as_pictures(batch: Mapping[str, Tensor]) -> Pictures:
    """The pictures near the target, from a batch of (B, S, S, 3 or 4) uint8 and ``costs`` (B, 2)."""
    plain = {name: as_colours(batch[name]) for name in ("own", "matched", "spoken", "still")}
    projected = batch["projected"]
    known = projected[..., 3:].permute(0, 3, 1, 2).float() / 255
    colours = torch.cat([as_colours(projected[..., :3]), known], dim=1)
    return Pictures(**plain, projected=colours, costs=batch["costs"].float())


def as_landmark_images(lines: Tensor) -> Tensor:
    """Landmark images (B, 1, s, s) in [0, 1], as the networks see them, from (B, s, s) uint8."""
    return lines[:, None].float() / 255


def picture_example(config: RhythmicConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic targets with three references each."""
    generator, sizes = torch.Generator().manual_seed(seed), config.composition
    side, small, fine = sizes.size, sizes.thumbnail, sizes.size // sizes.stem

    def draw(*shape: int) -> Tensor:
        return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)

    names = ("own", "matched", "spoken", "still", "target")
    return {
        **{name: draw(2, side, side, 3) for name in names},
        "projected": draw(2, side, side, 4),
        "costs": torch.rand(2, 2, generator=generator),
        "sketch": draw(2, fine, fine),
        "references": draw(2, 3, small, small, 3),
        "reference_sketches": draw(2, 3, small, small),
    }
