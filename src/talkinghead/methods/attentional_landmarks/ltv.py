"""The landmarks-to-video network (LTV): a U-Net whose picture features are gated by where the landmarks are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.attentional_landmarks.config import VideoConfig
from talkinghead.rendering.displacement import landmark_field, mix_pictures

_CURVES = ((0, 17), (17, 22), (22, 27), (27, 36), (36, 42), (42, 48), (48, 55), (55, 60), (60, 65), (65, 68))
"""Jaw, brows, nose, eyes, and each lip's outer and inner edge: one heat map each."""

NUM_MAPS = len(_CURVES)

_SPREAD = 3.0 / 256  # standard deviation of a landmark's blob, in sides of the picture
_GATE_GAIN = 4.0  # makes initial gates near landmarks differ by 0.1 to 0.4
_NOWHERE = -1e4  # px
_LEAST_MOVED = 1e-3  # below, no gate counts as moved


def heat_maps(landmarks: Tensor, size: int, *, shrink: int = 2, spread: float = _SPREAD) -> Tensor:
    """Heat maps of landmarks: a soft blob at each, the points of a curve in one map.

    Args:
        landmarks: (B, 68, 2) px of a picture of ``size`` px.
        size: its side.
        shrink: ratio of its side to that of the maps.
        spread: standard deviation of a blob, in sides of the picture.

    Returns:
        (B, NUM_MAPS, size / shrink, size / shrink) in [0, 1].
    """
    place = torch.arange(size // shrink, device=landmarks.device) * shrink + (shrink - 1) / 2
    across, down = (torch.exp(-0.5 * ((place - landmarks[..., k, None]) / (spread * size)) ** 2) for k in (0, 1))
    maps = [down[:, start:end].mT @ across[:, start:end] for start, end in _CURVES]
    return torch.stack(maps, dim=1).clamp(max=1.0)


@dataclass(frozen=True)
class EncodedReference:
    """The portrait, encoded once for all frames.

    Attributes:
        picture: (B, 3, S, S) in [-1, 1].
        features: of each level, (B, C, S / 2, S / 2), then half the size at each further level.
        background: (B, C, S / 2, S / 2).
        own: (B, 68, 2) px of its landmarks, if the network needs them.
    """

    picture: Tensor
    features: tuple[Tensor, ...]
    background: Tensor
    own: Tensor | None = None


class LandmarksToVideo(nn.Module):
    """Landmarks and a reference picture -> a picture.

    Source: Wang et al. 2020, section 3.2, equations 8 and 9, figure 2 in words: landmarks and picture are encoded, the
        sigmoid of the landmarks' code is multiplied with the picture's features (``f_face``), the background enters
        through another branch, a U-Net makes the picture. Layers and sizes are not stated. We read the landmarks' code
        as feature maps, one for each level of the U-Net, because a gate that separates head and background must be
        spatial; the landmarks, "xy coordinates", become heat maps. The decoder also gets the landmarks' code, because
        gates alone can only dim features, not move them.

    Args:
        config: sizes.
    """

    def __init__(self, config: VideoConfig) -> None:
        super().__init__()
        if config.size % 2 ** len(config.channels) or len(config.channels) != len(config.landmark_channels):
            raise ValueError(f"{config} does not halve its pictures {len(config.channels)} times")
        self.config = config
        sizes, places = config.channels, config.landmark_channels
        picture_in = 3 * 4 + (NUM_MAPS if config.source else 0)  # halved by taking 2 x 2 px for channels
        self.picture = nn.ModuleList(
            _block(size_in, size, stride=1 if k == 0 else 2)
            for k, (size_in, size) in enumerate(zip((picture_in, *sizes), sizes))
        )
        self.landmarks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(size_in, size, 3, stride=1 if k == 0 else 2, padding=1), nn.LeakyReLU(0.2, inplace=True)
            )
            for k, (size_in, size) in enumerate(zip((NUM_MAPS, *places), places))
        )
        self.gates = nn.ModuleList(
            nn.Conv2d(place, size, 1) for place, size in zip(places if config.attention else (), sizes)
        )
        _wake(self.landmarks, self.gates)
        self.background = nn.Sequential(
            nn.Conv2d(12, config.background_channels, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(config.background_channels, config.background_channels, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        )
        coarser = (*sizes[1:], 0)
        behind = (config.background_channels,) + (0,) * (len(sizes) - 1)
        self.up = nn.ModuleList(
            _block(below + size + place + back, size)
            for below, size, place, back in zip(coarser, sizes, places, behind)
        )
        self.out = nn.Conv2d(sizes[0], (4 if config.copying else 3) * 4, 3, padding=1)
        if config.guided and not (config.copying and config.source):
            raise ValueError(f"{config} is guided, which needs copying and source")
        if config.copying:
            self.flow = nn.Conv2d(sizes[1], 2, 3, padding=1)
            with torch.no_grad():  # the initial output is the portrait
                self.flow.weight.mul_(0.05)
                assert self.out.bias is not None
                self.out.bias[12:] = 2.0

    def forward(self, landmarks: Tensor, picture: Tensor, own: Tensor | None = None) -> Tensor:
        """Pictures (B, 3, S, S) in [-1, 1].

        Args:
            landmarks: (B, 68, 2) px of the picture to make.
            picture: (B, 3, S, S) in [-1, 1], the reference.
            own: (B, 68, 2) px of the landmarks in the reference, for networks with ``source``.
        """
        return self.draw(landmarks, self.encode(picture, own))[0]

    def encode(self, picture: Tensor, own: Tensor | None = None) -> EncodedReference:
        """Encode a reference, once for a portrait; arguments as for ``forward``."""
        small = F.pixel_unshuffle(picture, 2)
        x = small
        if self.config.source:
            if own is None:
                raise ValueError("this network needs the reference's own landmarks")
            x = torch.cat([small, heat_maps(own, self.config.size).to(small.dtype)], dim=1)
        features = []
        for block in self.picture:
            x = block(x)
            features.append(x)
        return EncodedReference(picture, tuple(features), self.background(small), own)

    def draw(self, landmarks: Tensor, reference: EncodedReference) -> tuple[Tensor, Tensor | None]:
        """Pictures (B, 3, S, S) in [-1, 1] for landmarks (B, 68, 2) px, and their displacement field, of one reference.

        The field (B, 2, S / 4, S / 4) says how many px away in the reference each place comes from; None: nothing is
        copied.
        """
        codes = self._codes(landmarks)
        count, flow = len(landmarks), None
        x: Tensor | None = None
        for level in reversed(range(len(self.up))):
            face = reference.features[level]
            face = face * self.gates[level](codes[level]).sigmoid_() if self.config.attention else face
            background = reference.background if level == 0 else None
            block = self.up[level]
            assert isinstance(block, nn.Sequential)
            x = _join(block, face, codes[level], x, background)
            if level == 1 and self.config.copying:
                flow = self.flow(x)
        made = F.pixel_shuffle(self.out(x).float(), 2).contiguous()
        colours = torch.tanh(made[:, :3])
        if flow is None:
            return colours, None
        field = flow.float() * (self.config.size / 2)
        if self.config.guided:
            assert reference.own is not None
            own = reference.own.expand(count, -1, -1).float()
            field = field + landmark_field(own, landmarks.float(), self.config.size)
        return mix_pictures(colours, torch.sigmoid(made[:, 3:]), reference.picture.float(), field), field

    def attention(self, landmarks: Tensor) -> Tensor:
        """(B, 1, S, S) in [0, 1]: how far landmarks move the gates, mean over the levels, with a maximum of 1.

        Gates open for some features and shut for others. So the result is their distance from the gates without any
        landmark, as root mean square over the features.

        Args:
            landmarks: (B, 68, 2) px.

        Raises:
            ValueError: the network has no attention.
        """
        if not self.config.attention:
            raise ValueError("this network was built without attention")
        nowhere = torch.full_like(landmarks[:1], _NOWHERE)
        moved = torch.zeros(len(landmarks), 1, self.config.size, self.config.size, device=landmarks.device)
        for gate, code, none in zip(self.gates, self._codes(landmarks), self._codes(nowhere)):
            away = torch.sigmoid(gate(code)) - torch.sigmoid(gate(none))
            away = away.float().square().mean(dim=1, keepdim=True).sqrt()
            moved += F.interpolate(away, size=moved.shape[2:], mode="bilinear", align_corners=False)
        return moved / moved.amax(dim=(1, 2, 3), keepdim=True).clamp_min(_LEAST_MOVED)

    def _codes(self, landmarks: Tensor) -> list[Tensor]:
        x, codes = heat_maps(landmarks, self.config.size), []
        for block in self.landmarks:
            x = block(x)
            codes.append(x)
        return codes


@torch.no_grad()
def _wake(landmarks: nn.ModuleList, gates: nn.ModuleList) -> None:
    """Initialise weights such that landmarks open and shut the gates.

    Blobs are few and small: with the usual weights they vanish after some layers, and every gate stays half open.
    """
    for module in landmarks.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=0.2)
    for module in gates.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=_GATE_GAIN / module.in_channels**0.5)


