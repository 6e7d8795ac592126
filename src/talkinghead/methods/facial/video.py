"""Rendering-to-video: rendered faces with eye attention maps -> frames of a person."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.facial.config import RenderToVideoConfig
from talkinghead.rendering.mesh_render import TEXTURE_SIDE, Skin
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.discriminators import MultiScaleDiscriminator

_SLOPE = 0.2
_CALM = 0.001  # of the last layer's usual weights: where training improves nothing, the warped picture is what is kept
_GRAIN, _AROUND = 4 / 127.5, 5  # the size of a change that is mostly kept, and px around it over which it is told

MAP_CHANNELS = 4
"""Of a rendered frame: red, green, blue, and the eye attention map."""


class RenderToVideo(nn.Module):
    """A window of rendered faces -> the frame in its middle.

    Source: Zhang et al. 2021, section 3.4, after Kim et al. 2018 and Chan et al. 2019, whose generator is a U-Net (its
        sizes are not stated). Where we differ, in configurations with ``residual``: it also sees the person's own
        picture, warped by the same motion, and makes the difference from it. Its first output is nearly that picture,
        so that little training suffices. (With a mask between that picture and colours of its own, the mask went to 0
        within 20 steps, and nothing was learned.) In use, changes as small as a picture's grain are left out: squared
        errors fall where the grain of the picture is smoothed, which blurs the face (CPBD of GRID's s1 0.256 instead of
        0.272; the real one's 0.287, the warped picture's 0.276).

    It bears the person's skin, by which their face is rendered.

    Args:
        config: sizes.
    """

    albedo: Tensor
    teeth: Tensor
    light: Tensor

    def __init__(self, config: RenderToVideoConfig) -> None:
        super().__init__()
        if config.size % 2 ** len(config.channels):
            raise ValueError(f"{config} does not halve its pictures {len(config.channels)} times")
        self.config = config
        sizes = config.channels
        entered = 4 * (MAP_CHANNELS * config.window + 3 * config.residual)
        self.down = nn.ModuleList(
            _block(a, b, stride=1 if k == 0 else 2) for k, (a, b) in enumerate(pairwise((entered, *sizes)))
        )
        self.up = nn.ModuleList(_block(a + b, b) for a, b in pairwise(reversed(sizes)))
        self.out = nn.Conv2d(sizes[0], 4 * 3, 3, padding=1)
        if config.residual:
            with torch.no_grad():  # hardly any difference at first
                self.out.weight.mul_(_CALM)
                assert self.out.bias is not None
                self.out.bias.zero_()
        self.register_buffer("albedo", torch.full((3, TEXTURE_SIDE, TEXTURE_SIDE), 0.5))
        self.register_buffer("teeth", torch.ones(3))
        self.register_buffer("light", torch.zeros(9, 3))

    def forward(self, maps: Tensor, own: Tensor) -> Tensor:
        """Frames (B, 3, S, S) in [-1, 1].

        Args:
            maps: (B, 4 * window, S, S) rendered faces in [-1, 1] and their eye attention maps in [0, 1].
            own: (B, 3, S, S) the person's own picture, warped, in [-1, 1]; not looked at without ``residual``.
        """
        config = self.config
        if not config.attention:
            maps = maps.clone()
            maps[:, MAP_CHANNELS - 1 :: MAP_CHANNELS] = 0.0
        seen = torch.cat([maps, own], dim=1) if config.residual else maps
        x, skipped = F.pixel_unshuffle(seen, 2), []
        for block in self.down:
            x = block(x)
            skipped.append(x)
        skipped.pop()
        for block in self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skipped.pop()], dim=1))
        made = torch.tanh(F.pixel_shuffle(self.out(x).float(), 2))
        if not config.residual:
            return made
        return own + 2 * made if self.training else own + _keep_grain(2 * made)

    def temper(self, share: float) -> None:
        """Keep a share of the difference from the person's own picture that it makes."""
        with torch.no_grad():
            for parameter in self.out.parameters():
                parameter.mul_(share)

    def wear(self, skin: Skin) -> None:
        """Bear a person's skin."""
        self.albedo.copy_(torch.from_numpy(skin.albedo).permute(2, 0, 1))
        self.teeth.copy_(torch.from_numpy(skin.teeth))
        self.light.copy_(torch.from_numpy(skin.light))

    @property
    def skin(self) -> Skin | None:
        """The person's skin; None: it has not learned anybody."""
        if not self.light.any():
            return None
        albedo = self.albedo.permute(1, 2, 0).contiguous().float().cpu().numpy()
        return Skin(albedo, self.teeth.double().cpu().numpy(), self.light.double().cpu().numpy())


def _keep_grain(change: Tensor) -> Tensor:
    """Changes (B, 3, S, S) without those that are small, on the average of what is around them."""
    size = change.abs().mean(dim=1, keepdim=True)
    for _ in range(2):  # nearly a Gaussian of 2 px
        size = F.avg_pool2d(size, _AROUND, stride=1, padding=_AROUND // 2, count_include_pad=False)
    return change * (1 - torch.exp(-(size / _GRAIN).square()))


def _block(size_in: int, size: int, *, stride: int = 1) -> nn.Sequential:
    layers = [nn.Conv2d(size_in, size, 3, stride=stride, padding=1), nn.Conv2d(size, size, 3, padding=1)]
    for layer in layers:  # the usual weights let what passes through so many layers fade away
        nn.init.kaiming_normal_(layer.weight, a=_SLOPE)
    return nn.Sequential(*[part for layer in layers for part in (layer, nn.LeakyReLU(_SLOPE, inplace=True))])


def video_adversaries(config: RenderToVideoConfig) -> Adversaries[RenderToVideo, MultiScaleDiscriminator]:
    """The network and three discriminators, each of which sees a window of rendered faces and a frame."""
    seen = MAP_CHANNELS * config.window + 3
    channels = config.discriminator_channels
    return Adversaries(RenderToVideo(config), MultiScaleDiscriminator(seen, channels, strided=min(3, len(channels))))
