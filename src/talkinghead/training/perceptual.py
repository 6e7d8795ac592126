"""Perceptual distances between pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.errors import InputError, announce
from talkinghead.weights import read_state

Distance = Callable[[Tensor, Tensor], Tensor]
"""Two batches of pictures (B, 3, H, W) in [-1, 1] -> their distance, a scalar."""

_BANDS = 4
_WINDOW, _SIGMA = 11, 1.5  # px, of the structural similarity (metrics.ssim)
_C1, _C2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # its constants, for colours in [0, 2]
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Channels of VGG19's convolutions (Simonyan and Zisserman 2014, table 1, column E); 0 is a pooling.
_VGG19 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512)


def pyramid_loss(made: Tensor, real: Tensor) -> Tensor:
    """Sum over the bands of a Laplacian pyramid of the mean absolute difference of pictures.

    All bands weigh the same. Blur and small shifts cost in several bands, whereas a difference of pixels would weigh
    them no more than a change of light.

    Args:
        made: (B, C, H, W); H and W divisible by 8.
        real: of the same shape.

    Returns:
        (), over three bands of differences from the next coarser picture, and the coarsest picture.

    Raises:
        ValueError: the shapes differ.

    Source: Bojanowski et al. 2018, equation 4 (whose weights of 4 per level are these means), with means of
        2 x 2 px for the blur.
    """
    if made.shape != real.shape:
        raise ValueError(f"need two of one shape, got {tuple(made.shape)} and {tuple(real.shape)}")
    difference = made - real  # the pyramid of a difference is the difference of the pyramids
    loss = difference.new_zeros(())
    for _ in range(_BANDS - 1):
        coarse = F.avg_pool2d(difference, 2)
        finer = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
        loss = loss + (difference - finer).abs().mean()
        difference = coarse
    return loss + difference.abs().mean()


def structure_loss(made: Tensor, target: Tensor) -> Tensor:
    """1 - the structural similarity of pictures (B, C, S, S) in [-1, 1], mean over places and colours; 0 where equal.

    Source: Zhao, Gallo, Frosio and Kautz 2017, equation 7; the similarity is that of ``metrics.ssim``. Wang et al.
        2020 have no such term: their networks are so wide that the squared error leaves no blur.
    """
    made, target = made.float() + 1, target.float() + 1  # black is 0, because brightness counts by ratio
    seen = torch.cat([made, target, made * made + target * target, made * target], dim=1)
    channels = seen.shape[1]
    place = torch.arange(_WINDOW, device=seen.device) - _WINDOW // 2
    bell = torch.exp(-0.5 * (place / _SIGMA) ** 2)
    bell = (bell / bell.sum()).expand(channels, 1, 1, -1)
    with torch.autocast(seen.device.type, enabled=False):  # variances are small differences
        seen = F.conv2d(F.conv2d(seen, bell, groups=channels), bell.mT.contiguous(), groups=channels)
    mean_made, mean_target, squares, product = seen.chunk(4, dim=1)
    means = mean_made.square() + mean_target.square()
    between = mean_made * mean_target
    likeness = (2 * between + _C1) * (2 * (product - between) + _C2) / ((means + _C1) * (squares - means + _C2))
    return 1 - likeness.mean()


class VggDistance(nn.Module):
    """Mean absolute difference of VGG19's activations after the first rectifier of each of its five blocks, summed.

    Args:
        weights: state dict with the keys ``features.N.weight`` and ``features.N.bias`` of the usual layout; other keys
            are ignored.

    Raises:
        InputError: a key is missing or has another shape.

    Source: Johnson et al. 2016, section 3.2, with L1 and VGG19 as Zhou et al. 2020, section 4.3, which does not say
        which layers.
    """

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels in _VGG19:
            if channels:
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        wanted = self.state_dict()
        shapes = {key: value.shape for key, value in weights.items() if isinstance(value, Tensor)}
        wrong = [key for key, value in wanted.items() if shapes.get(key) != value.shape]
        if wrong:
            raise InputError(f"the VGG19 weights lack {', '.join(wrong[:3])}: give a file in torchvision's layout.")
        self.load_state_dict({key: weights[key].float() for key in wanted})
        self.requires_grad_(False).eval()
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def activations(self, pictures: Tensor) -> list[Tensor]:
        """Five activations of pictures (B, 3, H, W) in [-1, 1], of 64, 128, 256, 512 and 512 channels."""
        x, found, pooled = ((pictures + 1) / 2 - self.mean) / self.deviation, [], True  # type: ignore[operator]
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.ReLU) and pooled:
                found.append(x)
                pooled = False
            pooled = pooled or isinstance(layer, nn.MaxPool2d)
        return found

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """The distance of two batches of pictures (B, 3, H, W) in [-1, 1]."""
        self.to(made.device)
        with torch.no_grad():
            wanted = self.activations(real)
        return torch.stack([(a - b).abs().mean() for a, b in zip(self.activations(made), wanted)]).sum()


def perceptual_distance(weights: Path | None) -> Distance:
    """The distance by VGG19 with a file of its weights; without one ``pyramid_loss``, which is announced.

    Args:
        weights: a state dict of VGG19 that ``torch.load`` reads, or None.

    Raises:
        InputError: the file is missing, is not a state dict, or belongs to another network.
    """
    if weights is None:
        announce(
            "no weights of VGG19 were given, so pictures are compared by the bands of a Laplacian pyramid instead of "
            "its activations: give them as the option vgg to train as published."
        )
        return pyramid_loss
    held = read_state(weights, kind="a state dict", remedy="give a file of VGG19's weights.")
    if not isinstance(held, dict):
        raise InputError(f"{weights}: holds no state dict; give a file of VGG19's weights.")
    return VggDistance(held)
