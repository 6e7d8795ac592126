"""Equation 10 of Wang et al. 2020, and the three judges."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.critic import VideoDiscriminator, mouths
from talkinghead.methods.attentional_landmarks.ltv_losses import (
    VideoTraining,
    image_loss,
    structure_loss,
    video_example,
    video_losses,
)
from talkinghead.methods.attentional_landmarks.ltv_pairs import as_pictures
from talkinghead.metrics.ssim import ssim

TINY = CONFIGS["tiny"]


def silenced(training: VideoTraining) -> VideoTraining:
    """With judges who are of no opinion."""
    critic = training.critic
    for last in (critic.quality[-1], critic.head[-1], critic.together[-1]):
        assert isinstance(last, nn.Conv2d | nn.Linear)
        nn.init.zeros_(last.weight)
        assert last.bias is not None
        nn.init.zeros_(last.bias)
    return training


def test_image_loss_is_the_mean_square() -> None:
    target = torch.rand(2, 3, 64, 64)
    landmarks = torch.full((2, 68, 2), 32.0)
    assert float(image_loss(target + 0.5, target, landmarks)) == pytest.approx(0.25, rel=1e-5)
    assert float(image_loss(target + 0.5, target, landmarks, focus=4.0)) == pytest.approx(0.25, rel=1e-5)
    assert float(image_loss(target, target, landmarks, focus=4.0)) == 0.0


def test_structure_loss_is_the_measures() -> None:
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)
    made = np.clip(real + rng.normal(0, 40, real.shape), 0, 255).astype(np.uint8)
    loss = structure_loss(as_pictures(made), as_pictures(real))
    assert float(loss) == pytest.approx(1 - ssim(made, real).mean(), abs=1e-5)
    assert float(structure_loss(as_pictures(real), as_pictures(real))) == pytest.approx(0.0, abs=1e-6)


def test_structure_loss_keeps_its_precision() -> None:
    picture = as_pictures(np.random.default_rng(0).integers(100, 110, (1, 32, 32, 3), dtype=np.uint8))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float(structure_loss(picture, picture)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("structure", [0.0, 0.5])
def test_structure_counts_as_much_as_the_configuration_says(structure: float) -> None:
    config = dataclasses.replace(TINY, video=dataclasses.replace(TINY.video, structure=structure, adversarial=0.0))
    network = VideoTraining(config)
    named = video_losses(network, video_example(config, 0), config)
    assert set(named) == {"image_loss"} | ({"structure_loss"} if structure else set())


def test_the_ablations_learn_by_equation_10_alone() -> None:
    assert {CONFIGS[name].video.structure for name in ("small-full", "small-plain", "small-joint", "paper")} == {0.0}
    assert CONFIGS["small"].video.structure > 0


def test_eyes_and_lips_count_more() -> None:
    landmarks = torch.full((1, 68, 2), -1e4)
    landmarks[:, 48:] = 32.0
    target, off_mouth, off_corner = torch.zeros(3, 1, 3, 64, 64)
    off_mouth[..., 30:34, 30:34] = off_corner[..., :4, :4] = 1.0
    weights = [float(image_loss(made, target, landmarks, focus=4.0)) for made in (off_mouth, off_corner)]
    assert weights[0] == pytest.approx(5 * weights[1], rel=0.02)


def test_judges_without_an_opinion_cost_what_a_coin_does() -> None:
    torch.manual_seed(0)
    losses = video_losses(silenced(VideoTraining(TINY)), video_example(TINY, 0), TINY)
    assert set(losses) == {"image_loss", "structure_loss", "adversarial_loss", "critic_loss"}
    assert float(losses["adversarial_loss"].detach()) == pytest.approx(TINY.video.adversarial * math.log(2), rel=1e-3)
    # Real and made, and of the wrong ones the two judges who are given something to compare with.
    assert float(losses["critic_loss"].detach()) == pytest.approx(math.log(2) * (1 + (1 + 2 / 3) / 2), rel=1e-3)


def test_the_two_sides_do_not_teach_each_other() -> None:
    torch.manual_seed(0)
    training = VideoTraining(TINY)
    losses = video_losses(training, video_example(TINY, 0), TINY)
    losses["critic_loss"].backward(retain_graph=True)
    assert all(value.grad is None for value in training.generator.parameters())
    training.zero_grad()
    (losses["image_loss"] + losses["structure_loss"] + losses["adversarial_loss"]).backward()
    assert all(value.grad is None or not value.grad.any() for value in training.critic.parameters())
    assert all(value.requires_grad for value in training.critic.parameters())


def test_lips_out_of_step_are_not_judged_by_the_speech() -> None:
    torch.manual_seed(0)
    training, batch = VideoTraining(TINY), video_example(TINY, 0)
    other = {**batch, "speech": batch["speech"] + 1.0}
    none = torch.zeros(2)
    first, second = (video_losses(training, {**one, "in_step": none}, TINY) for one in (batch, other))
    torch.testing.assert_close(first["critic_loss"], second["critic_loss"])
    seen = [video_losses(training, one, TINY)["critic_loss"] for one in (batch, other)]
    assert not torch.equal(seen[0], seen[1])


def test_without_a_critic_the_error_is_left() -> None:
    config = dataclasses.replace(TINY, video=dataclasses.replace(TINY.video, adversarial=0.0))
    assert set(video_losses(VideoTraining(config), video_example(config, 0), config)) == {
        "image_loss",
        "structure_loss",
    }


def test_the_judges_see_what_they_are_to_judge() -> None:
    torch.manual_seed(0)
    critic, batch = VideoDiscriminator(TINY), video_example(TINY, 0)
    pictures, landmarks, speech = batch["target"], batch["landmarks"], batch["speech"]
    assert critic.quality_logits(pictures).shape == (2, 1, 4, 4)
    assert critic.head_logits(pictures, landmarks).shape == (2, 1, 1, 1)
    assert critic.lip_logits(pictures, landmarks, speech).shape == (2, 1)
    assert not torch.equal(critic.head_logits(pictures, landmarks), critic.head_logits(pictures, landmarks + 9))
    assert not torch.equal(
        critic.lip_logits(pictures, landmarks, speech), critic.lip_logits(pictures, landmarks, 0 * speech)
    )


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
