"""The image-to-image translation network: a portrait and drawn landmarks -> the picture of that face.

Source: Zhou et al. 2020, section 3.3 and table 4. The paper states no normalisation; ours has none, so that pictures do
    not depend on their batch or chunk. To make up for it, initial weights are scaled (He et al. 2015) and residual
    branches start small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.makeittalk.config import TranslationConfig
from talkinghead.rendering.displacement import landmark_field, move
from talkinghead.rendering.levels import as_colours

_SLOPE = 0.2  # of the rectifiers below zero
_BRANCH = 0.2  # initial scale of the residual branches
_OUTPUT = 0.3  # initial scale of the layers before the outputs
_COPIED = 1.5  # initial logit of the share of copied pixels
_CHANNELS_OF_OUTPUT = 3


class Inputs(NamedTuple):
    """The network's inputs, on its device."""

    portrait: Tensor
    sketch: Tensor
    source_sketch: Tensor | None
    field: Tensor | None


def as_inputs(batch: Mapping[str, Tensor], config: TranslationConfig) -> Inputs:
    """The network's inputs from a batch or from frames to render.

    Args:
        batch: ``source``, the portrait, ``sketch`` and ``source_sketch`` (B, S, S, 3) uint8; ``source_landmarks`` and
            ``target_landmarks`` (B, 68, 2) px, of the portrait and of the picture to be made.
        config: says which inputs the network has.
    """
    field = None
    if config.copying:
        field = landmark_field(batch["source_landmarks"].float(), batch["target_landmarks"].float(), config.size)
    source_sketch = as_colours(batch["source_sketch"]) if config.source_sketch else None
    return Inputs(as_colours(batch["source"]), as_colours(batch["sketch"]), source_sketch, field)


class Translation(NamedTuple):
    """The network's output.

    Attributes:
        picture: (B, 3, S, S) in [-1, 1].
        painted: (B, 3, S, S) the translated part; without ``copying`` this is the picture, and later fields are None.
        copied: (B, 3, S, S) the portrait with its pixels displaced.
        share: (B, 1, S, S) how much of the picture is copied.
        field: (B, 2, S / 4, S / 4) px, the displacement.
    """

    picture: Tensor
    painted: Tensor
    copied: Tensor | None = None
    share: Tensor | None = None
    field: Tensor | None = None


class _Residual(nn.Module):
    """x plus two 3 x 3 convolutions of x with a bottleneck between them."""

    def __init__(self, channels: int, inside: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, inside, 3, padding=1)
        self.widen = nn.Conv2d(inside, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        inside = F.leaky_relu(self.narrow(F.leaky_relu(x, _SLOPE)), _SLOPE)
        widened: Tensor = self.widen(inside)
        return x + widened


def _blocks(channels: int, share: float) -> nn.Sequential:
    inside = max(1, round(share * channels))
    return nn.Sequential(_Residual(channels, inside), _Residual(channels, inside))


class _Down(nn.Module):
    """ResBlock down: a convolution of stride 2, then two residual blocks."""

    def __init__(self, before: int, after: int, share: float) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, stride=2, padding=1)
        self.blocks = _blocks(after, share)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.blocks(self.convolution(x))
        return made


class _Up(nn.Module):
    """ResBlock up: twice the size by nearest neighbours, a convolution, then two residual blocks."""

    def __init__(self, before: int, after: int, share: float) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, padding=1)
        self.blocks = _blocks(after, share)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.blocks(self.convolution(F.interpolate(F.leaky_relu(x, _SLOPE), scale_factor=2)))
        return made


