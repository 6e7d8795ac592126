"""Losses of the landmarks-to-video network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.data.pairs import pair_example
from talkinghead.methods.attentional_landmarks.config import LIP_SPEECH, AttentionalConfig
from talkinghead.methods.attentional_landmarks.discriminator import VideoDiscriminator
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo, heat_maps
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import Adversaries, Kind, classification_loss, generator_loss
from talkinghead.training.perceptual import structure_loss

_FOCUS_SPREAD = 0.04  # of the picture's side, around each landmark of eyes and lips
_FOCUS_MAPS = slice(4, 10)
_KIND: Kind = "cross entropy"
_VERDICTS = 3  # of lips, of the head, of the picture


def video_adversaries(config: AttentionalConfig) -> Adversaries[LandmarksToVideo, VideoDiscriminator | None]:
    """The network and, if the configuration gives it a weight, its discriminator."""
    discriminator = VideoDiscriminator(config) if config.video.adversarial else None
    return Adversaries(LandmarksToVideo(config.video), discriminator)


def video_losses(network: nn.Module, batch: Mapping[str, Tensor], config: AttentionalConfig) -> dict[str, Tensor]:
    """Equation 10: squared error of colours, and binary cross entropies of both sides, averaged over three verdicts.

    "structure" adds a structural dissimilarity (``structure_loss``). The discriminator also learns that real pictures
    with the speech or the landmarks of another are false, or it would not look at them.

    Args:
        network: of ``video_adversaries``, possibly wrapped by a training loop.
        batch: of ``data.pairs``, with ``speech`` (B, 30, F) around the target and ``in_step`` (B,) whether its lips are
            in sync with the speech.
        config: sizes.
    """
    target, landmarks = as_colours(batch["target"]), batch["target_landmarks"]
    speech, in_sync = batch["speech"], batch["in_step"]
    discriminator = cast("Adversaries[LandmarksToVideo, VideoDiscriminator | None]", network).discriminator
    # Calls to parts of a wrapped network do not use its precision.
    with autocast(target.device):
        made = generate(network, batch)
        named = {"image_loss": image_loss(made, target, landmarks, focus=config.video.focus)}
        if config.video.structure:
            named["structure_loss"] = config.video.structure * structure_loss(made, target)
        if discriminator is None:
            return named
        on_made, on_real = (discriminator(pictures, landmarks, speech, in_sync) for pictures in (made, target))
        on_wrong = [
            discriminator.lip_verdict(target, landmarks, speech.roll(1, dims=0), in_sync),
            discriminator.head_verdict(target, landmarks.roll(1, dims=0)),
        ]
    real = classification_loss(on_real, real=True, kind=_KIND)
    false = classification_loss([*on_made, *on_wrong], real=False, kind=_KIND)
    named["adversarial_loss"] = config.video.adversarial / _VERDICTS * generator_loss(on_made, kind=_KIND)
    named["discriminator_loss"] = (real + false / 2) / _VERDICTS
    return named


def generate(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Pictures (B, 3, S, S) by a network of ``video_adversaries`` for a batch."""
    made: Tensor = network(batch["target_landmarks"], as_colours(batch["source"]), batch["source_landmarks"])
    return made


def image_loss(made: Tensor, target: Tensor, landmarks: Tensor, *, focus: float = 0.0) -> Tensor:
    """Mean squared error of pictures (B, 3, S, S), with weight 1, and up to ``focus`` more near eyes and lips.

    Args:
        made: the network's output.
        target: the real picture.
        landmarks: (B, 68, 2) px of the target.
        focus: additional weight, which the paper's loss does not have; eyes and lips are 4 % of the picture.
    """
    error = (made - target).square()
    if not focus:
        return error.mean()
    near = heat_maps(landmarks, target.shape[2], shrink=4, spread=_FOCUS_SPREAD)[:, _FOCUS_MAPS].amax(
        dim=1, keepdim=True
    )
    weight = 1 + focus * F.interpolate(near.float(), size=target.shape[2:], mode="bilinear", align_corners=False)
    return (error * weight).mean() / weight.mean()


def video_example(config: AttentionalConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic pairs."""
    generator = torch.Generator().manual_seed(seed)
    size = config.video.size
    return {
        **pair_example(size, generator),
        "speech": torch.rand(2, BEFORE + 1 + AFTER, LIP_SPEECH.num_features, generator=generator),
        "in_step": torch.ones(2),
    }
