"""Pictures as files have them, in 256 levels, and as networks see them, in [-1, 1]."""

from __future__ import annotations

import torch
from torch import Tensor


def as_colours(levels: Tensor) -> Tensor:
    """Pictures (B, H, W, 3) uint8 as (B, 3, H, W) in [-1, 1], in channels-last memory format."""
    return levels.permute(0, 3, 1, 2).to(memory_format=torch.channels_last).float().div_(127.5).sub_(1)


def as_levels(colours: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in [-1, 1] as (B, H, W, 3) uint8; values beyond are clipped."""
    return ((colours.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous()
