"""Augmentation of mouth crops: other looks, same speech; for training on few faces."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_MIRRORED = 0.5


def augment_crops(crops: Tensor, generator: torch.Generator) -> Tensor:
    """The same mouths as of other people, cameras and codecs.

    Changes are constant over a stretch, except for grain and a slight flicker of the light, so that no other motion is
    introduced.

    Args:
        crops: (B, T, H, W) grey in [0, 1].
        generator: of all random choices: place, size, proportions, rotation and mirroring; gamma, contrast and a
            shadow; blur, loss of resolution and of grey levels; a patch over a part; grain.
    """
    batch, frames, height, width = crops.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, 1, generator=generator)

    def sometimes(share: float) -> Tensor:
        return torch.rand(batch, 1, 1, 1, generator=generator) < share

    varied = _bend(crops, generator)
    varied = varied.clamp(1e-4, 1.0) ** torch.exp(uniform(-0.5, 0.5))
    x, y = torch.linspace(-1, 1, width).view(1, 1, 1, -1), torch.linspace(-1, 1, height).view(1, 1, -1, 1)
    shadow = uniform(-0.3, 0.3) * x + uniform(-0.3, 0.3) * y
    varied = varied * (1 + shadow * sometimes(0.6))
    varied = torch.where(sometimes(0.3), F.avg_pool2d(varied, 3, 1, 1, count_include_pad=False), varied)
    for share, size in ((0.2, (24, 32)), (0.1, (16, 22))):
        coarse = F.interpolate(varied, size=size, mode="area")
        coarse = F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
        varied = torch.where(sometimes(share), coarse, varied)
    levels = uniform(10.0, 60.0)
    varied = torch.where(sometimes(0.2), (varied * levels).round() / levels, varied)
    tremor = 1 + 0.03 * torch.randn(batch, frames, 1, 1, generator=generator) * sometimes(0.3)
    centre_x, centre_y = uniform(-1.0, 1.0), uniform(-1.0, 1.0)
    covered = ((x - centre_x).abs() < uniform(0.1, 0.45)) & ((y - centre_y).abs() < uniform(0.1, 0.45))
    covered = covered & sometimes(0.15)
    varied = torch.where(covered, uniform(0.0, 1.0), varied * tremor)
    grain = torch.randn(varied.shape, generator=generator) * uniform(0.0, 0.05) * sometimes(0.5)
    return (varied + grain).clamp(0.0, 1.0)


def _bend(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Stretches (B, T, H, W), each randomly shifted, rotated, scaled, stretched and mirrored."""
    batch, _, height, width = crops.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, generator=generator)

    size, proportion, turn = torch.exp(uniform(-0.16, 0.16)), torch.exp(uniform(-0.1, 0.1)), uniform(-0.18, 0.18)
    lean = uniform(-0.12, 0.12)
    flip = torch.where(uniform(0.0, 1.0) < _MIRRORED, -1.0, 1.0)
    cosine, sine, aspect = torch.cos(turn), torch.sin(turn), height / width
    across = torch.stack([flip * size * proportion * cosine, -size * (sine + lean) * aspect, uniform(-0.1, 0.1)], dim=1)
    down = torch.stack([flip * size * sine / aspect, size / proportion * cosine, uniform(-0.12, 0.12)], dim=1)
    grid = F.affine_grid(torch.stack([across, down], dim=1), list(crops.shape), align_corners=False)
    return F.grid_sample(crops, grid, mode="bilinear", padding_mode="border", align_corners=False)
