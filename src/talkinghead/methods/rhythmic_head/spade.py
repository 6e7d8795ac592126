"""Spatially adaptive normalisation, with weights that are learned or that another network makes.

Source: Park et al. 2019 (SPADE), section 3; Chen et al. 2020, section 4.3, with the weights of one of three blocks made
    by the embedding. Where we differ: features are normalised for each picture alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class FixedSpade(nn.Module):
    """Features, normalised, with the scale and bias that learned convolutions make of a map.

    Args:
        channels: of the features.
        channels_of_map: of the map.
        kernel: px of the convolution.
    """

    def __init__(self, channels: int, channels_of_map: int, *, kernel: int) -> None:
        super().__init__()
        self.maps = nn.Conv2d(channels_of_map, 2 * channels, kernel, padding=kernel // 2)

    def forward(self, normal: Tensor, shown: Tensor) -> Tensor:
        """(B, C, H, W), from normalised features of that shape and a map (B, M, H, W)."""
        scale, bias = self.maps(shown).chunk(2, dim=1)
        found: Tensor = normal * (1 + scale) + bias
        return found


def apply_dynamic_spade(normal: Tensor, shown: Tensor, weights: Tensor) -> Tensor:
    """Features, normalised, with the scale and bias that given weights make of a map.

    Args:
        normal: (B, C, H, W) normalised features.
        shown: (B, M, H, W) the map.
        weights: (B, 2 C, M).
    """
    scale, bias = convolve_each(shown, weights).chunk(2, dim=1)
    return normal * (1 + scale) + bias


def convolve_each(features: Tensor, weights: Tensor) -> Tensor:
    """(B, N, H, W) features (B, M, H, W), each convolved with weights (B, N, M) of its own, of 1 x 1 px."""
    batch, _, height, width = features.shape
    return torch.bmm(weights, features.flatten(2)).view(batch, -1, height, width)


def normalise(features: Tensor) -> Tensor:
    """Features (B, C, H, W) with mean 0 and deviation 1 in each channel of each picture."""
    return F.instance_norm(features)
