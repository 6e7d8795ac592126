"""Equation 10 of Wang et al. 2020, and the three verdicts."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import nn

from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.discriminator import VideoDiscriminator, mouths
from talkinghead.methods.attentional_landmarks.ltv_losses import (
    image_loss,
    video_adversaries,
    video_example,
    video_losses,
)
from talkinghead.rendering.levels import as_colours

TINY = CONFIGS["tiny"]


def test_image_loss_is_the_mean_square() -> None:
    target = torch.rand(2, 3, 64, 64)
    landmarks = torch.full((2, 68, 2), 32.0)
    assert float(image_loss(target + 0.5, target, landmarks)) == pytest.approx(0.25, rel=1e-5)
    assert float(image_loss(target + 0.5, target, landmarks, focus=4.0)) == pytest.approx(0.25, rel=1e-5)
    assert float(image_loss(target, target, landmarks, focus=4.0)) == 0.0


@pytest.mark.parametrize("structure", [0.0, 0.5])
def test_structure_counts_as_much_as_the_configuration_says(structure: float) -> None:
    config = dataclasses.replace(TINY, video=dataclasses.replace(TINY.video, structure=structure, adversarial=0.0))
    network = video_adversaries(config)
    named = video_losses(network, video_example(config, 0), config)
    assert set(named) == {"image_loss"} | ({"structure_loss"} if structure else set())


def test_the_ablations_learn_by_equation_10_alone() -> None:
    assert {
        (CONFIGS | VARIANTS)[name].video.structure for name in ("small-full", "small-plain", "small-joint", "paper")
    } == {0.0}
    assert CONFIGS["small"].video.structure > 0


def test_eyes_and_lips_count_more() -> None:
    landmarks = torch.full((1, 68, 2), -1e4)
    landmarks[:, 48:] = 32.0
    target, off_mouth, off_corner = torch.zeros(3, 1, 3, 64, 64)
    off_mouth[..., 30:34, 30:34] = off_corner[..., :4, :4] = 1.0
    weights = [float(image_loss(made, target, landmarks, focus=4.0)) for made in (off_mouth, off_corner)]
    assert weights[0] == pytest.approx(5 * weights[1], rel=0.02)


def test_a_discriminator_without_an_opinion_costs_what_a_coin_does() -> None:
    torch.manual_seed(0)
    network = video_adversaries(TINY)
    discriminator = network.discriminator
    assert discriminator is not None
    for last in (discriminator.quality.last, discriminator.head.last, discriminator.together[-1]):
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    losses = video_losses(network, video_example(TINY, 0), TINY)
    assert set(losses) == {"image_loss", "structure_loss", "adversarial_loss", "discriminator_loss"}
    assert float(losses["adversarial_loss"].detach()) == pytest.approx(TINY.video.adversarial * math.log(2), rel=1e-3)
    # Real and made, and of the wrong ones the two verdicts that compare.
    coins = math.log(2) * (1 + (1 + 2 / 3) / 2)
    assert float(losses["discriminator_loss"].detach()) == pytest.approx(coins, rel=1e-3)


def test_lips_out_of_sync_are_not_compared_with_the_speech() -> None:
    torch.manual_seed(0)
    network, batch = video_adversaries(TINY), video_example(TINY, 0)
    other = {**batch, "speech": batch["speech"] + 1.0}
    none = torch.zeros(2)
    first, second = (video_losses(network, {**one, "in_step": none}, TINY) for one in (batch, other))
    torch.testing.assert_close(first["discriminator_loss"], second["discriminator_loss"])
    found = [video_losses(network, one, TINY)["discriminator_loss"] for one in (batch, other)]
    assert not torch.equal(found[0], found[1])


def test_without_a_discriminator_the_error_is_left() -> None:
    config = dataclasses.replace(TINY, video=dataclasses.replace(TINY.video, adversarial=0.0))
    named = video_losses(video_adversaries(config), video_example(config, 0), config)
    assert set(named) == {"image_loss", "structure_loss"}


def test_each_verdict_sees_what_it_is_about() -> None:
    torch.manual_seed(0)
    discriminator, batch = VideoDiscriminator(TINY), video_example(TINY, 0)
    given = as_colours(batch["target"]), batch["target_landmarks"], batch["speech"], batch["in_step"]
    lips, head, quality = discriminator(*given)
    assert [verdict.logits.shape for verdict in (lips, head, quality)] == [(2, 1), (2, 1, 1, 1), (2, 1, 4, 4)]
    pictures, landmarks, speech, in_step = given
    assert not torch.equal(head.logits, discriminator(pictures, landmarks + 9, speech, in_step)[1].logits)
    assert not torch.equal(lips.logits, discriminator(pictures, landmarks, 0 * speech, in_step)[0].logits)


def test_the_mouths_square() -> None:
    pictures = torch.zeros(1, 3, 200, 200)
    pictures[..., 118:122, 78:82] = 1.0  # about (79.5, 119.5)
    landmarks = torch.zeros(1, 68, 2)
    landmarks[:, 48:] = torch.tensor([79.5, 119.5])
    square = mouths(pictures, landmarks)
    assert square.shape == (1, 3, 64, 64)
    row, column = (square[0, 0] * torch.arange(64.0)[:, None]).sum(), (square[0, 0] * torch.arange(64.0)).sum()
    assert float(row / square[0, 0].sum()) == pytest.approx(31.5, abs=0.05)
    assert float(column / square[0, 0].sum()) == pytest.approx(31.5, abs=0.05)