def _block(size_in: int, size: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(size_in, size, 3, stride=stride, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(size, size, 3, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
    )


def _join(block: nn.Sequential, face: Tensor, code: Tensor, below: Tensor | None, background: Tensor | None) -> Tensor:
    """A block applied to the concatenation of its parts, of which ``below`` is enlarged twofold.

    The first convolution is computed part by part: parts that all pictures share are computed once, and the coarser
    part at its own size, with four taps instead of nine. This takes three fifths of the time.

    Args:
        block: two convolutions; the first takes the channels of face, code, below and background, in this order.
        face: (B or 1, C, h, w).
        code: (B, C, h, w).
        below: (B, C, h / 2, w / 2), or None.
        background: (1 or B, C, h, w), or None.
    """
    first = block[0]
    assert isinstance(first, nn.Conv2d)
    fine = torch.cat([face.expand(len(code), -1, -1, -1), code], dim=1)
    sizes = [0 if part is None else part.shape[1] for part in (fine, below, background)]
    for_fine, for_below, for_background = torch.split(first.weight, sizes, dim=1)
    x = F.conv2d(fine, for_fine, first.bias, padding=1)
    if below is not None:
        x.add_(F.conv_transpose2d(below, _enlarging(for_below), stride=2, padding=1))
    if background is not None:
        x.add_(F.conv2d(background, for_background, padding=1))
    for layer in list(block)[1:]:
        x = layer(x)
    return x


def _enlarging(weight: Tensor) -> Tensor:
    """(I, O, 4, 4) weights of a stride-2 transposed convolution that equals enlarging twofold, then (O, I, 3, 3)."""
    return (4 * F.avg_pool2d(F.pad(weight, (1, 1, 1, 1)), 2, 1)).flip(2, 3).transpose(0, 1)
