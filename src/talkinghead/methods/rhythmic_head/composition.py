"""The non-linear composition of projected and matched pictures.

Source: Chen et al. 2020, section 4.3, figure 6.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.config import CompositionConfig
from talkinghead.methods.rhythmic_head.embedding import DynamicWeights, Fusion, HybridEmbedding, Memory
from talkinghead.methods.rhythmic_head.flow import FlowNet, Flows, move_picture
from talkinghead.methods.rhythmic_head.spade import FixedSpade, apply_dynamic_spade, convolve_each, normalise
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.discriminators import MultiScaleDiscriminator

_SLOPE = 0.2
_CALM = 0.02  # of the last layers' usual weights
_COSTS = 2
_COST_SCALE = 100.0
_PRIOR = (2.0, 2.0, 0.0, 0.0, -3.0)  # of own, matched, spoken, still and projected, before anything is learned
_HOLE = 1e-4
_REACH = 0.5  # of the colours that are added


class Pictures(NamedTuple):
    """The pictures that are composed, (B, C, S, S) in [-1, 1]; see ``scenes.Sources``.

    Attributes:
        own: of 3 channels, as are the next three.
        matched: nearest in pose, moved.
        spoken: nearest in the mouth's shape, moved.
        still: nearest in pose, not moved.
        projected: of 4 channels, the last in [0, 1].
        costs: (B, 2) of the nearest pose and the nearest mouth.
    """

    own: Tensor
    matched: Tensor
    spoken: Tensor
    still: Tensor
    projected: Tensor
    costs: Tensor


class Composed(NamedTuple):
    """What the network makes.

    Attributes:
        picture: (B, 3, S, S), about in [-1, 1].
        projected: (B, 4, S, S), moved by the flow.
        matched: (B, 3, S, S), moved by the flow.
        masks: (B, 5, S, S) shares of own, matched, spoken, still and projected picture; None without ``residual``.
    """

    picture: Tensor
    projected: Tensor
    matched: Tensor
    masks: Tensor | None


class CompositionNetwork(nn.Module):
    """References, and pictures near the target -> the target.

    Each layer of the decoder has three SPADE blocks, whose results are summed: one with the weights that the embedding
    makes, on features of the target's landmarks; one on features of the projected picture; one on features of the
    matched picture.

    Where we differ, in configurations with ``residual``: the network also sees the portrait's own picture, warped, and
    two blends of references, moved by their rigs; it makes shares of these pictures, and colours that are added. So a
    face that it has never seen stays itself, and the untrained network shows about the warped picture.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompositionConfig) -> None:
        super().__init__()
        deep = 2 ** (len(config.channels) - 1)
        if config.size % (config.stem * deep) or config.thumbnail % 4:
            raise ValueError(f"{config} does not divide into layers")
        self.config = config
        sizes, area = config.channels, config.stem**2
        self.embedding, self.fusion = HybridEmbedding(config), Fusion(config)
        self.flow = FlowNet(4 + 3 * (4 if config.residual else 1) + 1, config)
        self.projected_encoder = _PictureEncoder((4 + 3 * config.residual) * area, 1, sizes)
        self.matched_encoder = _PictureEncoder((3 + 6 * config.residual) * area, 1 + _COSTS, sizes)
        self.landmark_stem = nn.Conv2d(1, config.dynamic, 3, padding=1)
        self.start = nn.Conv2d(config.embedding, sizes[-1], 1)
        self.projected_spade = nn.ModuleList(FixedSpade(c, c, kernel=config.kernel) for c in sizes)
        self.matched_spade = nn.ModuleList(FixedSpade(c, c, kernel=config.kernel) for c in sizes)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 4, stride=2, padding=1) for a, b in pairwise(sizes))
        self.last = nn.Conv2d(sizes[0], sizes[0], 3, padding=1)
        self.colours = _head(sizes[0], 3 * area) if config.corrected or not config.residual else None
        self.masks = _head(sizes[0], 4 * len(_PRIOR)) if config.residual else None
        self.prior = nn.Parameter(torch.tensor(_PRIOR)) if config.residual else None

    def encode(self, pictures: Tensor, sketches: Tensor) -> Memory:
        """What is kept of references: see ``HybridEmbedding.encode``."""
        return self.embedding.encode(pictures, sketches)

    def forward(self, memory: Memory, given: Pictures, sketch: Tensor) -> Composed:
        """The target.

        Args:
            memory: of the references.
            given: the pictures near the target.
            sketch: (B, 1, S / stem, S / stem) the target's landmark image in [0, 1].
        """
        config = self.config
        given = given if config.projected else given._replace(projected=torch.zeros_like(given.projected))
        image, weights = self._embed(memory, sketch)
        flows = self._estimate_flows(given, sketch)
        if config.warped:
            given = given._replace(
                projected=move_picture(given.projected, flows.fields[:, 0]),
                matched=move_picture(given.matched, flows.fields[:, 1]),
            )
        features = F.leaky_relu(
            self.last(self._decode(image, weights, self._encode_pictures(given, flows), sketch)), _SLOPE
        )
        made = torch.tanh(_spread(self.colours(features), config.stem)) if self.colours else None
        if self.masks is None or self.prior is None:
            assert made is not None
            return Composed(made, given.projected, given.matched, None)
        masks = self._share(self.masks(features), given.projected[:, 3:])
        shown = (given.own, given.matched, given.spoken, given.still, given.projected[:, :3])
        # Of whole planes: of pixels with their colours side by side, this takes several times as long.
        picture = masks[:, 0, None] * shown[0].contiguous()
        for k, one in enumerate(shown[1:], start=1):
            picture = torch.addcmul(picture, masks[:, k, None], one.contiguous())
        picture = picture if made is None else torch.add(picture, made, alpha=_REACH)
        return Composed(picture, given.projected, given.matched, masks)

    def _embed(self, memory: Memory, sketch: Tensor) -> tuple[Tensor, list[DynamicWeights]]:
        """The appearance (B, C, h, w), and the weights of each layer, the finest first."""
        side = self.config.thumbnail
        small = sketch if sketch.shape[-1] == side else F.interpolate(sketch, size=(side, side), mode="area")
        image, landmark = self.embedding(memory, small)
        return image, self.fusion(image, landmark)

    def _estimate_flows(self, given: Pictures, sketch: Tensor) -> Flows:
        own = (given.own, given.spoken, given.still) if self.config.residual else ()
        small = [F.avg_pool2d(shown, self.config.stem) for shown in (given.projected, given.matched, *own)]
        flows: Flows = self.flow(torch.cat([*small, sketch], dim=1))
        return flows

    def _encode_pictures(self, given: Pictures, flows: Flows) -> tuple[list[Tensor], list[Tensor]]:
        """Features of the projected and of the matched picture for each layer, the finest first."""
        stem, residual = self.config.stem, self.config.residual
        projected = (given.projected, given.own) if residual else (given.projected,)
        matched = (given.matched, given.spoken, given.still) if residual else (given.matched,)
        costs = torch.log1p(_COST_SCALE * given.costs)[:, :, None, None].expand(-1, -1, *flows.attention.shape[2:])
        folded = [torch.cat([_fold(shown, stem) for shown in group], dim=1) for group in (projected, matched)]
        if residual:  # FlowNet learns from the blend alone: that takes a third of the time
            folded = [pictures.detach() for pictures in folded]
        return (
            self.projected_encoder(folded[0], flows.attention[:, :1]),
            self.matched_encoder(folded[1], torch.cat([flows.attention[:, 1:], costs], dim=1)),
        )

    def _decode(
        self,
        image: Tensor,
        weights: list[DynamicWeights],
        pictures: tuple[list[Tensor], list[Tensor]],
        sketch: Tensor,
    ) -> Tensor:
        """(B, C, S / stem, S / stem) features, from the coarsest layer to the finest."""
        landmarks = self._encode_landmarks(sketch, weights)
        x = self.start(F.interpolate(image, size=landmarks[-1].shape[2:], mode="bilinear", align_corners=False))
        for k in reversed(range(len(landmarks))):
            normal = normalise(x)
            x = self.projected_spade[k](normal, pictures[0][k]) + self.matched_spade[k](normal, pictures[1][k])
            if self.config.embedded:
                x = x + apply_dynamic_spade(normal, landmarks[k], weights[k].spade)
            x = F.leaky_relu(x, _SLOPE)
            x = self.up[k - 1](x) if k else x
        found: Tensor = x
        return found

    def _encode_landmarks(self, sketch: Tensor, weights: list[DynamicWeights]) -> list[Tensor]:
        """Features of the target's landmarks for each layer, by convolutions with the weights theta_S."""
        x, found = self.landmark_stem(sketch), []
        for k, own in enumerate(weights):
            x = F.avg_pool2d(x, 2) if k else x
            x = F.leaky_relu(x + convolve_each(x, own.landmark), _SLOPE)
            found.append(x)
        return found

    def _share(self, logits: Tensor, known: Tensor) -> Tensor:
        """(B, 5, S, S) shares of the pictures; holes of the projected one have none."""
        assert self.prior is not None
        logits = _spread(logits, 2) + self.prior.view(1, -1, 1, 1)
        logits = F.interpolate(logits, size=known.shape[2:], mode="bilinear", align_corners=False)
        holes = torch.log(known.clamp_min(_HOLE)).expand_as(logits[:, -1:])
        return (logits + F.pad(holes, (0, 0, 0, 0, len(self.prior) - 1, 0))).softmax(dim=1)


