"""Displacement fields: pictures whose pixels are moved as landmarks move."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

FIELD_STEP = 4
"""Px between the values of a displacement field."""

_NEAR_PX = 3.0  # distance from a landmark, in a picture of 256 px, below which only that landmark counts
_REACH_PX = 55.0  # distance in the same px beyond which the picture stays where it is


def landmark_field(source: Tensor, target: Tensor, size: int) -> Tensor:
    """Where in the portrait each place of the picture comes from, by the displacement of the landmarks.

    Args:
        source: (B, 68, 2) px of the portrait.
        target: (B, 68, 2) px of the picture.
        size: side of both in px, divisible by 4.

    Returns:
        (B, 2, size / 4, size / 4) px in x and y: at a landmark its own displacement, between landmarks their mean,
        weighted by the inverse fourth power of the distance, and far from all of them none.

    Source: Shepard 1968, inverse distance weighting, with one more point, infinitely far away, that does not move.
    """
    scale = size / 256
    with torch.autocast(target.device.type, enabled=False):  # half precision would round off fractions of a pixel
        squares = landmark_distances(target, size)
        weight = (squares + (_NEAR_PX * scale) ** 2).pow(-2)
        still = 1 / (_REACH_PX * scale) ** 4
        field = weight @ (source - target) / (weight.sum(dim=2, keepdim=True) + still)
    side = size // FIELD_STEP
    return field.mT.reshape(len(field), 2, side, side)


def landmark_distances(landmarks: Tensor, size: int) -> Tensor:
    """(B, (size / 4)**2, 68) squared px from each place of a field, row by row, to each of the landmarks (B, 68, 2)."""
    middles = torch.arange(size // FIELD_STEP, device=landmarks.device) * FIELD_STEP + (FIELD_STEP - 1) / 2
    rows, columns = torch.meshgrid(middles, middles, indexing="ij")
    places = torch.stack([columns, rows], dim=-1).reshape(-1, 2).to(landmarks.dtype)
    squares = places.square().sum(dim=1)[:, None] + landmarks.square().sum(dim=2)[:, None]
    across = places.expand(len(landmarks), -1, -1)
    return torch.baddbmm(squares, across, landmarks.mT, alpha=-2.0).clamp(min=0)


def move(pictures: Tensor, field: Tensor) -> Tensor:
    """Pictures (B, 3, S, S) whose pixels come from ``field`` (B, 2, s, s) px away; borders are replicated."""
    size = pictures.shape[-1]
    fine = F.interpolate(field.float().contiguous(), size=(size, size), mode="bilinear", align_corners=False)
    middles = (2 * torch.arange(size, device=field.device) + 1) / size - 1
    rows, columns = torch.meshgrid(middles, middles, indexing="ij")
    grid = torch.stack([columns, rows], dim=-1) + fine.permute(0, 2, 3, 1) * (2 / size)
    return F.grid_sample(pictures.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)


def mix_pictures(painted: Tensor, share: Tensor, portrait: Tensor, field: Tensor) -> Tensor:
    """Blend painted pictures with pixels copied from a portrait.

    Args:
        painted: (B, 3, S, S).
        share: (B, 1, S, S) in [0, 1], the weight of the copied pixels.
        portrait: (B or 1, 3, S, S).
        field: (B, 2, s, s) px, displacements to the source of each place.

    Returns:
        (B, 3, S, S).
    """
    return torch.lerp(painted, move(portrait.expand(len(painted), -1, -1, -1), field), share)
