"""Losses of the head motion learner: proper scores of what it draws, not distances from the one recorded path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.methods.rhythmic_head.chance import draw_paths
from talkinghead.methods.rhythmic_head.features import STRIDE
from talkinghead.methods.rhythmic_head.head import HeadMotionLearner, spread_of
from talkinghead.methods.rhythmic_head.motion_config import POSE_SIZE, TAU

DRAWS = 3
"""Paths that are drawn for each recorded one."""

_PATCH, _SHORT = 16, 8  # frames
_LEAST_SPEED = 0.02  # of the spread, per frame
_SPREAD = 0.5  # weight
_EXAMPLE_FRAMES = 33


def head_losses(network: nn.Module, batch: Mapping[str, Tensor], config: Any) -> dict[str, Tensor]:
    """Energy scores of the path, of its shape and its velocity, and of how far and how fast it moves.

    The paper states no loss. A distance from the recorded path makes a head stand still, because sound hardly tells
    where it goes. The energy score is least if what the network draws is distributed as what people do.

    Args:
        network: a ``HeadMotionLearner``.
        batch: ``reference`` (B, TAU, 6) and ``reference_speech`` (B, 2 TAU, F); ``speech`` (B, 2 (reach + T + reach),
            F), ``noise`` (B, DRAWS, reach + T + reach, num_noises), ``pose`` (B, T, 6), of which the first row is where
            the motion sets out, with ``velocity`` (B, 6); ``valid`` (B, T) frames that are there.
        config: sizes.
    """
    order = ("reference", "reference_speech", "speech", "noise")
    made = network(*(batch[name] for name in order), batch["pose"][:, 0], batch["velocity"]).float()
    spread, valid = spread_of(batch["reference"])[:, None], batch["valid"]
    real = batch["pose"] / spread
    made = made / spread[:, None]
    speed = real.diff(dim=1).square().mean(dim=1, keepdim=True).sqrt().clamp_min(_LEAST_SPEED)
    both = valid[:, 1:] * valid[:, :-1]
    return {
        "path_loss": _score(made, real, valid, size=real.shape[1]),
        "patch_loss": _score(
            _centre_pieces(made), _centre_pieces(real), valid[:, : real.shape[1] // _PATCH * _PATCH], size=_PATCH
        ),
        "velocity_loss": _score(made.diff(dim=2) / speed[:, None], real.diff(dim=1) / speed, both, size=_SHORT),
        "spread_loss": _SPREAD * energy_score(_extents(made, valid[:, None]), _extents(real, valid)).mean(),
    }


def energy_score(drawn: Tensor, real: Tensor) -> Tensor:
    """(B,) the energy score of what was drawn, per root of a dimension: the less, the better the distribution fits.

    Source: Gneiting and Raftery 2007, "Strictly proper scoring rules, prediction, and estimation", equation 22.

    Args:
        drawn: (B, S, D).
        real: (B, D).
    """
    count, size = drawn.shape[1], drawn.shape[2] ** 0.5
    far: Tensor = _norm(drawn - real[:, None]).mean(dim=1) / size
    if count == 1:
        return far
    apart = _norm(drawn[:, :, None] - drawn[:, None]).sum(dim=(1, 2)) / (count * (count - 1)) / size
    score: Tensor = far - apart / 2
    return score


def _norm(values: Tensor) -> Tensor:
    norm: Tensor = (values.square().sum(dim=-1) + 1e-8).sqrt()
    return norm


def _score(made: Tensor, real: Tensor, valid: Tensor, *, size: int) -> Tensor:
    """The mean score of pieces of ``size`` frames of (B, S, T, C), as far as their frames (B, T) are there."""
    count = real.shape[1] // size
    scores, weights = [], []
    for start in range(0, count * size, size):
        rows = slice(start, start + size)
        there = valid[:, rows, None]
        scores.append(energy_score((made[:, :, rows] * there[:, None]).flatten(2), (real[:, rows] * there).flatten(1)))
        weights.append(there.mean(dim=(1, 2)))
    weight = torch.stack(weights)
    mean: Tensor = (torch.stack(scores) * weight).sum() / weight.sum().clamp_min(1.0)
    return mean


def _centre_pieces(path: Tensor) -> Tensor:
    """Pieces of a path (..., T, C), each about its own mean."""
    count = path.shape[-2] // _PATCH
    pieces = path[..., : count * _PATCH, :].reshape(*path.shape[:-2], count, _PATCH, path.shape[-1])
    centred: Tensor = (pieces - pieces.mean(dim=-2, keepdim=True)).flatten(-3, -2)
    return centred


def _extents(path: Tensor, valid: Tensor) -> Tensor:
    """(..., 2 C) logarithms of how far and how fast paths (..., T, C) move in their frames (..., T) that are there."""
    there = valid[..., None]
    count = there.sum(dim=-2).clamp_min(2.0)
    mean = (path * there).sum(dim=-2, keepdim=True) / count[..., None, :]
    spread = ((path - mean).square() * there).sum(dim=-2) / count
    steps = (path.diff(dim=-2).square() * there[..., 1:, :]).sum(dim=-2) / count
    return torch.cat([(spread + 0.01).log(), (steps + 1e-4).log()], dim=-1) / 2


def head_example(config: Any, seed: int) -> dict[str, Tensor]:
    """Two synthetic references and what follows them, of which one ends early."""
    network = HeadMotionLearner(config.head)
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    frames = _EXAMPLE_FRAMES + 2 * network.reach
    valid = torch.ones(2, _EXAMPLE_FRAMES)
    valid[1, _EXAMPLE_FRAMES // 2 :] = 0.0

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    draws = DRAWS if config.head.noise else 1
    noise = np.stack([draw_paths(rng, frames, config.head.noise) for _ in range(2 * draws)])
    return {
        "reference": 0.05 * draw(2, TAU, POSE_SIZE).cumsum(dim=1),
        "reference_speech": draw(2, STRIDE * TAU, network.frames.row_size),
        "speech": draw(2, STRIDE * frames, network.frames.row_size),
        "noise": torch.from_numpy(noise).view(2, draws, frames, -1),
        "pose": 0.05 * draw(2, _EXAMPLE_FRAMES, POSE_SIZE).cumsum(dim=1),
        "velocity": 0.01 * draw(2, POSE_SIZE),
        "valid": valid,
    }