class _PictureEncoder(nn.Module):
    """Pictures, folded to the finest layer, and maps of that layer -> features of each layer.

    Args:
        size_in: channels of the folded pictures.
        maps: number of maps.
        sizes: channels of the layers, the finest first.
    """

    def __init__(self, size_in: int, maps: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.pictures = nn.Conv2d(size_in, sizes[0], 3, padding=1)
        self.maps = nn.Conv2d(maps, sizes[0], 1, bias=False)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(sizes))

    def forward(self, pictures: Tensor, maps: Tensor) -> list[Tensor]:
        """(B, C, h, w) for each layer, the finest first."""
        x = F.leaky_relu(self.pictures(pictures) + self.maps(maps), _SLOPE)
        return [x, *(x := F.leaky_relu(layer(x), _SLOPE) for layer in self.down)]


def _fold(pictures: Tensor, stem: int) -> Tensor:
    """(B, stem² C, h, w) squares of ``stem`` px of pictures (B, C, S, S), channels last: row, column, colour."""
    batch, channels, height, width = pictures.shape
    squares = pictures.permute(0, 2, 3, 1).reshape(batch, height // stem, stem, width // stem, stem, channels)
    return squares.transpose(2, 3).reshape(batch, height // stem, width // stem, -1).permute(0, 3, 1, 2)


def _spread(features: Tensor, factor: int) -> Tensor:
    """Features (B, factor² C, h, w) as planes (B, C, factor h, factor w)."""
    return F.pixel_shuffle(features.float().contiguous(), factor)


def _head(size: int, size_out: int) -> nn.Conv2d:
    """The last layer, which makes hardly anything at first."""
    layer = nn.Conv2d(size, size_out, 3, padding=1)
    with torch.no_grad():
        layer.weight.mul_(_CALM)
        assert layer.bias is not None
        layer.bias.zero_()
    return layer


def picture_adversaries(config: CompositionConfig) -> Adversaries[CompositionNetwork, MultiScaleDiscriminator]:
    """The network and two discriminators, each of which sees the landmark image and a picture (section 4.4)."""
    channels = config.discriminator_channels
    judges = MultiScaleDiscriminator(1 + 3, channels, scales=2, strided=min(3, len(channels)))
    return Adversaries(CompositionNetwork(config), judges)
