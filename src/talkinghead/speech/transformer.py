"""The blocks of which the speech encoder is made."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.speech.features import SAMPLE_RATE

RATE = 50.0
"""Features per second."""

MEL_HOP, MEL_WINDOW = 160, 400
"""Samples of the spectrogram that the encoder reads."""

_LONGEST_PERIOD = 10_000.0  # of the positions, over 2 pi


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder.

    Attributes:
        num_mels: mel bands.
        width: numbers per frame.
        heads: of the self-attention.
        blocks: how many of the transformer's blocks, from the lowest.
        hidden: numbers inside each block's perceptron; 0: four times the width.
        look_ahead: how many features ahead of its own each block attends to; negative: all of the window.
    """

    num_mels: int = 80
    width: int = 384
    heads: int = 6
    blocks: int = 2
    hidden: int = 0
    look_ahead: int = -1

    @property
    def seconds_ahead(self) -> float:
        """Seconds of sound after its place for which a feature waits; infinite if all of the window is attended to."""
        if self.look_ahead < 0:
            return math.inf
        # Half a frame of the spectrogram, and one frame for each of the two convolutions.
        return (MEL_WINDOW / 2 + 2 * MEL_HOP) / SAMPLE_RATE + self.blocks * self.look_ahead / RATE


class EncoderBlock(nn.Module):
    """Self-attention and a perceptron, each behind a layer normalisation and added to what went in.

    Args:
        config: sizes.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, hidden = config.width, config.hidden or 4 * config.width
        self.heads, self.look_ahead = config.heads, config.look_ahead
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width) of as many."""
        projected = self.query_key_value(self.attention_norm(hidden)).unflatten(-1, (3, self.heads, -1))
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        mask = None
        if self.look_ahead >= 0:
            mask = torch.ones(2 * query.shape[-2:-1], dtype=torch.bool, device=hidden.device).tril(self.look_ahead)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        hidden = hidden + self.project(attended.transpose(1, 2).flatten(2))
        changed: Tensor = hidden + self.contract(F.gelu(self.expand(self.norm(hidden))))
        return changed


def positions(count: int, width: int) -> Tensor:
    """(count, width) sines and cosines of the position, of periods from 2 pi to 20,000 pi features.

    Source: Vaswani et al. 2017, section 3.5; as in Whisper, all sines come before all cosines.
    """
    half = width // 2
    frequencies = torch.exp(-math.log(_LONGEST_PERIOD) / (half - 1) * torch.arange(half, dtype=torch.float32))
    angles = torch.arange(count, dtype=torch.float32)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)
