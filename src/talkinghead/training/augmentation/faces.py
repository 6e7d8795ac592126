"""Augmentation of faces: other proportions."""

from __future__ import annotations

import torch
from torch import Tensor

from talkinghead.face.landmarks import JAW, LIPS, NOSE

_STRETCH = (0.3, 0.4, 0.6)  # width, height and depth: how much larger the largest face is than the smallest
_WHOLE, _PART, _POINT = 0.03, 0.05, 0.012  # eye distances by which faces, their parts and single landmarks move


def augment_faces(
    rest: Tensor, generator: torch.Generator, *, share: float = 0.5, strength: float = 1.0, unit: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Faces of other proportions, with jaw, lips and nose at other places.

    Args:
        rest: (B, 68, 2 or 3) at rest.
        generator: of all random choices.
        share: of the batch.
        strength: of the change; 1: as much as adults differ.
        unit: an eye distance in units of ``rest``.

    Returns:
        The faces, and the factors (B, 1, 2 or 3) by which their movements scale.
    """
    batch, _, axes = rest.shape

    def normal(size: float, count: int = 1) -> Tensor:
        return size * strength * unit * torch.randn(batch, count, axes, generator=generator)

    other = (torch.rand(batch, 1, 1, generator=generator) < share).float()
    reach = strength * torch.tensor(_STRETCH[:axes])
    scale = 1 + (torch.rand(batch, 1, axes, generator=generator) - 0.5) * reach * other
    faces = rest * scale + other * (normal(_WHOLE) + normal(_POINT, rest.shape[1]))
    for part in (JAW, LIPS, NOSE):
        faces[:, part] += other * normal(_PART)
    return faces, scale
