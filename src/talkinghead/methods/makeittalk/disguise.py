"""The same words as another voice in another room might say them."""

from __future__ import annotations

import numpy as np
import torch
from librosa import mel_frequencies
from torch import Tensor

_LOWEST_HZ, _HIGHEST_HZ = 90.0, 7600.0  # of ``log_mel``
_WARP = 0.2  # of a vocal tract, as a logarithm
_LEVEL = 0.12  # 12 dB
_CONTRAST = 0.15
_CURVES, _CURVE = 4, 0.05  # cosines across the bands, 5 dB each
_FLOOR = 0.4  # 60 dB below full scale


def augment_voices(mels: Tensor, generator: torch.Generator, *, strength: float = 1.0) -> Tensor:
    """Each speech of a batch with another vocal tract, timbre, level, dynamics, and half of them with a noise floor.

    Pitch goes with the vocal tract. Frames keep their places, so that what is said stays.

    Args:
        mels: (B, T, bands) of ``log_mel``.
        generator: of what chance decides.
        strength: 0: no disguise; 1: frequencies up to 22 % higher or lower, an equaliser of about 10 dB, 12 dB of
            level, 15 % of dynamics, a floor of up to -60 dB; between them, in proportion.

    Returns:
        (B, T, bands).

    Source: Choi et al. 2021 (NANSY), information perturbation: formants, pitch and an equaliser drawn anew before the
        content encoder, so that it cannot pass on what the decoder is told elsewhere; Qian et al. 2020 (SpeechSplit)
        do so to rhythm. Theirs alter samples, this mel spectrograms, at hardly any cost.
    """
    batch, count, bands = mels.shape

    def uniform(size: float) -> Tensor:
        return strength * size * (2 * torch.rand(batch, 1, 1, generator=generator) - 1)

    place = _places(bands, uniform(_WARP).exp()).expand(batch, count, bands)
    below = place.floor().long()
    share = place - below
    warped = mels.gather(2, below) * (1 - share) + mels.gather(2, below + 1) * share
    across = torch.pi * torch.arange(1, _CURVES + 1)[:, None] * (torch.arange(bands) + 0.5) / bands
    weights = strength * _CURVE * torch.randn(batch, 1, _CURVES, generator=generator)
    timbre = (weights @ across.cos() + uniform(_LEVEL)) * (warped > 0)
    other = (warped * (1 + uniform(_CONTRAST)) + timbre).clamp_min(0)
    noisy = (torch.rand(batch, 1, 1, generator=generator) < 0.5).float()
    return torch.maximum(other, noisy * uniform(_FLOOR).abs())


def _places(bands: int, factors: Tensor) -> Tensor:
    """The band (B, 1, bands) at ``factors`` (B, 1, 1) times the frequency of each band, with fractions."""
    centres_hz = mel_frequencies(bands + 2, fmin=_LOWEST_HZ, fmax=_HIGHEST_HZ)[1:-1]
    places = np.interp(factors.numpy() * centres_hz, centres_hz, np.arange(bands))
    return torch.from_numpy(places.astype(np.float32)).clamp(max=bands - 1.001)
