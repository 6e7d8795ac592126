"""Losses of generators and discriminators in closed form, and who learns from which."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from talkinghead.training.adversarial import (
    Adversaries,
    Kind,
    Verdict,
    adversarial_losses,
    backward,
    discriminator_loss,
    feature_matching_loss,
    generator_loss,
    sides_of,
)


def says(*values: float) -> Verdict:
    """A verdict of these logits."""
    return Verdict(torch.tensor(values))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("least squares", (1.0 + 0.25) / 2),  # (0 - 1)^2 and (1.5 - 1)^2
        ("hinge", -(0.0 + 1.5) / 2),
        ("cross entropy", (math.log(2) + math.log1p(math.exp(-1.5))) / 2),
    ],
)
def test_what_a_generator_pays(kind: Kind, expected: float) -> None:
    assert float(generator_loss([says(0.0, 1.5)], kind=kind)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("least squares", (0.0 + 2.25) / 2 + (0.25 + 1.0) / 2),
        ("hinge", (1.0 + 2.5) / 2 + (0.5 + 0.0) / 2),  # relu(1 + x) on made, relu(1 - x) on real
        (
            "cross entropy",
            (math.log(2) + math.log1p(math.exp(1.5))) / 2 + (math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-2))) / 2,
        ),
    ],
)
def test_what_a_discriminator_pays(kind: Kind, expected: float) -> None:
    loss = discriminator_loss([says(0.0, 1.5)], [says(0.5, 2.0)], kind=kind)
    assert float(loss) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["least squares", "hinge", "cross entropy"])
def test_a_discriminator_that_is_right_pays_least(kind: Kind) -> None:
    made, real = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    discriminator_loss([Verdict(made * 0.5)], [Verdict(real * 0.5)], kind=kind).backward()
    assert made.grad is not None
    assert real.grad is not None
    assert (made.grad >= 0).all()  # what is made should be called less real
    assert (real.grad < 0).all()


def test_verdicts_are_summed_and_places_weighted() -> None:
    weighted = Verdict(torch.tensor([[0.0, 3.0], [0.0, 5.0]]), weight=torch.tensor([[1.0, 0.0]]))
    assert float(generator_loss([weighted, says(0.0)])) == pytest.approx(1.0 + 1.0)
    nobody = Verdict(torch.ones(4), weight=torch.zeros(4))
    assert float(generator_loss([nobody])) == 0.0


def test_features_that_are_equal_match() -> None:
    one, two = torch.rand(2, 3, 4), torch.rand(2, 5)
    verdict = Verdict(torch.zeros(1), (one, two))
    assert float(feature_matching_loss([verdict], [verdict])) == 0.0
    other = Verdict(torch.zeros(1), (one + 1.0, two - 0.5))
    assert float(feature_matching_loss([verdict], [other])) == pytest.approx((1.0 + 0.5) / 2)
    assert float(feature_matching_loss([verdict] * 3, [other] * 3)) == pytest.approx(3 * 0.75)


def test_losses_have_names_and_weights() -> None:
    made, real = [Verdict(torch.zeros(2), (torch.zeros(2),))], [Verdict(torch.ones(2), (torch.ones(2),))]
    named = adversarial_losses(made, real, weight=0.1, features=10.0)
    assert {name: float(value) for name, value in named.items()} == pytest.approx(
        {"adversarial_loss": 0.1, "feature_loss": 10.0, "discriminator_loss": 0.0}
    )
    assert set(adversarial_losses(made, real)) == {"adversarial_loss", "discriminator_loss"}


class Layers(nn.Module):
    """A discriminator with features."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 5), nn.Linear(5, 1)

    def forward(self, rows: Tensor) -> Verdict:
        features = torch.tanh(self.first(rows))
        return Verdict(self.last(features), (features,))


def test_each_side_gets_the_gradient_of_its_own_losses() -> None:
    torch.manual_seed(0)
    pair = Adversaries(nn.Linear(3, 4), Layers())
    inputs, real = torch.randn(6, 3), torch.randn(6, 4)

    def losses(*, apart: bool) -> dict[str, Tensor]:
        made = pair(inputs)
        on_made, on_real = [pair.discriminator(made.detach() if apart else made)], [pair.discriminator(real)]
        return adversarial_losses(on_made, on_real, weight=0.3, features=2.0)

    named = losses(apart=False)
    backward(named, sides_of(pair))
    together = {name: value.grad.clone() for name, value in pair.named_parameters()}  # type: ignore[union-attr]
    pair.zero_grad()
    pair.discriminator.requires_grad_(False)
    named = losses(apart=False)
    (named["adversarial_loss"] + named["feature_loss"]).backward()
    pair.discriminator.requires_grad_(True)
    losses(apart=True)["discriminator_loss"].backward()
    for name, value in pair.named_parameters():
        assert value.grad is not None
        torch.testing.assert_close(together[name], value.grad)


def test_sides_share_no_parameter_and_leave_out_what_is_frozen() -> None:
    pair = Adversaries(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1)))
    pair.discriminator[1].requires_grad_(False)  # type: ignore[index, union-attr]
    sides = sides_of(pair)
    assert [len(values) for values in sides.values()] == [2, 2]
    assert list(sides) == ["generator", "discriminator"]
    assert list(sides_of(Adversaries(nn.Linear(2, 2), None))) == ["generator"]
    assert list(sides_of(nn.Linear(2, 2))) == ["generator"]


def test_a_side_without_a_loss_is_a_mistake() -> None:
    pair = Adversaries(nn.Linear(2, 2), nn.Linear(2, 1))
    with pytest.raises(ValueError, match="no loss for the discriminator among square_loss"):
        backward({"square_loss": pair(torch.ones(1, 2)).sum()}, sides_of(pair))
