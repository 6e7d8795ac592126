"""Losses of the speech-to-landmarks network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from talkinghead.methods.attentional_landmarks.config import AttentionalConfig
from talkinghead.methods.attentional_landmarks.geometry import HEAD_POINTS, MOUTH_POINTS
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, SpeechToLandmarks

WIDTH_PX, CURVATURE_PX = 10.0, 2.0
"""w and epsilon of equation 7, in px of a crop of 300 px."""


def wing(difference: Tensor) -> Tensor:
    """The wing loss of each element: w ln(1 + |x| / epsilon) up to w, |x| - C beyond, where C makes the two meet.

    Source: Wang et al. 2020, equation 7, with its w = 10 and epsilon = 2; C = w - w ln(1 + w / epsilon) by Feng et al.
        2018 (Wing loss), equation 5.
    """
    size = difference.abs()
    joint = WIDTH_PX - WIDTH_PX * math.log(1 + WIDTH_PX / CURVATURE_PX)
    return torch.where(size < WIDTH_PX, WIDTH_PX * torch.log1p(size / CURVATURE_PX), size - joint)


def landmarks_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: AttentionalConfig, *, carried: bool = True
) -> dict[str, Tensor]:
    """The wing loss of each branch, mean over coordinates (section 3.1).

    Half of the batch starts from the recurrent states after another row's speech, the other half from initial states,
    because clips last 3 s and speeches longer.

    Args:
        network: a ``SpeechToLandmarks``, possibly wrapped by a training loop.
        batch: ``speech`` (B, BEFORE + 4 (T - 1) + 1 + AFTER, F), ``template`` (B, 68, 2), ``lips`` (B, T, 21, 2)
            calibrated and ``points`` (B, T, 68, 2) as the head moves, in px.
        config: sizes.
        carried: whether states are carried over in this way.
    """
    network = cast(SpeechToLandmarks, network)
    states = None
    if carried:
        with torch.no_grad():
            _, ended = network(batch["speech"], batch["template"])
        later = (torch.arange(len(batch["speech"]), device=batch["speech"].device) % 2).view(1, -1, 1)
        states = tuple(state.roll(1, dims=1) * later for state in ended)
    made, _ = network(batch["speech"], batch["template"], states)
    if len(made) == 1:
        return {"landmarks_loss": wing(made[0] - batch["points"]).mean()}
    head = batch["points"][:, :, torch.from_numpy(HEAD_POINTS)]
    return {"lips_loss": wing(made[0] - batch["lips"]).mean(), "head_loss": wing(made[1] - head).mean()}


def landmarks_example(config: AttentionalConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic stretches of six frames."""
    generator = torch.Generator().manual_seed(seed)
    rows = BEFORE + 4 * 5 + 1 + AFTER
    template = 80 * torch.randn(4, 68, 2, generator=generator)
    return {
        "speech": torch.rand(4, rows, config.landmarks.num_features, generator=generator),
        "template": template,
        "lips": template[:, None, torch.from_numpy(MOUTH_POINTS)] + 5 * torch.randn(4, 6, 21, 2, generator=generator),
        "points": template[:, None] + 5 * torch.randn(4, 6, 68, 2, generator=generator),
    }
