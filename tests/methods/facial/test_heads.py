"""Heads that move as far as the person's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from talkinghead.methods.facial.config import CONFIGS, AttributesConfig
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.methods.facial.heads import NUM_BANDS, head_levels, match_levels
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.weights import load_network, save_weights

FPS = 30.0


def sway(seconds: float, *sines: tuple[float, float]) -> np.ndarray:
    """(T, 1) a sum of sines (amplitude, Hz)."""
    times = np.arange(round(seconds * FPS)) / FPS
    return np.sum([size * np.sin(2 * np.pi * rate * times) for size, rate in sines], axis=0)[:, None]


def test_levels_lie_in_the_band_of_their_sine() -> None:
    for band, rate in enumerate((0.35, 0.7, 1.4)):
        levels = head_levels([sway(60, (0.1, rate))], FPS)[:, 0]
        assert levels.shape == (NUM_BANDS,)
        assert levels.argmax() == band
        assert levels[band] == pytest.approx(0.1 / np.sqrt(2), rel=0.7)


def test_it_moves_as_far_as_the_person() -> None:
    person = [sway(30, (0.1, 0.35), (0.02, 1.4))]
    wanted = head_levels(person, FPS)
    made = match_levels(sway(45, (0.03, 0.4), (0.04, 1.3)), FPS, wanted)
    assert head_levels([made], FPS)[[0, 2], 0] == pytest.approx(wanted[[0, 2], 0], rel=0.5)


def test_where_the_head_is_stays_and_what_hardly_moves_is_not_magnified_without_end() -> None:
    levels = np.full((NUM_BANDS, 1), 0.1)
    still = np.full((300, 1), 0.3)
    np.testing.assert_allclose(match_levels(still, FPS, levels), still, atol=1e-6)
    faint = sway(10, (1e-4, 0.7))
    assert np.ptp(match_levels(faint, FPS, levels)) < 7 * np.ptp(faint)


@pytest.mark.parametrize("count", [1, 2, 20])
def test_a_short_motion(count: int) -> None:
    assert match_levels(np.zeros((count, 6)), FPS, np.full((NUM_BANDS, 6), 0.1)).shape == (count, 6)


def test_a_persons_network_bears_it_and_others_do_not(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = FacialGenerator(CONFIGS["tiny"].attributes)
    assert "head" not in network.state_dict()
    pose = np.repeat(sway(20, (0.1, 0.7)), 6, axis=1)
    still = FacialMotion(network).move_head(0.1 * pose)
    network.adopt_head([pose], FPS)
    save_weights(network, tmp_path / "a.safetensors", card={"config": network.config})
    back = load_network(FacialGenerator, AttributesConfig, tmp_path / "a.safetensors")
    assert back.config == replace(CONFIGS["tiny"].attributes, heads=True)
    assert np.ptp(FacialMotion(back).move_head(0.1 * pose)) > 4 * np.ptp(still)
