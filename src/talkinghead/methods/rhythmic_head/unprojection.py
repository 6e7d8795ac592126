"""The unprojection network: a picture of a face -> its mesh, in place of the tracker's.

Source: Chen et al. 2020, section 4.1: a U-Net, pretrained on 300W-LP, that maps the most frontal frame to a position
    map. Where we differ: the network tells pose, identity and expression of the face model, and these give the mesh.
    So it needs few people to learn from, and the teeth come with it. What ships takes the tracker's mesh.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LIPS, MESH_OF_68
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import OUTER_EYE_CORNERS
from talkinghead.methods.rhythmic_head.config import RhythmicConfig, UnprojectionConfig
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours

SURFACE = 468
"""Points of the mesh without the irises."""

_SLOPE = 0.2
_POSE = 6 + 2 + 1  # two axes of the head, its place, the logarithm of its size
_EYES = 0.4  # distance of the outer eye corners before anything is learned, in halves of the picture's side
_DROP = -0.2  # where their middle is then
_CALM = 0.1  # of the last layer's usual weights
_LIP_WEIGHT, _USUAL_WEIGHT = 0.5, 0.003
_LIPS_OF_MESH = MESH_OF_68[LIPS].tolist()
_LEFT, _RIGHT = (int(point) for point in OUTER_EYE_CORNERS)


class Unprojected(NamedTuple):
    """A face as the network tells it.

    Attributes:
        mesh: (B, 468, 3) in halves of the picture's side, x and y from its middle, z from the middle of the eyes.
        weights: (B, K + 51) of the face model's identities and expressions.
    """

    mesh: Tensor
    weights: Tensor


class UnprojectionNetwork(nn.Module):
    """Pictures (B, 3, S, S) in [-1, 1] -> faces.

    Args:
        config: sizes.
    """

    mean: Tensor
    modes: Tensor

    def __init__(self, config: UnprojectionConfig) -> None:
        super().__init__()
        self.config = config
        sizes = (3, *config.channels)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(sizes))
        places = (config.size // 2 ** len(config.channels)) ** 2
        self.hidden = nn.Linear(sizes[-1] * places, config.hidden)
        model = load_face_model()
        self.out = nn.Linear(config.hidden, _POSE + config.identities + len(EXPRESSION_NAMES))
        with torch.no_grad():  # at first the mean face, seen from the front
            self.out.weight.mul_(_CALM)
            self.out.bias.zero_()
            self.out.bias[0] = self.out.bias[4] = 1.0
            self.out.bias[7] = _DROP
        modes = torch.from_numpy(model.identities[: config.identities, :SURFACE].copy())
        faces = torch.from_numpy(model.expressions[:, :SURFACE].copy())
        self.register_buffer("mean", torch.from_numpy(model.mean[:SURFACE].copy()).float(), persistent=False)
        self.register_buffer("modes", torch.cat([modes, faces]).float(), persistent=False)

    def forward(self, pictures: Tensor) -> Unprojected:
        """The faces of pictures."""
        x = pictures
        for layer in self.layers:
            x = F.leaky_relu(layer(x), _SLOPE)
        told = self.out(F.leaky_relu(self.hidden(x.flatten(1)), _SLOPE)).float()
        pose, weights = told[:, :_POSE], told[:, _POSE:]
        shape = self.mean + torch.einsum("bk,knc->bnc", weights, self.modes)
        turned = shape @ rotation_of_axes(pose[:, :6]).mT * (_EYES * torch.exp(pose[:, 8]))[:, None, None]
        return Unprojected(turned + F.pad(pose[:, 6:8], (0, 1))[:, None], weights)


def rotation_of_axes(axes: Tensor) -> Tensor:
    """Rotation matrices (B, 3, 3), of two axes (B, 6) that need be neither unit vectors nor at right angles.

    Source: Zhou et al. 2019, "On the continuity of rotation representations in neural networks".
    """
    first = F.normalize(axes[:, :3], dim=1)
    second = F.normalize(axes[:, 3:] - (first * axes[:, 3:]).sum(dim=1, keepdim=True) * first, dim=1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=2)


def mesh_distances(mesh: Tensor, target: Tensor) -> Tensor:
    """(B, N) distances of the points of meshes (B, N, 3), in distances of the target's outer eye corners."""
    eyes: Tensor = (target[:, _LEFT] - target[:, _RIGHT]).norm(dim=1, keepdim=True)
    distances: Tensor = (mesh - target).norm(dim=2) / eyes
    return distances


def unprojection_losses(network: nn.Module, batch: Mapping[str, Tensor], config: RhythmicConfig) -> dict[str, Tensor]:
    """Distances of the mesh and of its lips, and how unusual the face is.

    Args:
        network: ``UnprojectionNetwork``, possibly wrapped by a training loop.
        batch: ``picture`` (B, S, S, 3) uint8 and ``mesh`` (B, 468, 3) as in ``Unprojected``.
        config: sizes.
    """
    pictures = as_colours(batch["picture"])
    with autocast(pictures.device):
        found: Unprojected = network(pictures)
    distances = mesh_distances(found.mesh, batch["mesh"])
    return {
        "mesh_loss": distances.mean(),
        "lip_loss": _LIP_WEIGHT * distances[:, _LIPS_OF_MESH].mean(),
        "usual_loss": _USUAL_WEIGHT * found.weights.square().mean(),
    }


def unprojection_example(config: RhythmicConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic pictures, and meshes that differ from the mean face."""
    generator, side = torch.Generator().manual_seed(seed), config.unprojection.size
    face = torch.from_numpy(load_face_model().mean[:SURFACE].copy()).float() * _EYES
    return {
        "picture": torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8, generator=generator),
        "mesh": face + 0.05 * torch.randn(2, SURFACE, 3, generator=generator),
    }
