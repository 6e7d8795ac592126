"""Losses of the facial expression learner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.landmarks import INNER_LIPS
from talkinghead.face.rest import LOWER_INNER, UPPER_INNER
from talkinghead.methods.rhythmic_head.expression import ExpressionLearner
from talkinghead.methods.rhythmic_head.features import STRIDE
from talkinghead.types import NUM_LANDMARKS

_LIPS, _GAP, _VELOCITY = 2.0, 20.0, 4.0
_LIMIT = 0.06  # eye distances: a mouth that the tracker has lost does not outweigh all others
_EXAMPLE_FRAMES = 4


def expression_losses(network: nn.Module, batch: Mapping[str, Tensor], config: Any) -> dict[str, Tensor]:
    """How far components are from the real ones, measured on the face that they make.

    The paper states no loss. Squared distances of principal components are those of the landmarks; beside them count
    the inner lips once more, their opening, and how all moves from frame to frame.

    Args:
        network: an ``ExpressionLearner``.
        batch: ``speech`` (B, 2 (reach + T + reach), F), ``identity`` (B, 68, 3), ``target`` (B, T, 68, 3), ``valid``
            (B, T) frames that are there.
        config: sizes.
    """
    made, real, valid = network(batch["speech"], batch["identity"]).float(), batch["target"], batch["valid"]
    both = valid[:, 1:] * valid[:, :-1]
    return {
        "expression_loss": _distance(made, real, valid),
        "lips_loss": _LIPS * _distance(made[:, :, INNER_LIPS], real[:, :, INNER_LIPS], valid),
        "gap_loss": _GAP * _distance(_gap(made), _gap(real), valid),
        "velocity_loss": _VELOCITY * _distance(made.diff(dim=1), real.diff(dim=1), both),
    }


def _gap(landmarks: Tensor) -> Tensor:
    """(B, T, 1, 1) the opening between the lips."""
    opening = landmarks[:, :, LOWER_INNER, 1] - landmarks[:, :, UPPER_INNER, 1]
    return opening.mean(dim=2)[..., None, None]


def _distance(made: Tensor, real: Tensor, valid: Tensor) -> Tensor:
    """Squared distance of points (B, T, N, C), summed over points, mean over valid frames (Huber 1964)."""
    far = 2 * F.huber_loss(made, real, reduction="none", delta=_LIMIT).sum(dim=(2, 3))
    return (far * valid).sum() / valid.sum().clamp_min(1.0)


def expression_example(config: Any, seed: int) -> dict[str, Tensor]:
    """Two synthetic stretches."""
    generator = torch.Generator().manual_seed(seed)
    network = ExpressionLearner(config.expression)
    identity = torch.randn(2, NUM_LANDMARKS, 3, generator=generator)
    rows = STRIDE * (_EXAMPLE_FRAMES + 2 * network.reach)
    moved = 0.1 * torch.randn(2, _EXAMPLE_FRAMES, NUM_LANDMARKS, 3, generator=generator)
    return {
        "speech": torch.randn(2, rows, network.frames.row_size, generator=generator),
        "identity": identity,
        "target": identity[:, None] + moved,
        "valid": torch.ones(2, _EXAMPLE_FRAMES),
    }
