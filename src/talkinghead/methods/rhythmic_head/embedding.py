"""The hybrid embedding: K references with their landmarks -> appearance, and weights for the composition.

Source: Chen et al. 2020, section 4.2, equations 3 to 7, figure 4. The number of layers and their widths are in a
    supplement that is not at hand.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.config import CompositionConfig

_SLOPE = 0.2


class Memory(NamedTuple):
    """What is kept of K references; computed once, whatever the target. Places p are the h * w of the features.

    Attributes:
        keys: (B, p, K, C) activations of their landmarks.
        images: (B, p, K, C) refined image features.
        landmarks: (B, p, K, C) refined landmark features.
        gated_images: (B, C, h, w) image features, aggregated by themselves.
        gated_landmarks: (B, C, h, w) landmark features, aggregated by themselves.
    """

    keys: Tensor
    images: Tensor
    landmarks: Tensor
    gated_images: Tensor
    gated_landmarks: Tensor


class DynamicWeights(NamedTuple):
    """The weights that the embedding makes for a layer of the composition (equation 7).

    Attributes:
        landmark: (B, D, D), theta_S: of the encoder of the target's landmarks.
        spade: (B, 2 C, D), theta_gamma and theta_beta: of the dynamic SPADE block.
    """

    landmark: Tensor
    spade: Tensor


class HybridEmbedding(nn.Module):
    """References and a target's landmarks -> image and landmark embedding (equations 3, 4 and 6).

    Args:
        config: sizes.
    """

    def __init__(self, config: CompositionConfig) -> None:
        super().__init__()
        size = config.embedding
        self.activation = _encoder(1, size)
        self.image, self.landmark = _encoder(3, size), _encoder(1, size)
        self.exchange = nn.Conv2d(2 * size, 2 * size, 1)
        self.refine_image, self.refine_landmark = (nn.Conv2d(2 * size, size, 1) for _ in range(2))
        self.image_gate, self.landmark_gate = (_ConvGate(size) for _ in range(2))
        self.image_out, self.landmark_out = (_block(size, size) for _ in range(2))

    def encode(self, pictures: Tensor, sketches: Tensor) -> Memory:
        """What is kept of references.

        Args:
            pictures: (B, K, 3, s, s) in [-1, 1].
            sketches: (B, K, 1, s, s) their landmark images in [0, 1].
        """
        batch, count = pictures.shape[:2]
        flat_pictures, flat_sketches = pictures.flatten(0, 1), sketches.flatten(0, 1)
        own_images, own_landmarks = self.image(flat_pictures), self.landmark(flat_sketches)
        told_images, told_landmarks = self._exchange(own_images, own_landmarks)
        images = self.refine_image(torch.cat([own_images, told_images], dim=1))
        landmarks = self.refine_landmark(torch.cat([own_landmarks, told_landmarks], dim=1))
        keys = self.activation(flat_sketches)
        # By places, so that what a target looks for in all references is one product of matrices.
        keys, images, landmarks = (
            part.reshape(batch, count, part.shape[1], -1).permute(0, 3, 1, 2).contiguous()
            for part in (keys, images, landmarks)
        )
        own_images, own_landmarks = (
            part.reshape(batch, count, *part.shape[1:]) for part in (own_images, own_landmarks)
        )
        return Memory(keys, images, landmarks, self.image_gate(own_images), self.landmark_gate(own_landmarks))

    def forward(self, memory: Memory, sketch: Tensor) -> tuple[Tensor, Tensor]:
        """The embeddings e_y and e_l, (B, C, h, w) each.

        Args:
            memory: of the references of each target, or of one portrait for all.
            sketch: (B, 1, s, s) the target's landmark image in [0, 1].
        """
        query = self.activation(sketch)
        attention = attend(memory.keys, query)
        images, landmarks = (
            (part.mT @ attention).permute(0, 3, 2, 1).reshape(query.shape) for part in (memory.images, memory.landmarks)
        )
        return (
            self.image_out(F.leaky_relu(images + memory.gated_images, _SLOPE)),
            self.landmark_out(F.leaky_relu(landmarks + memory.gated_landmarks, _SLOPE)),
        )

    def _exchange(self, images: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """What image features are told of landmarks, and landmark features of images."""
        told = F.leaky_relu(self.exchange(torch.cat([images, landmarks], dim=1)), _SLOPE)
        first, second = told.chunk(2, dim=1)
        return first, second


def attend(keys: Tensor, query: Tensor) -> Tensor:
    """The activation maps (M, p, K, B / M) of equation 3; they sum to 1 over the references.

    Args:
        keys: (M, p, K, C) of the references, for as many targets each.
        query: (B, C, h, w) of the targets, whose h * w are the places p.
    """
    batch, places, _, size = keys.shape
    sought = query.reshape(batch, -1, size, places).permute(0, 3, 2, 1)
    maps: Tensor = (keys @ sought / size**0.5).softmax(dim=2)
    return maps


class Fusion(nn.Module):
    """Embeddings -> weights for each layer of the composition (equations 5 and 7).

    Args:
        config: sizes.
    """

    def __init__(self, config: CompositionConfig) -> None:
        super().__init__()
        size, self._dynamic = config.embedding, config.dynamic
        self.images = nn.ModuleList(_block(size, size) for _ in config.channels)
        self.landmarks = nn.ModuleList(
            nn.Sequential(_block(size, size), nn.Conv2d(size, config.rank, 1)) for _ in config.channels
        )
        self.rows = nn.ModuleList(nn.Linear(config.rank, config.dynamic + 2 * c) for c in config.channels)
        self.columns = nn.ModuleList(
            nn.Sequential(nn.Linear(size, size), nn.LeakyReLU(_SLOPE), nn.Linear(size, config.dynamic))
            for _ in config.channels
        )

    def forward(self, image: Tensor, landmark: Tensor) -> list[DynamicWeights]:
        """The weights of each layer, from embeddings (B, C, h, w)."""
        weights = []
        for images, landmarks, rows, columns in zip(self.images, self.landmarks, self.rows, self.columns, strict=True):
            image = images(image)
            places = landmarks(landmark).flatten(2).softmax(dim=2)
            table = columns(torch.bmm(places, image.flatten(2).mT))  # (B, rank, D)
            own = rows(table.mT).mT / self._dynamic**0.5
            weights.append(DynamicWeights(own[:, : self._dynamic], own[:, self._dynamic :]))
        return weights


class _ConvGate(nn.Module):
    """Features of K references -> one, each place weighed by a gate of its own."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(size, size, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, h, w) of (B, K, C, h, w)."""
        gates = torch.sigmoid(self.gate(features.flatten(0, 1))).view(features.shape)
        gated: Tensor = gates * features
        return gated.mean(dim=1)


def _encoder(size_in: int, size: int) -> nn.Sequential:
    """Two layers, which halve the side twice."""
    return nn.Sequential(
        nn.Conv2d(size_in, size, 4, stride=2, padding=1),
        nn.LeakyReLU(_SLOPE),
        nn.Conv2d(size, size, 4, stride=2, padding=1),
        nn.LeakyReLU(_SLOPE),
    )


def _block(size_in: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(size_in, size, 3, padding=1), nn.LeakyReLU(_SLOPE))
