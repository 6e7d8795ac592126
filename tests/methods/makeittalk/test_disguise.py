"""Voices in disguise: what changes, what stays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.methods.makeittalk.disguise import _places, augment_voices
from talkinghead.speech.features import log_mel


def made(mels: Tensor, seed: int = 0, strength: float = 1.0) -> Tensor:
    return augment_voices(mels, torch.Generator().manual_seed(seed), strength=strength)


def tone(frequency_hz: float) -> Tensor:
    """(T, 80) of a second of it."""
    samples = 0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(16_000) / 16_000)
    return torch.from_numpy(log_mel(samples.astype(np.float32)))


def test_without_strength_nothing_changes() -> None:
    mels = torch.rand(8, 10, 80)
    torch.testing.assert_close(made(mels, strength=0.0), mels, atol=2e-3, rtol=0)


def test_the_same_seed_gives_the_same_disguise() -> None:
    mels = torch.rand(4, 10, 80)
    assert torch.equal(made(mels, 1), made(mels, 1))
    assert not torch.equal(made(mels, 1), made(mels, 2))


def test_all_frames_of_a_speech_wear_one_disguise_and_each_speech_its_own() -> None:
    mels = (0.5 + 0.3 * torch.rand(1, 1, 80)).expand(6, 10, 80)
    other = made(mels)
    assert torch.equal(other, other[:, :1].expand_as(other))
    apart = (other[:, None, 0] - other[None, :, 0]).abs().mean(dim=2)
    assert apart[~torch.eye(6, dtype=torch.bool)].min() > 0.005


def test_a_stronger_disguise_leaves_less_of_the_voice() -> None:
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
    torch.testing.assert_close(places, torch.arange(80.0).clamp(max=78.999), atol=2e-3, rtol=0)


def test_silence_is_silent_but_for_a_noise_floor() -> None:
    other = made(torch.zeros(64, 3, 80))
    assert torch.equal(other, other[:, :1, :1].expand_as(other))
    levels = other[:, 0, 0]
    assert 0.3 < float((levels > 0).float().mean()) < 0.7
    assert float(levels.max()) <= 0.4
