"""Other voices and other faces, made of the few there are to learn from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from talkinghead.face.landmarks import JAW, LIPS, NOSE

WIDER = 8
"""Frames before and after the window of the network that ``augment_tempo`` draws on."""


def augment_faces(
    static: Tensor, target: Tensor, generator: torch.Generator, *, share: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Other faces: proportions and places of jaw, lips and nose change, the motion with the proportions.

    Args:
        static: (B, 68, 3) at rest.
        target: (B, 68, 3) in motion.
        generator: of what chance decides.
        share: of the batch.
    """
    batch = len(static)

    def normal(*shape: int) -> Tensor:
        return torch.randn(batch, *shape, generator=generator)

    other = (torch.rand(batch, 1, 1, generator=generator) < share).float()
    scale = 1 + (torch.rand(batch, 1, 3, generator=generator) - 0.5) * torch.tensor([0.3, 0.4, 0.6]) * other
    varied = static * scale + other * (0.03 * normal(1, 3) + 0.012 * normal(68, 3))
    for part in (JAW, LIPS, NOSE):
        varied[:, part] += other * 0.05 * normal(1, 3)
    return varied, varied + (target - static) * scale


def augment_samples(windows: Tensor, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Other voices and recordings: level up to 12 dB, a noise floor, a vocal tract up to 15 % longer or shorter.

    Args:
        windows: (B, window, mel bands) of ``log_mel``.
        generator: of what chance decides.
        variation: scales the shares of the batch: 0.7 have another level, 0.5 noise, 0.5 another vocal tract.
    """
    batch, _, bands = windows.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, generator=generator)

    def sometimes(share: float) -> Tensor:
        return (torch.rand(batch, 1, 1, generator=generator) < variation * share).float()

    varied = windows + uniform(-0.12, 0.12) * sometimes(0.7)
    varied = torch.maximum(varied, uniform(0.0, 0.45) * sometimes(0.5)).clamp(0.0, 1.1)
    stretch = 1 + uniform(-0.15, 0.15) * sometimes(0.5)
    place = (torch.arange(bands) * stretch).clamp(max=bands - 1.001).expand(varied.shape)
    below = place.floor().long()
    share = place - below
    return varied.gather(2, below) * (1 - share) + varied.gather(2, below + 1) * share


def augment_bands(windows: Tensor, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Other voices and recordings, as ``augment_samples``, with another tilt; in a part of the batch nothing is heard.

    Args:
        windows: (B, window, bands) of ``log_mel``.
        generator: of what chance decides.
        variation: scales the shares of the batch: in 0.4 the bands are missing.
    """
    batch, _, bands = windows.shape
    tilt = torch.linspace(-1, 1, bands) * 0.08 * torch.randn(batch, 1, 1, generator=generator)
    varied = augment_samples((windows + tilt * (windows > 0)).clamp_min(0), generator, variation=variation)
    missing = torch.rand(batch, 1, 1, generator=generator) < 0.4 * variation
    return torch.where(missing, torch.zeros(()), varied)


def augment_phones(
    windows: Tensor, strange: tuple[tuple[int, int], ...], generator: torch.Generator, *, variation: float = 1.0
) -> Tensor:
    """The same as a recogniser might hear it from other voices, and with phones that the sentences lack.

    Args:
        windows: (B, window, 39) posteriors.
        strange: pairs of phones that look alike and may change places.
        generator: of what chance decides.
        variation: scales the shares of the batch: 0.6 are surer or less sure, 0.3 blurred in time, 0.5 confused with
            other phones, and in 0.4 some phone is taken for a strange one.
    """
    batch, count, size = windows.shape

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(batch, *(shape or (1, 1)), generator=generator)

    def sometimes(share: float) -> Tensor:
        return (torch.rand(batch, 1, 1, generator=generator) < variation * share).float()

    silence = (1 - windows.sum(dim=2, keepdim=True)).clamp_min(0)
    everything = torch.cat([silence, windows], dim=2)
    sharper = everything.clamp_min(1e-6) ** torch.where(sometimes(0.6).bool(), uniform(0.5, 1.6), torch.ones(1))
    everything = sharper / sharper.sum(dim=2, keepdim=True)
    around = F.avg_pool1d(F.pad(everything.mT, (1, 1), mode="replicate"), 3, 1).mT
    everything = torch.lerp(everything, around, sometimes(0.3))
    confusion = uniform(0.0, 0.25) * sometimes(0.5)
    others = torch.rand(batch, count, size + 1, generator=generator) ** 8
    everything = torch.lerp(everything, others / others.sum(dim=2, keepdim=True), confusion)
    varied = everything[:, :, 1:]
    if strange:
        places = torch.arange(size).repeat(batch, 1)
        chosen = torch.randint(len(strange), (batch, 3), generator=generator)
        swapping = sometimes(0.4)[:, 0, 0].bool()
        pairs = torch.tensor(strange)[chosen]
        rows = torch.arange(batch)
        for k in range(pairs.shape[1]):
            one, other = pairs[:, k, 0], pairs[:, k, 1]
            swapped = places.clone()
            swapped[rows, one], swapped[rows, other] = places[rows, other], places[rows, one]
            places = torch.where(swapping[:, None], swapped, places)
        varied = varied.gather(2, places[:, None].expand_as(varied))
    return varied


def augment_tempo(windows: Tensor, lead: int, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Slower and faster speech about the same moment.

    Args:
        windows: (B, window + 2 * WIDER, F), wider than what the network hears.
        lead: how many frames of a narrow window come before the moment that it is for.
        generator: of what chance decides.
        variation: scales the share of the batch, half, that has another tempo: 0.75 to 1.8 times as fast.

    Returns:
        (B, window, F).
    """
    batch, wide, size = windows.shape
    other = torch.rand(batch, 1, generator=generator) < 0.5 * variation
    factor = torch.where(other, 0.75 + 1.05 * torch.rand(batch, 1, generator=generator), torch.ones(1))
    place = lead + WIDER + factor * (torch.arange(wide - 2 * WIDER) - lead)
    below = place.floor().clamp(0, wide - 2).long()
    share = (place - below)[..., None]
    rows = below[..., None].expand(-1, -1, size)
    return windows.gather(1, rows) * (1 - share) + windows.gather(1, rows + 1) * share
