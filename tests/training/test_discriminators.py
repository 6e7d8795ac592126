"""Discriminators: shapes, what each logit sees, and that all of them learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from talkinghead.training.adversarial import Verdict, discriminator_loss
from talkinghead.training.discriminators import (
    MultiScaleDiscriminator,
    PatchDiscriminator,
    TemporalPatchDiscriminator,
)


def test_a_logit_for_each_patch() -> None:
    verdict = PatchDiscriminator(3, (4, 8, 16))(torch.rand(2, 3, 64, 48))
    assert verdict.logits.shape == (2, 1, 8, 6)
    assert [feature.shape for feature in verdict.features] == [(2, 4, 32, 24), (2, 8, 16, 12), (2, 16, 8, 6)]
    assert verdict.weight is None


def test_as_many_layers_halve_as_are_asked_to() -> None:
    verdict = PatchDiscriminator(6, (4, 8, 16), strided=2)(torch.rand(1, 6, 32, 32))
    assert [feature.shape[2] for feature in verdict.features] == [16, 8, 8]
    assert verdict.logits.shape == (1, 1, 8, 8)


def test_a_logit_sees_its_patch_alone() -> None:
    torch.manual_seed(0)
    network, pictures = PatchDiscriminator(1, (4, 4)), torch.rand(1, 1, 64, 64, requires_grad=True)
    network(pictures).logits[0, 0, 8, 8].backward()
    assert pictures.grad is not None
    rows = pictures.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    # 3 logits' rows around, each of 4 px with 3 px beside them.
    assert 25 <= int(rows.min()) < 32 < int(rows.max()) <= 42


def test_normalised_layers_do_not_mind_contrast() -> None:
    torch.manual_seed(0)
    network, pictures = PatchDiscriminator(1, (4, 8), normalise=True), torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        for layer in network.layers:
            layer[0].bias.zero_()  # type: ignore[index, union-attr, operator]
        once, doubled = network(pictures), network(2 * pictures)
    torch.testing.assert_close(once.logits, doubled.logits, atol=1e-2, rtol=0)


def test_each_scale_sees_half_as_much() -> None:
    network = MultiScaleDiscriminator(3, (4, 8), scales=3, strided=2)
    verdicts = network(torch.rand(2, 3, 64, 64))
    assert [verdict.logits.shape[2] for verdict in verdicts] == [16, 8, 4]
    assert all(len(verdict.features) == 2 for verdict in verdicts)
    sizes = [sum(value.numel() for value in scale.parameters()) for scale in network.scales]
    assert len(set(sizes)) == 1


def test_pix2pixhds_channels_are_the_defaults() -> None:
    network = MultiScaleDiscriminator(39)
    assert len(network.scales) == 3
    first = network.scales[0].layers  # type: ignore[union-attr]
    assert [layer[0].out_channels for layer in first] == [64, 128, 256, 512]  # type: ignore[index, union-attr]
    assert [layer[0].stride[0] for layer in first] == [2, 2, 2, 1]  # type: ignore[index, union-attr]


@pytest.mark.parametrize(("count", "expected"), [(64, 16), (61, 16), (5, 2)])
def test_a_logit_for_each_stretch_of_time(count: int, expected: int) -> None:
    verdict = TemporalPatchDiscriminator(28, (8, 8))(torch.rand(3, count, 28))
    assert verdict.logits.shape == (3, 1, expected)


def test_frames_that_are_not_there_do_not_count() -> None:
    network = TemporalPatchDiscriminator(4, (8, 8))
    valid = torch.ones(2, 16, dtype=torch.bool)
    valid[1, 8:] = False
    verdict = network(torch.rand(2, 16, 4), valid)
    assert verdict.weight is not None
    assert verdict.weight[:, 0].tolist() == [[1.0] * 4, [1.0, 1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (PatchDiscriminator(3, (4, 8), normalise=True), (2, 3, 32, 32)),
        (MultiScaleDiscriminator(3, (4, 8), scales=2), (2, 3, 64, 64)),
        (TemporalPatchDiscriminator(6, (4, 8)), (2, 20, 6)),
    ],
)
def test_every_parameter_learns(network: nn.Module, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    on_made, on_real = (network(torch.randn(shape)) for _ in range(2))
    verdicts = [([one] if isinstance(one, Verdict) else one) for one in (on_made, on_real)]
    discriminator_loss(*verdicts).backward()
    for name, value in network.named_parameters():
        assert value.grad is not None, name
        assert torch.isfinite(value.grad).all(), name