class _FinestUp(nn.Module):
    """A convolution to four times the channels and a pixel shuffle to twice the size: far faster with few channels."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, 4 * after, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.convolution(F.leaky_relu(x, _SLOPE)), 2)


class TranslationNetwork(nn.Module):
    """Portrait and drawn landmarks -> picture.

    With ``copying``, which the paper does not have, the picture is blended from the translated one and from displaced
    pixels of the portrait. The paper's network was trained for 20 hours on 8 GPUs with the thousands of people of
    VoxCeleb2; a slim network trained for an hour with a dozen people cannot paint an unseen face sharply, but it can
    move visible pixels and paint the missing ones. The displacement starts from that of the landmarks
    (``landmark_field``); the network sees the portrait displaced by it, and refines it at a quarter of the resolution.

    Args:
        config: sizes.
    """

    def __init__(self, config: TranslationConfig) -> None:
        super().__init__()
        self.config = config
        channels, share = config.channels, config.residual
        inputs = 9 if config.source_sketch else 6
        self.down = nn.ModuleList(_Down(a, b, share) for a, b in zip((inputs, *channels), channels))
        narrower = channels[-2::-1]
        widths = [channels[-1], *(2 * width for width in narrower)]
        self.up = nn.ModuleList(_Up(a, b, share) for a, b in zip(widths, narrower))
        if config.copying:
            self.field = nn.Conv2d(channels[1], 2, 3, padding=1)
        self.out = (
            _FinestUp(widths[-1], _CHANNELS_OF_OUTPUT + 1)
            if config.copying
            else _Up(widths[-1], _CHANNELS_OF_OUTPUT, share)
        )
        self._scale_weights()

    @torch.no_grad()
    def _scale_weights(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=_SLOPE)
                layer.bias.zero_()  # type: ignore[union-attr]
        for layer in self.modules():
            if isinstance(layer, _Residual):
                layer.widen.weight.mul_(_BRANCH)
        self.out.convolution.weight.mul_(_OUTPUT)
        if isinstance(self.out, _FinestUp):
            self.field.weight.mul_(_OUTPUT)
            # Pixel shuffling makes channel c of the picture from channels 4 c to 4 c + 3.
            self.out.convolution.bias[4 * _CHANNELS_OF_OUTPUT :] = _COPIED  # type: ignore[index]

    def forward(
        self, portrait: Tensor, sketch: Tensor, source_sketch: Tensor | None = None, field: Tensor | None = None
    ) -> Translation:
        """The picture (B, 3, S, S), and the parts from which it is blended.

        Args:
            portrait: (B, 3, S, S) in [-1, 1].
            sketch: (B, 3, S, S) in [-1, 1], the drawn landmarks of the picture to make.
            source_sketch: the same for the portrait, if the configuration has ``source_sketch``.
            field: (B, 2, S / 4, S / 4) px, see ``landmark_field``, if the configuration has ``copying``.

        Raises:
            ValueError: the portrait has another size than the configuration, or an input is missing.
        """
        if portrait.shape[1:] != (3, self.config.size, self.config.size):
            raise ValueError(f"need a portrait (B, 3, {self.config.size}, {self.config.size}), got {portrait.shape}")
        if (source_sketch is None) is self.config.source_sketch or (field is None) is self.config.copying:
            raise ValueError("source_sketch goes with the configuration's source_sketch, field with its copying")
        moved = portrait if field is None else move(portrait, field)
        seen = [moved, sketch] if source_sketch is None else [moved, sketch, source_sketch]
        x = torch.cat(seen, dim=1).contiguous(memory_format=torch.channels_last)
        skips: list[Tensor] = []
        for number, down in enumerate(self.down):
            x = down(F.leaky_relu(x, _SLOPE) if number else x)
            skips.append(x)
        skips.pop()
        correction = None
        for up in self.up:
            x = up(x)
            # A quarter of the picture's size is where the second layer down ended.
            if self.config.copying and len(skips) == 2:
                correction = self.field(F.leaky_relu(x, _SLOPE)).float()
            x = torch.cat([x, skips.pop()], dim=1)
        made = self.out(x).float()
        painted = torch.tanh(made[:, :_CHANNELS_OF_OUTPUT])
        if field is None or correction is None:
            return Translation(painted, painted)
        share, field = torch.sigmoid(made[:, _CHANNELS_OF_OUTPUT:]), field + correction
        copied = move(portrait, field)
        return Translation(torch.lerp(painted, copied, share), painted, copied, share, field)
