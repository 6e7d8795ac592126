"""The block of the networks that hear phones: a dilated convolution over frames of speech."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TimeDelayBlock(nn.Module):
    """Residual: the frames at ``taps``, side by side, through two linear layers.

    Args:
        width: numbers per frame.
        taps: which frames it sees: 0 is the present one, positive ones lie ahead.
    """

    def __init__(self, width: int, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = taps
        self.norm = nn.LayerNorm(width)
        self.convolution = nn.Linear(len(taps) * width, 2 * width)
        self.project = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width) of as many; beyond the ends there are zeros."""
        before, after = -min(self.taps), max(self.taps)
        count = hidden.shape[1]
        padded = F.pad(self.norm(hidden), (0, 0, before, after))
        seen = torch.cat([padded[:, before + tap : before + tap + count] for tap in self.taps], dim=-1)
        changed: Tensor = hidden + self.project(F.silu(self.convolution(seen)))
        return changed
