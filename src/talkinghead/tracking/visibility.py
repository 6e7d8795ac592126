"""Whether a mouth can be seen where the mesh places it.

The mesh places a mouth in every face, also under a mask, behind a cup or on the forehead of a head that it takes for
upside down. The features of the lips, from which it reads their landmarks, tell whether there are any: one linear layer
over them, trained on open recordings by ``data/mouth_visibility.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.tracking.layers import LayerGraph
from talkinghead.tracking.mesh import read_squares_and_features
from talkinghead.tracking.networks import load, run_network, weights_of
from talkinghead.tracking.regions import cut_squares, squares_of_landmarks
from talkinghead.types import BoolArray, FloatArray, ImageArray
from talkinghead.weights import load_network

NAME = "mouth_visible"
"""The file of its weights, beside those of the tracker's networks."""

COVERED = -3.0
"""Log odds that a mouth is seen, below which it is covered: a moustache over the lips has -2, a mask -4 or less."""


@dataclass(frozen=True)
class MouthVisibilityConfig:
    """What is read.

    Attributes:
        layer: of the face mesh, whose features tell it.
        features: how many there are.
    """

    layer: str = "377"
    features: int = 2048


class MouthVisibility(nn.Module):
    """Features of the lips (N, ...) -> the log odds (N,) that a mouth is seen."""

    def __init__(self, config: MouthVisibilityConfig) -> None:
        super().__init__()
        self.config = config
        self.read = nn.Linear(config.features, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N,) the log odds."""
        odds: Tensor = self.read(features.flatten(1))
        return odds[:, 0]


@cache
def _network() -> MouthVisibility:
    network = load_network(MouthVisibility, MouthVisibilityConfig, weights_of(NAME))
    return network.eval().requires_grad_(False)


@cache
def _lips(layer: str) -> LayerGraph:
    return load("face_mesh").part((layer,)).eval().requires_grad_(False)


def read_lip_features(
    images: Sequence[ImageArray], meshes: FloatArray, layer: str = MouthVisibilityConfig.layer
) -> FloatArray:
    """(N, features) what the mesh network sees of the lips.

    Args:
        images: N pictures (H, W, 3), of any sizes.
        meshes: (N, 478, 3) px, one face in each picture.
        layer: of the face mesh.
    """
    network, squares = _lips(layer), squares_of_landmarks(meshes)
    side = network.config.size
    found = run_network(network, len(images), lambda rows: cut_squares(images[rows], squares[rows], side))
    return found[0].reshape(len(images), -1)


def mouth_visibility(images: Sequence[ImageArray], meshes: FloatArray) -> FloatArray:
    """(N,) log odds that the mouth is seen where a mesh places it.

    Args:
        images: N pictures (H, W, 3), of any sizes.
        meshes: (N, 478, 3) px, one face in each picture.
    """
    if not len(images):
        return np.zeros(0)
    return _odds(read_lip_features(images, meshes, _network().config.layer))


def read_faces_and_mouths(
    images: Sequence[ImageArray], squares: FloatArray
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Landmarks (N, 478, 3), whether there is a face (N,), and the log odds (N,) that its mouth is seen.

    Args:
        images: N pictures (H, W, 3), of any sizes.
        squares: (N, 4) as ``tracking.mesh.read_squares`` takes them; their own network gives the odds in passing.
    """
    landmarks, present, features = read_squares_and_features(images, squares, _network().config.layer)
    return landmarks, present, _odds(features)


def _odds(features: FloatArray) -> FloatArray:
    with torch.inference_mode():
        return np.asarray(_network()(torch.from_numpy(features).float()).double().numpy())


def mouth_is_covered(image: ImageArray, mesh: FloatArray) -> bool:
    """Whether something hides the mouth of a face (478, 3) px in a picture (H, W, 3): a mask, a cup, a hand."""
    return float(mouth_visibility([image], mesh[None])[0]) < COVERED
