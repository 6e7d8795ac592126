"""Mel spectra of other voices and recordings: what changes, what stays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.speech.features import log_mel
from talkinghead.training.augmentation.mels import (
    _move_bands,
    _places,
    augment_bands,
    augment_mels,
    augment_spectra,
    augment_voices,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(mels: Tensor, seed: int = 0, strength: float = 1.0) -> Tensor:
    return augment_voices(mels, torch.Generator().manual_seed(seed), strength=strength)


def tone(frequency_hz: float) -> Tensor:
    """(T, 80) of a second of it."""
    samples = 0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(16_000) / 16_000)
    return torch.from_numpy(log_mel(samples.astype(np.float32)))


def test_without_strength_nothing_changes() -> None:
    mels = torch.rand(8, 10, 80)
    torch.testing.assert_close(made(mels, strength=0.0), mels, atol=2e-3, rtol=0)


def test_the_same_seed_gives_the_same_voice() -> None:
    mels = torch.rand(4, 10, 80)
    assert torch.equal(made(mels, 1), made(mels, 1))
    assert not torch.equal(made(mels, 1), made(mels, 2))


def test_all_frames_of_a_speech_have_one_voice_and_each_speech_its_own() -> None:
    mels = (0.5 + 0.3 * torch.rand(1, 1, 80)).expand(6, 10, 80)
    other = made(mels)
    assert torch.equal(other, other[:, :1].expand_as(other))
    apart = (other[:, None, 0] - other[None, :, 0]).abs().mean(dim=2)
    assert apart[~torch.eye(6, dtype=torch.bool)].min() > 0.005


def test_more_strength_leaves_less_of_the_voice() -> None:
    mels = 0.5 + 0.3 * torch.rand(32, 4, 80)
    distances = [float((made(mels, strength=strength) - mels).abs().mean()) for strength in (0.0, 0.25, 0.5, 1.0)]
    assert all(less < more for less, more in pairwise(distances))
    assert distances[-1] > 2 * distances[1]


@pytest.mark.parametrize("factor", [0.85, 1.2])
def test_all_frequencies_move_by_one_factor(factor: float) -> None:
    places = _places(80, torch.full((1, 1, 1), factor))[0, 0]
    for frequency_hz in (400.0, 1000.0, 3000.0):
        wanted, there = (int(tone(hz)[30].argmax()) for hz in (frequency_hz, frequency_hz * factor))
        assert float(places[wanted]) == pytest.approx(there, abs=1.0)


def test_bands_stay_where_they_are_without_a_factor() -> None:
    places = _places(80, torch.ones(1, 1, 1))[0, 0]
    torch.testing.assert_close(places, torch.arange(80.0), atol=2e-3, rtol=0)
    mels = torch.rand(2, 3, 80)
    torch.testing.assert_close(_move_bands(mels, places.expand(2, 1, 80)), mels, atol=2e-3, rtol=0)


def test_silence_is_silent_but_for_a_noise_floor() -> None:
    other = made(torch.zeros(64, 3, 80))
    assert torch.equal(other, other[:, :1, :1].expand_as(other))
    levels = other[:, 0, 0]
    assert 0.3 < float((levels > 0).float().mean()) < 0.7
    assert float(levels.max()) <= 0.4


def test_spectra_keep_shape_and_range_and_is_seeded() -> None:
    windows = torch.rand(200, 18, 80, generator=rng(9))
    varied = augment_spectra(windows, rng(1))
    assert varied.shape == windows.shape
    assert torch.equal(varied, augment_spectra(windows, rng(1)))
    assert not torch.equal(varied, augment_spectra(windows, rng(2)))
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.1 + 1e-6
    unchanged = (varied - windows).abs().amax(dim=(1, 2)) < 2e-3
    assert 0 < int(unchanged.sum()) < 60  # some voices stay: 0.3 x 0.5 x 0.5 of them


def test_formants_move_by_at_most_fifteen_percent() -> None:
    windows = torch.zeros(300, 18, 80)
    windows[:, :, 40] = 1.0
    peaks = augment_spectra(windows, rng(3)).mean(dim=1).argmax(dim=1).float()
    assert float(peaks.min()) >= 40 / 1.16
    assert float(peaks.max()) <= 40 / 0.84
    assert 0.3 < float((peaks == 40).float().mean()) < 0.8


def test_bands_are_left_out_in_some_windows_and_tilts_the_others() -> None:
    windows = torch.full((1000, 18, 8), 0.6)
    varied = augment_bands(windows, rng(1))
    assert torch.equal(varied, augment_bands(windows, rng(1)))
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.1 + 1e-6
    missing = varied.amax(dim=(1, 2)) == 0
    assert 0.35 < float(missing.float().mean()) < 0.45
    tilt = (varied[~missing, :, -1] - varied[~missing, :, 0]).abs().mean()
    assert 0.05 < float(tilt) < 0.25
    assert not (augment_bands(windows, rng(1), variation=0.0).amax(dim=(1, 2)) == 0).any()


def test_mels_keep_range_and_is_seeded() -> None:
    mel = torch.rand(40, 60, 80, generator=rng(0))
    varied = augment_mels(mel, rng(1))
    assert varied.shape == mel.shape
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.1 + 1e-6
    assert torch.equal(varied, augment_mels(mel, rng(1)))
    assert not torch.equal(varied, augment_mels(mel, rng(2)))
