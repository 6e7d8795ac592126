"""FlowNet: how the projected and the matched picture still lie beside the target, and where they are to be believed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.config import CompositionConfig

_SLOPE = 0.2
_CALM = 0.02  # of the last layer's usual weights
_MOVED = 2  # pictures: projected, matched


class Flows(NamedTuple):
    """The output of FlowNet.

    Attributes:
        fields: (B, 2, 2, h, w) px of the picture, x and y, for the projected and the matched picture.
        attention: (B, 2, h, w) in [0, 1].
    """

    fields: Tensor
    attention: Tensor


class FlowNet(nn.Module):
    """Small pictures and landmark image -> flows and attention maps.

    Source: Chen et al. 2020, section 4.3, after Wang et al. 2018 (vid2vid). Where we differ, in configurations with
        ``residual``: the pictures are moved by mesh and rig beforehand, so that flows are small.

    Args:
        channels_in: of the small pictures and the landmark image.
        config: sizes.
    """

    def __init__(self, channels_in: int, config: CompositionConfig) -> None:
        super().__init__()
        size, self._reach = config.flow_channels, config.flow_reach
        self.fine = nn.Conv2d(channels_in, size, 3, padding=1)
        self.coarse = nn.Sequential(
            nn.Conv2d(size, 2 * size, 4, stride=2, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(2 * size, 2 * size, 3, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.ConvTranspose2d(2 * size, size, 4, stride=2, padding=1),
        )
        self.out = nn.Conv2d(size, 3 * _MOVED, 3, padding=1)
        with torch.no_grad():  # hardly any flow at first
            self.out.weight.mul_(_CALM)
            assert self.out.bias is not None
            self.out.bias.zero_()

    def forward(self, shown: Tensor) -> Flows:
        """Flows and attention maps of (B, channels_in, h, w)."""
        fine = F.leaky_relu(self.fine(shown), _SLOPE)
        made = self.out(F.leaky_relu(fine + self.coarse(fine), _SLOPE)).float()
        fields = self._reach * torch.tanh(made[:, : 2 * _MOVED] / self._reach)
        return Flows(fields.reshape(-1, _MOVED, 2, *fields.shape[2:]), torch.sigmoid(made[:, 2 * _MOVED :]))


def move_picture(picture: Tensor, field: Tensor) -> Tensor:
    """A picture (B, C, S, S) that shows in each place what lies a field (B, 2, h, w) px away in the given one."""
    side = picture.shape[-1]
    axis = (torch.arange(side, device=picture.device, dtype=picture.dtype) * 2 + 1) / side - 1
    field = F.interpolate(field.to(picture.dtype) * (2 / side), size=(side, side), mode="bilinear", align_corners=False)
    grid = torch.stack([field[:, 0] + axis, field[:, 1] + axis[:, None]], dim=-1)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=False)
