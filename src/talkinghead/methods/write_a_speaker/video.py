"""The photo-realistic video generator: a space-time volume of landmark images -> the frame in its middle."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.write_a_speaker.config import SpaceTimeConfig
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.discriminators import MultiScaleDiscriminator

_SLOPE = 0.2
_CALM = 0.1  # of the last layers' usual weights
_DEEP = 4  # sides of the picture per side of the features


class SpaceTimeGenerator(nn.Module):
    """A space-time volume of landmark images -> a frame.

    Source: Li et al. 2021, "Photo-realistic Video Generator", figure 6 and equation 7: features of the volume at two
        scales are summed; a face, a mask, which shares its first residual blocks, and the colours of everything else
        are made of them. Neither the number of the other layers nor their widths are stated. Where we differ, in
        configurations with ``residual``: it also sees the person's own picture, warped by the same motion, and face and
        colours are differences from it, so that it is sharp from the first step.

    Args:
        config: sizes.
    """

    def __init__(self, config: SpaceTimeConfig) -> None:
        super().__init__()
        if config.shrink not in (1, 2, 4) or config.size % (8 * config.shrink):
            raise ValueError(f"{config} does not divide into features")
        self.config = config
        size, halvings = config.channels, {1: 2, 2: 1, 4: 0}[config.shrink]
        self.fine = _pathway(config.window, size, halvings)
        self.coarse = _pathway(config.window, size, max(0, halvings - 1))
        self.own = nn.Conv2d(3 * _DEEP**2, size, 3, padding=1) if config.residual else None
        self.colour_blocks = nn.Sequential(*[_Residual(size) for _ in range(config.shared)])
        self.colour = _enlarge(size, 3, calm=config.residual)
        if config.mask:
            self.shared = nn.Sequential(*[_Residual(size) for _ in range(config.shared)])
            self.face_blocks = nn.Sequential(*[_Residual(size) for _ in range(config.own)])
            self.face = _enlarge(size, 3, calm=config.residual)
            self.mask = nn.Sequential(nn.Conv2d(size, _DEEP**2, 3, padding=1), nn.PixelShuffle(_DEEP))

    def forward(self, volume: Tensor, own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The frame, the face and the mask.

        Args:
            volume: (B, window, S / shrink, S / shrink) landmark images in [0, 1].
            own: (B, 3, S, S) the person's own picture, warped, in [-1, 1]; not looked at without ``residual``.

        Returns:
            (B, 3, S, S) the frame, and the same of the face, which without a mask is the frame, both about in [-1, 1];
            (B, 1, S, S) the mask in [0, 1].
        """
        coarse = F.avg_pool2d(volume, 2) if self.config.shrink < _DEEP else volume
        features = self.fine(volume) + self.coarse(coarse)
        if self.own is not None:
            features = features + self.own(F.pixel_unshuffle(own, _DEEP))
        features = F.leaky_relu(features, _SLOPE)
        base, reach = (own, 2.0) if self.own is not None else (0.0, 1.0)
        colours = base + reach * torch.tanh(self.colour(self.colour_blocks(features)).float())
        if not self.config.mask:
            return colours, colours, torch.zeros_like(colours[:, :1])
        shared = self.shared(features)
        face = base + reach * torch.tanh(self.face(self.face_blocks(shared)).float())
        mask = torch.sigmoid(self.mask(shared).float())
        return mask * face + (1 - mask) * colours, face, mask


class _Residual(nn.Module):
    """Two convolutions added to their input (B, C, H, W)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(size, size, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        inside: Tensor = self.second(F.leaky_relu(self.first(x), _SLOPE))
        return x + inside


def _pathway(size_in: int, size: int, halvings: int) -> nn.Sequential:
    """Landmark images -> features, at half the side for each halving."""
    layers: list[nn.Module] = []
    for number in range(max(1, halvings)):
        before = size_in if number == 0 else size
        layers.append(nn.Conv2d(before, size, *((4, 2, 1) if halvings else (3, 1, 1))))
        layers.append(nn.LeakyReLU(_SLOPE))
    return nn.Sequential(*layers[:-1])


def _enlarge(size: int, size_out: int, *, calm: bool) -> nn.Sequential:
    """Features -> a picture of four times the side; with ``calm`` hardly anything at first."""
    half = size // 2
    last = nn.Conv2d(half, 4 * size_out, 3, padding=1)
    if calm:
        with torch.no_grad():
            last.weight.mul_(_CALM)
            assert last.bias is not None
            last.bias.zero_()
    return nn.Sequential(
        nn.Conv2d(size, 4 * half, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(_SLOPE), last, nn.PixelShuffle(2)
    )


def video_adversaries(config: SpaceTimeConfig) -> Adversaries[SpaceTimeGenerator, MultiScaleDiscriminator]:
    """The generator and its discriminators, each of which sees the volume and a frame (equation 8)."""
    channels = config.discriminator_channels
    judges = MultiScaleDiscriminator(config.window + 3, channels, scales=config.scales, strided=min(3, len(channels)))
    return Adversaries(SpaceTimeGenerator(config), judges)
