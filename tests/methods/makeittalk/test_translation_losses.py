"""What the translation network learns by."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.translation import Translation, as_inputs
from talkinghead.methods.makeittalk.translation_losses import (
    importance,
    translation_adversaries,
    translation_example,
    translation_losses,
)
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import backward, sides_of
from talkinghead.training.perceptual import pyramid_loss

TINY = CONFIGS["tiny"]
PLAIN = replace(
    TINY, translation=replace(TINY.translation, copying=False, source_sketch=False, discriminator_weight=0.0)
)


class Says(nn.Module):
    """Stands in for a network that makes a given picture."""

    discriminator = None

    def __init__(self, picture: Tensor) -> None:
        super().__init__()
        self.picture = picture

    def forward(self, *inputs: object) -> Translation:
        """The picture."""
        return Translation(self.picture, self.picture)


def test_colours_run_from_minus_one_to_one() -> None:
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 3, 1).expand(1, 1, 3, 3)
    torch.testing.assert_close(as_colours(levels)[0, 0, 0], torch.tensor([-1.0, -0.6, 1.0]))
    assert as_colours(levels).shape == (1, 3, 1, 3)


def test_the_right_picture_costs_nothing() -> None:
    batch = translation_example(PLAIN, 0)
    losses = translation_losses(Says(as_colours(batch["target"])), batch, PLAIN)
    assert set(losses) == {"pixel_loss", "perceptual_loss"}
    assert all(float(value) == 0 for value in losses.values())


def test_pixel_loss_of_a_constant_difference_is_that_difference() -> None:
    batch = translation_example(PLAIN, 0)
    losses = translation_losses(Says(as_colours(batch["target"]) + 0.125), batch, PLAIN)
    assert float(losses["pixel_loss"]) == pytest.approx(0.125, abs=1e-5)


def test_a_fault_on_the_lips_costs_more_than_one_in_the_background() -> None:
    batch = translation_example(PLAIN, 0)
    batch["target_landmarks"] = torch.full((2, 68, 2), 16.0)
    wanted = as_colours(batch["target"])
    costs = []
    for place in (14, 50):
        made = wanted.clone()
        made[..., place : place + 4, place : place + 4] += 0.5
        costs.append(float(translation_losses(Says(made), batch, PLAIN)["pixel_loss"]))
    assert costs[0] > 4 * costs[1]


def test_importance_is_four_on_eyes_and_lips_one_on_skin_and_little_far_away() -> None:
    landmarks = torch.full((1, 68, 2), 29.5)
    landmarks[:, 36:] = 129.5
    weight = importance(landmarks, 256)[0, 0]
    assert weight.shape == (256, 256)
    assert float(weight[129, 129]) == pytest.approx(4.0, abs=0.1)
    assert float(weight[29, 29]) == pytest.approx(1.0, abs=0.05)
    assert float(weight[240, 20]) == pytest.approx(0.25, abs=0.02)


def test_the_other_distance_is_asked() -> None:
    batch = translation_example(PLAIN, 0)
    made = Says(as_colours(batch["target"]) + 0.1)
    losses = translation_losses(made, batch, PLAIN, distance=lambda one, other: 7 + pyramid_loss(one, other))
    assert float(losses["perceptual_loss"]) == pytest.approx(7.1, abs=1e-4)


def test_what_the_discriminator_adds() -> None:
    losses = translation_losses(translation_adversaries(TINY.translation), translation_example(TINY, 0), TINY)
    names = {"pixel_loss", "perceptual_loss", "copied_loss", "adversarial_loss", "feature_loss", "discriminator_loss"}
    assert set(losses) == names
    assert translation_adversaries(PLAIN.translation).discriminator is None


def test_inputs_are_what_the_configuration_asks_for() -> None:
    batch = translation_example(TINY, 0)
    full, plain = as_inputs(batch, TINY.translation), as_inputs(batch, PLAIN.translation)
    assert full.field is not None
    assert full.field.shape == (2, 2, 16, 16)
    assert full.source_sketch is not None
    assert plain.field is None
    assert plain.source_sketch is None


def test_one_batch_is_learned() -> None:
    torch.manual_seed(0)
    training, batch = translation_adversaries(TINY.translation), translation_example(TINY, 0)
    batch["target"] = batch["source"].roll(4, dims=2)
    optimizer = torch.optim.Adam(training.parameters(), lr=3e-3)
    seen = []
    for _ in range(30):
        losses = translation_losses(training, batch, TINY)
        seen.append(float(losses["pixel_loss"].detach()))
        optimizer.zero_grad()
        backward(losses, sides_of(training))
        optimizer.step()
    assert seen[-1] < 0.9 * seen[0]
