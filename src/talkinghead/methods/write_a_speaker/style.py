"""A person's own mouth: generic mouth weights -> those with which this person says the same.

Source: Li et al. 2021, "Style-Preserving Landmark Generator": two fully connected layers and a squared error, on pairs
    of generated weights and those read off the reference video. Where we differ: they make the difference from the
    generic weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.methods.write_a_speaker.config import StyleConfig, WriteASpeakerConfig

_CALM = 0.1  # of the last layer's usual weights: hardly any difference at first


class MouthStyle(nn.Module):
    """Generic mouth weights -> a person's; a mouth at rest stays at rest.

    Args:
        config: sizes.
    """

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.config = config
        size = len(MOUTH_EXPRESSIONS)
        self.first, self.second = nn.Linear(size, config.hidden), nn.Linear(config.hidden, size, bias=False)
        with torch.no_grad():
            self.second.weight.mul_(_CALM)

    def forward(self, weights: Tensor) -> Tensor:
        """(..., 28) -> the same shape, about in [0, 1]."""
        moved, rest = (F.leaky_relu(self.first(x), 0.2) for x in (weights, torch.zeros_like(weights[..., :1, :])))
        own: Tensor = weights + self.second(moved - rest)
        return own


def style_losses(network: nn.Module, batch: Mapping[str, Tensor], config: WriteASpeakerConfig) -> dict[str, Tensor]:
    """The squared error of the weights, summed over them, mean over frames.

    Args:
        network: ``MouthStyle``, possibly wrapped by a training loop.
        batch: ``generic`` and ``weights``, (B, T, 28) both.
        config: sizes.
    """
    away = network(batch["generic"]) - batch["weights"]
    return {"style_loss": away.square().sum(dim=-1).mean()}


def style_example(config: WriteASpeakerConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic stretches of eight frames."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, 8, len(MOUTH_EXPRESSIONS))
    return {name: torch.rand(shape, generator=generator) for name in ("generic", "weights")}
