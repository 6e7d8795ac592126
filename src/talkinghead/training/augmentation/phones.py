"""Augmentation of phones: a recogniser's errors on other voices, and other tempos."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

TEMPO_MARGIN = 8
"""Frames before and after a network's window that ``augment_tempo`` needs."""


def augment_phones(
    windows: Tensor, unseen: tuple[tuple[int, int], ...], generator: torch.Generator, *, variation: float = 1.0
) -> Tensor:
    """Posteriors as a recogniser might give for other voices, and with phones that the sentences lack.

    Args:
        windows: (B, window, 39) posteriors.
        unseen: pairs of phones that look alike and may change places.
        generator: of all random choices.
        variation: scales the shares of the batch: 0.6 are more or less certain, 0.3 blurred in time, 0.5 confused with
            other phones, and in 0.4 some phone is replaced by an unseen one.
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
    if unseen:
        places = torch.arange(size).repeat(batch, 1)
        chosen = torch.randint(len(unseen), (batch, 3), generator=generator)
        swapping = sometimes(0.4)[:, 0, 0].bool()
        pairs = torch.tensor(unseen)[chosen]
        rows = torch.arange(batch)
        for k in range(pairs.shape[1]):
            one, other = pairs[:, k, 0], pairs[:, k, 1]
            swapped = places.clone()
            swapped[rows, one], swapped[rows, other] = places[rows, other], places[rows, one]
            places = torch.where(swapping[:, None], swapped, places)
        varied = varied.gather(2, places[:, None].expand_as(varied))
    return varied


def augment_tempo(windows: Tensor, lead: int, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Slower and faster speech around the same moment.

    Args:
        windows: (B, window + 2 * TEMPO_MARGIN, F), wider than the network's window.
        lead: frames of the network's window before its moment.
        generator: of all random choices.
        variation: scales the share of the batch, half, that has another tempo: 0.75 to 1.8 times as fast.

    Returns:
        (B, window, F).
    """
    batch, wide, size = windows.shape
    other = torch.rand(batch, 1, generator=generator) < 0.5 * variation
    factor = torch.where(other, 0.75 + 1.05 * torch.rand(batch, 1, generator=generator), torch.ones(1))
    place = lead + TEMPO_MARGIN + factor * (torch.arange(wide - 2 * TEMPO_MARGIN) - lead)
    below = place.floor().clamp(0, wide - 2).long()
    share = (place - below)[..., None]
    rows = below[..., None].expand(-1, -1, size)
    return windows.gather(1, rows) * (1 - share) + windows.gather(1, rows + 1) * share
