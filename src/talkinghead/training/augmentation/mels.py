"""Augmentation of mel spectra: other voices, rooms and recordings."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from talkinghead.speech.mel import mel_frequencies

_LOWEST_HZ, _HIGHEST_HZ = 90.0, 7600.0  # of ``log_mel``
_WARP = 0.2  # of a vocal tract, as a logarithm
_LEVEL = 0.12  # 12 dB
_CONTRAST = 0.15
_CURVES, _CURVE = 4, 0.05  # cosines across the bands, 5 dB each
_FLOOR = 0.4  # 60 dB below full scale


def augment_mels(mel: Tensor, generator: torch.Generator) -> Tensor:
    """The same phones under other conditions.

    Args:
        mel: (B, T, bands) log-mel in [0, 1].
        generator: of all random choices: level, tilt and colour of the channel, noise, cross-talk, missing bands, vocal
            tracts, and short gaps in time and in frequency.
    """
    batch, _, bands = mel.shape

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(batch, *(shape or (1, 1)), generator=generator)

    def sometimes(share: float) -> Tensor:
        return (torch.rand(batch, 1, 1, generator=generator) < share).float()

    place = torch.arange(bands) / bands
    varied = _move_bands(mel, torch.arange(bands) * (1 + uniform(-0.12, 0.12) * sometimes(0.5)))
    waves = torch.stack([torch.cos(np.pi * k * place) for k in range(1, 5)])
    varied = varied + uniform(-0.12, 0.12) * sometimes(0.7)
    varied = varied + (0.04 * torch.randn(batch, 1, 4, generator=generator) @ waves) * sometimes(0.6)
    floor = uniform(0.0, 0.5) * sometimes(0.5) + 0.06 * torch.randn(batch, 1, 4, generator=generator) @ waves
    grain = 0.03 * torch.randn(varied.shape, generator=generator)
    varied = torch.maximum(varied, floor + grain)
    others = varied.roll(1, dims=0) - uniform(0.15, 0.35)
    varied = torch.where(sometimes(0.12).bool(), torch.maximum(varied, others), varied)
    top = uniform(0.55, 1.0) * sometimes(0.25) + 2.0 * (1 - sometimes(0.25))
    varied = torch.where(place > top, torch.minimum(varied, uniform(0.0, 0.2)), varied)
    for axis, longest in ((1, 12), (2, 10)):
        size = mel.shape[axis]
        start = uniform(0.0, 1.0) * size
        inside = torch.arange(size).view(1, -1, 1) if axis == 1 else torch.arange(size).view(1, 1, -1)
        gap = (inside >= start) & (inside < start + longest * uniform(0.0, 1.0) * sometimes(0.4))
        varied = torch.where(gap, varied.mean(dim=(1, 2), keepdim=True), varied)
    return varied.clamp(0.0, 1.1)


def augment_spectra(windows: Tensor, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Other voices and recordings: level up to 12 dB, a noise floor, a vocal tract up to 15 % longer or shorter.

    Args:
        windows: (B, window, mel bands) of ``log_mel``.
        generator: of all random choices.
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
    return _move_bands(varied, torch.arange(bands) * stretch)


def augment_bands(windows: Tensor, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Other voices and recordings, as in ``augment_spectra``, with another tilt; a part of the batch is silenced.

    Args:
        windows: (B, window, bands) of ``log_mel``.
        generator: of all random choices.
        variation: scales the shares of the batch: in 0.4 the bands are missing.
    """
    batch, _, bands = windows.shape
    tilt = torch.linspace(-1, 1, bands) * 0.08 * torch.randn(batch, 1, 1, generator=generator)
    varied = augment_spectra((windows + tilt * (windows > 0)).clamp_min(0), generator, variation=variation)
    missing = torch.rand(batch, 1, 1, generator=generator) < 0.4 * variation
    return torch.where(missing, torch.zeros(()), varied)


def augment_voices(mels: Tensor, generator: torch.Generator, *, strength: float = 1.0) -> Tensor:
    """Each speech of a batch with another vocal tract, timbre, level, dynamics, and half of them with a noise floor.

    Pitch changes with the vocal tract. Frames keep their places, so that the content is unchanged.

    Args:
        mels: (B, T, bands) of ``log_mel``.
        generator: of all random choices.
        strength: 0: no augmentation; 1: frequencies up to 22 % higher or lower, an equaliser of about 10 dB, 12 dB of
            level, 15 % of dynamics, a floor of up to -60 dB; between them, in proportion.

    Returns:
        (B, T, bands).

    Source: Choi et al. 2021 (NANSY), information perturbation: random formants, pitch and equaliser before the content
        encoder, so that it cannot pass on what the decoder gets elsewhere; Qian et al. 2020 (SpeechSplit) do the same
        with rhythm. They change samples; this changes mel spectrograms, at hardly any cost.
    """
    batch, _, bands = mels.shape

    def uniform(size: float) -> Tensor:
        return strength * size * (2 * torch.rand(batch, 1, 1, generator=generator) - 1)

    warped = _move_bands(mels, _places(bands, uniform(_WARP).exp()))
    across = torch.pi * torch.arange(1, _CURVES + 1)[:, None] * (torch.arange(bands) + 0.5) / bands
    weights = strength * _CURVE * torch.randn(batch, 1, _CURVES, generator=generator)
    timbre = (weights @ across.cos() + uniform(_LEVEL)) * (warped > 0)
    other = (warped * (1 + uniform(_CONTRAST)) + timbre).clamp_min(0)
    noisy = (torch.rand(batch, 1, 1, generator=generator) < 0.5).float()
    return torch.maximum(other, noisy * uniform(_FLOOR).abs())


def _places(bands: int, factors: Tensor) -> Tensor:
    """The fractional band (B, 1, bands) at ``factors`` (B, 1, 1) times the frequency of each band."""
    centres_hz = mel_frequencies(bands + 2, low=_LOWEST_HZ, high=_HIGHEST_HZ)[1:-1]
    places = np.interp(factors.numpy() * centres_hz, centres_hz, np.arange(bands))
    return torch.from_numpy(places.astype(np.float32))


def _move_bands(mels: Tensor, places: Tensor) -> Tensor:
    """Mel spectra (B, T, bands) interpolated at fractional bands (B, 1, bands); the last band continues beyond it."""
    places = places.clamp(max=mels.shape[2] - 1.001).expand(mels.shape)
    below = places.floor().long()
    share = places - below
    return mels.gather(2, below) * (1 - share) + mels.gather(2, below + 1) * share
