"""Equations 1 and 4 of Li et al. 2021 in closed form, and what each side is trained with."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from talkinghead.methods.write_a_speaker.config import CONFIGS, VARIANTS
from talkinghead.methods.write_a_speaker.losses import (
    SSIM_CONSTANTS,
    head_example,
    head_losses,
    l1_sequence_loss,
    mouth_adversaries,
    mouth_example,
    mouth_losses,
    spread_loss,
    ssim_sequence,
    upper_face_example,
    upper_face_losses,
    words_adversaries,
)


def test_l1_is_summed_over_weights_and_averaged_over_frames() -> None:
    made, real = torch.zeros(1, 4, 28), torch.full((1, 4, 28), 0.5)
    assert float(l1_sequence_loss(made, real)) == pytest.approx(14.0)
    real[:, 2:] = 0.0
    assert float(l1_sequence_loss(made, real)) == pytest.approx(7.0)


def test_a_sequence_is_like_itself() -> None:
    sequence = torch.rand(2, 75, 23, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert float(ssim_sequence(sequence, sequence)) == pytest.approx(1.0)


def test_ssim_of_a_square_wave_in_closed_form() -> None:
    # Means 0.5 and 0.25, standard deviations 0.5 and 0.25, perfectly correlated.
    real = torch.tensor([0.0, 1.0] * 8, dtype=torch.float64)[None, :, None]
    first, second = SSIM_CONSTANTS
    mean = (2 * 0.5 * 0.25 + first) / (0.25 + 0.0625 + first)
    spread = (2 * 0.5 * 0.25 + second) / (0.25 + 0.0625 + second)
    assert float(ssim_sequence(real / 2, real)) == pytest.approx(mean * spread)


def test_a_course_upside_down_is_unlike() -> None:
    real = torch.tensor([-1.0, 1.0] * 8, dtype=torch.float64)[None, :, None]
    _, second = SSIM_CONSTANTS
    assert float(ssim_sequence(-real, real)) == pytest.approx((-2 + second) / (2 + second))
    still = torch.zeros_like(real)
    assert float(ssim_sequence(still, real)) == pytest.approx(second / (1 + second))


def test_ssim_is_a_mean_over_parameters() -> None:
    real = torch.tensor([0.0, 1.0] * 8, dtype=torch.float64)[None, :, None]
    both = torch.cat([real, real], dim=2)
    made = torch.cat([real, real / 2], dim=2)
    one = float(ssim_sequence(real / 2, real))
    assert float(ssim_sequence(made, both)) == pytest.approx((1 + one) / 2)


def test_the_weights_are_those_of_the_paper() -> None:
    config = CONFIGS["paper"]
    assert config.mouth.l1_weight == 50.0
    assert config.upper_face.ssim_weight == config.head.ssim_weight == 100.0
    tiny = CONFIGS["tiny"]
    network, batch = mouth_adversaries(tiny.mouth), mouth_example(tiny, 0)
    once = mouth_losses(network, batch, tiny)["l1_loss"]
    twice = mouth_losses(network, batch, replace(tiny, mouth=replace(tiny.mouth, l1_weight=100.0)))["l1_loss"]
    torch.testing.assert_close(twice, 2 * once)


def test_each_side_has_its_loss() -> None:
    tiny = CONFIGS["tiny"]
    sides = {"adversarial_loss", "discriminator_loss"}
    assert set(mouth_losses(mouth_adversaries(tiny.mouth), mouth_example(tiny, 0), tiny)) == {"l1_loss", *sides}
    upper = upper_face_losses(words_adversaries(tiny.upper_face), upper_face_example(tiny, 0), tiny)
    head = head_losses(words_adversaries(tiny.head), head_example(tiny, 0), tiny)
    assert set(upper) == {"ssim_loss", *sides}
    assert set(head) == {"ssim_loss", "spread_loss", *sides}


def test_the_spread_counts_by_ratio() -> None:
    real = torch.randn(4, 75, 6, generator=torch.Generator().manual_seed(0))
    assert float(spread_loss(real, real)) == 0.0
    assert float(spread_loss(2 * real, real)) == pytest.approx(math.log(2), rel=1e-3)
    assert float(spread_loss(real / 2, real)) == pytest.approx(math.log(2), rel=1e-3)
    assert float(spread_loss(real.cumsum(dim=1), real)) > 0.5


def test_without_a_discriminator_there_is_one_loss() -> None:
    alone = VARIANTS["small-no-gan"]
    assert set(mouth_losses(mouth_adversaries(alone.mouth), mouth_example(alone, 0), alone)) == {"l1_loss"}
    assert words_adversaries(alone.head).discriminator is None


def test_the_head_ignores_emotion() -> None:
    assert "emotions" in upper_face_example(CONFIGS["tiny"], 0)
    assert "emotions" not in head_example(CONFIGS["tiny"], 0)
