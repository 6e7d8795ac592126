"""Equation 7 of Wang et al. 2020 in closed form, and what the branches are held to."""

from __future__ import annotations

import math

import pytest
import torch

from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.methods.attentional_landmarks.stl_losses import landmarks_example, landmarks_losses, wing


@pytest.mark.parametrize(
    ("difference", "value"),
    [
        (0.0, 0.0),
        (2.0, 10 * math.log(2)),
        (-2.0, 10 * math.log(2)),
        (10.0, 10 * math.log(6)),
        (12.0, 10 * math.log(6) + 2),
        (-110.0, 10 * math.log(6) + 100),
    ],
)
def test_wing_loss_in_closed_form(difference: float, value: float) -> None:
    assert float(wing(torch.tensor(difference))) == pytest.approx(value, abs=1e-5)


def test_the_wings_meet() -> None:
    # At |x| = w the two sides have one value: C is what makes them.
    below, at, above = wing(torch.tensor([9.9999, 10.0, 10.0001], dtype=torch.float64))
    assert float(at - below) == pytest.approx(0.0001 * 10 / 12, rel=1e-3)
    assert float(above - at) == pytest.approx(0.0001, rel=1e-3)


def test_the_slope_is_steepest_at_nothing() -> None:
    x = torch.tensor([1e-6, 1.0, 5.0, 20.0], dtype=torch.float64, requires_grad=True)
    wing(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.tensor([5.0, 10 / 3, 10 / 7, 1.0], dtype=torch.float64), rtol=1e-5, atol=0)


def test_each_branch_is_held_to_its_own_points() -> None:
    config = CONFIGS["tiny"]
    network, batch = SpeechToLandmarks(config.landmarks), landmarks_example(config, 0)
    before = landmarks_losses(network, batch, config)
    assert set(before) == {"lips_loss", "head_loss"}
    after = landmarks_losses(network, {**batch, "lips": batch["lips"] + 50}, config)
    torch.testing.assert_close(after["head_loss"], before["head_loss"])
    assert after["lips_loss"] > before["lips_loss"] + 20


def test_right_points_cost_nothing() -> None:
    config = CONFIGS["tiny"]
    network, batch = SpeechToLandmarks(config.landmarks).eval(), landmarks_example(config, 0)
    (lips, head), _ = network(batch["speech"], batch["template"])
    points = batch["points"].clone()
    points[:, :, :48], points[:, :, [48, 54]] = head[:, :, :48], head[:, :, 48:]
    losses = landmarks_losses(network, {**batch, "lips": lips, "points": points}, config, carried=False)
    assert all(float(value.detach()) == pytest.approx(0.0, abs=1e-4) for value in losses.values())


def test_half_of_the_batch_goes_on_from_another() -> None:
    config = CONFIGS["tiny"]
    network, batch = SpeechToLandmarks(config.landmarks).eval(), landmarks_example(config, 0)
    begun = landmarks_losses(network, batch, config, carried=False)
    carried = landmarks_losses(network, batch, config)
    assert all(not torch.equal(carried[name], value) for name, value in begun.items())


def test_the_ablation_has_one_loss() -> None:
    config = VARIANTS["small-joint"]
    losses = landmarks_losses(SpeechToLandmarks(config.landmarks), landmarks_example(config, 0), config)
    assert set(losses) == {"landmarks_loss"}
