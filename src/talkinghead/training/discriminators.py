"""Patch discriminators: of pictures, of pictures at several scales, of sequences over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.training.adversarial import Verdict

_SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """Convolutions to one logit for each patch.

    Source: Isola et al. 2017 (pix2pix), section 3.2.2 and appendix 6.1.2. Where we differ: the last layers, of stride
        1, are 3 x 3, so that sizes divide evenly; normalisation is a choice.

    Args:
        channels_in: of the input, including the condition.
        channels: of its layers.
        strided: number of first layers that halve the size (4 x 4); None: all.
        normalise: whether all layers but the first have instance normalisation, as in pix2pixHD.
    """

    def __init__(
        self, channels_in: int, channels: Sequence[int], *, strided: int | None = None, normalise: bool = False
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(patch_layers(channels_in, channels, strided=strided, normalise=normalise))
        self.last = nn.Conv2d(channels[-1], 1, 3, padding=1)

    def forward(self, pictures: Tensor) -> Verdict:
        """Logits (B, 1, h, w) and features of pictures (B, channels_in, H, W)."""
        x = pictures.contiguous(memory_format=torch.channels_last)
        features = [x := layer(x) for layer in self.layers]
        return Verdict(self.last(x), tuple(features))


def patch_layers(
    channels_in: int, channels: Sequence[int], *, strided: int | None = None, normalise: bool = False
) -> list[nn.Sequential]:
    """The layers of a ``PatchDiscriminator`` except the last; the arguments are the same."""
    layers = []
    for number, (before, after) in enumerate(pairwise((channels_in, *channels))):
        size = (4, 2, 1) if strided is None or number < strided else (3, 1, 1)
        normal = [nn.InstanceNorm2d(after)] if normalise and number else []
        layers.append(nn.Sequential(nn.Conv2d(before, after, *size), *normal, nn.LeakyReLU(_SLOPE)))
    return layers


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators of the same architecture, each at half the resolution of the previous one.

    Source: Wang et al. 2018 (pix2pixHD), section 3.2 and appendix: three of them, three halving layers each, pictures
        shrunk by means over 3 x 3 px. Rhythmic Head (Chen et al. 2020, section 4.4) has two, Write-a-Speaker (Li et al.
        2021) and FACIAL (Zhang et al. 2021) have three.

    Args:
        channels_in: of the input, including the condition.
        channels: of their layers.
        scales: number of discriminators.
        strided: as for ``PatchDiscriminator``.
        normalise: as for ``PatchDiscriminator``.
    """

    def __init__(
        self,
        channels_in: int,
        channels: Sequence[int] = (64, 128, 256, 512),
        *,
        scales: int = 3,
        strided: int | None = 3,
        normalise: bool = True,
    ) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(channels_in, channels, strided=strided, normalise=normalise) for _ in range(scales)
        )

    def forward(self, pictures: Tensor) -> list[Verdict]:
        """The verdicts on pictures (B, channels_in, H, W), the finest first."""
        verdicts = []
        for scale in self.scales:
            verdicts.append(scale(pictures))
            pictures = F.avg_pool2d(pictures, 3, stride=2, padding=1, count_include_pad=False)
        return verdicts


class TemporalPatchDiscriminator(nn.Module):
    """Residual convolutions over time to one logit for each stretch of a sequence.

    Source: Write-a-Speaker (Li et al. 2021), "Mouth Animation Generator": a patch discriminator (Isola et al. 2017) "on
        temporal trunks", of stacked residual convolutions (Res1D). Their number and sizes are not stated.

    Args:
        channels_in: of a frame, including the condition.
        channels: of its layers, each of which halves the number of frames.
    """

    def __init__(self, channels_in: int, channels: Sequence[int] = (64, 128, 256)) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Residual(before, after) for before, after in pairwise((channels_in, *channels)))
        self.last = nn.Conv1d(channels[-1], 1, 3, padding=1)

    def forward(self, sequences: Tensor, valid: Tensor | None = None) -> Verdict:
        """The verdict on sequences.

        Args:
            sequences: (B, T, channels_in).
            valid: (B, T) frames that are not padding, which weigh the logits; None: all.

        Returns:
            logits (B, 1, t), and features.
        """
        x = sequences.mT
        features = [x := layer(x) for layer in self.layers]
        logits = self.last(x)
        weight = None if valid is None else F.adaptive_avg_pool1d(valid[:, None].float(), logits.shape[2])
        return Verdict(logits, tuple(features), weight)


class _Residual(nn.Module):
    """(B, before, T) -> (B, after, ceil(T / 2))."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(before, after, 3, stride=2, padding=1)
        self.second = nn.Conv1d(after, after, 3, padding=1)
        self.beside = nn.Conv1d(before, after, 1, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        inside = self.second(F.leaky_relu(self.first(x), _SLOPE))
        return F.leaky_relu(self.beside(x) + inside, _SLOPE)
