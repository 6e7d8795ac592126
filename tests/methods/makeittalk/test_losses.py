"""Equations 8 and 9 of Zhou et al. 2020, in closed form."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from talkinghead.face.landmarks import FACIAL_PARTS
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.losses import (
    contact_loss,
    content_example,
    content_losses,
    landmark_loss,
    laplacian_loss,
    laplacian_matrix,
)

TINY = CONFIGS["tiny"]


def on_a_line() -> Tensor:
    """(68, 3): each part evenly spaced on a straight line of its own."""
    landmarks = torch.zeros(68, 3)
    for number, (part, _) in enumerate(FACIAL_PARTS):
        steps = torch.arange(part.stop - part.start, dtype=torch.float32)[:, None]
        landmarks[part] = steps * torch.tensor([0.1, 0.05 * number, -0.02]) + number
    return landmarks


def test_laplacian_rows_sum_to_nothing() -> None:
    matrix = laplacian_matrix()
    assert matrix.shape == (68, 68)
    torch.testing.assert_close(matrix.sum(dim=1), torch.zeros(68))
    torch.testing.assert_close(matrix.diagonal(), torch.ones(68))


def test_laplacian_of_known_points() -> None:
    matrix = laplacian_matrix()
    landmarks = torch.zeros(68, 3)
    landmarks[4, 0] = 1.0  # in the middle of the jaw
    coordinates = matrix @ landmarks
    assert coordinates[4, 0] == 1.0
    assert coordinates[[3, 5], 0].tolist() == [-0.5, -0.5]
    assert coordinates[:, 0].abs().sum() == 2.0
    ends = torch.zeros(68, 3)
    ends[1, 0] = 1.0  # the neighbour of the jaw's end, whose only neighbour it is
    assert (matrix @ ends)[0, 0] == -1.0


def test_neighbours_stay_within_their_part_and_close_the_closed() -> None:
    matrix = laplacian_matrix()
    for part, closed in FACIAL_PARTS:
        block = matrix[part]
        outside = torch.ones(68, dtype=torch.bool)
        outside[part] = False
        assert not block[:, outside].any()
        first, last = part.start, part.stop - 1
        assert matrix[first, last] == (-0.5 if closed else 0.0)
        assert matrix[first, first + 1] == (-0.5 if closed else -1.0)


def test_evenly_spaced_points_on_a_line_have_no_laplacian_inside() -> None:
    coordinates = laplacian_matrix() @ on_a_line()
    for part, closed in FACIAL_PARTS:
        torch.testing.assert_close(
            coordinates[part][1:-1], torch.zeros_like(coordinates[part][1:-1]), atol=1e-5, rtol=0
        )
        assert (coordinates[part][0].abs().max() > 0.04) or not closed


def test_a_translated_part_has_the_same_laplacian() -> None:
    torch.manual_seed(0)
    reference = torch.randn(4, 68, 3)
    for part, _ in FACIAL_PARTS:
        predicted = reference.clone()
        predicted[:, part] += torch.tensor([0.3, -0.2, 0.1])
        assert laplacian_loss(predicted, reference) < 1e-9
        assert landmark_loss(predicted, reference) == pytest.approx(0.14 * (part.stop - part.start), rel=1e-4)


def test_landmark_loss_is_summed_over_points_and_averaged_over_the_batch() -> None:
    predicted, reference = torch.zeros(2, 68, 3), torch.zeros(2, 68, 3)
    predicted[0, 10] = torch.tensor([1.0, 2.0, 2.0])
    predicted[1, 20] = torch.tensor([0.0, 0.0, 1.0])
    assert landmark_loss(predicted, reference) == (9.0 + 1.0) / 2
    assert landmark_loss(reference, reference) == 0.0


def test_laplacian_loss_of_one_point() -> None:
    predicted, reference = torch.zeros(1, 68, 3), torch.zeros(1, 68, 3)
    predicted[0, 4, 1] = 2.0
    # Its own coordinate is off by 2, each neighbour's by 1: 4 + 1 + 1.
    assert laplacian_loss(predicted, reference) == pytest.approx(6.0)


def test_content_losses_are_the_two_terms_of_equation_8() -> None:
    class Fixed(nn.Module):
        def forward(self, windows: Tensor, static: Tensor) -> Tensor:
            return static

    batch = content_example(TINY, 3)
    losses = content_losses(Fixed(), batch, TINY)
    assert set(losses) == {"landmark_loss", "laplacian_loss"}
    difference = batch["static"] - batch["target"]
    assert losses["landmark_loss"] == pytest.approx(float(difference.square().sum() / 8), rel=1e-5)
    coordinates = laplacian_matrix() @ difference
    assert losses["laplacian_loss"] == pytest.approx(float(coordinates.square().sum() / 8), rel=1e-5)


def test_the_content_branch_learns_what_it_is_shown() -> None:
    torch.manual_seed(0)
    network, batch = SpeechContentAnimation(TINY.content), content_example(TINY, 0)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    totals = []
    for _ in range(60):
        optimizer.zero_grad()
        total = torch.stack(list(content_losses(network, batch, TINY).values())).sum()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.5 * totals[0]


def test_contact_loss_in_closed_form() -> None:
    static = torch.zeros(4, 68, 3)
    predicted = static.clone()
    predicted[:, [65, 66, 67], 1] = 0.1
    # Lips that must meet are 0.1 apart, lips that meet 0.003; a lip that must rise is 0.1 too low.
    for contact, expected in (([0, 0, 0, 0], 0.0), ([1, 0, 0, 0], 0.097 / 4), ([2, 2, 0, 0], 0.1 / 2)):
        loss = contact_loss(predicted, static, torch.tensor(contact))
        assert float(loss) == pytest.approx(expected, abs=1e-6)
    # Both lips lowered together meet, and still the lower one is not at the teeth.
    predicted[:, [61, 62, 63], 1] = 0.11
    assert float(contact_loss(predicted, static, torch.tensor([1, 1, 1, 1]))) == 0.0
    assert float(contact_loss(predicted, static, torch.tensor([2, 2, 2, 2]))) == pytest.approx(0.1, abs=1e-6)


def test_contacts_count_as_much_as_they_are_asked_to() -> None:
    config = CONFIGS["tiny"]
    torch.manual_seed(0)
    network, batch = SpeechContentAnimation(config.content), content_example(config, 0)
    plain = content_losses(network, batch, config)
    asked = content_losses(network, batch, config, contact=2.0)
    assert set(asked) - set(plain) == {"contact_loss"}
    expected = 2 * contact_loss(network(batch["windows"], batch["static"]), batch["static"], batch["contact"])
    torch.testing.assert_close(asked["contact_loss"], expected)


def test_beyond_the_limit_errors_count_in_proportion() -> None:
    reference = torch.zeros(1, 2, 3)
    near, far = reference.clone(), reference.clone()
    near[0, 0, 1], far[0, 0, 1] = 0.05, 0.5
    assert float(landmark_loss(near, reference, limit=0.1)) == pytest.approx(0.05**2)
    assert float(landmark_loss(far, reference, limit=0.1)) == pytest.approx(2 * 0.1 * (0.5 - 0.05))


def test_velocity_compares_how_jaw_and_lips_move_between_the_halves() -> None:
    config = CONFIGS["tiny"]
    network, batch = SpeechContentAnimation(config.content), content_example(config, 0)
    predicted = network(batch["windows"], batch["static"]).detach()
    batch["target"] = predicted + 0.3  # off by the same everywhere: it moves alike
    assert float(content_losses(network, batch, config, velocity=2.0)["velocity_loss"].detach()) == pytest.approx(
        0, abs=1e-9
    )
    batch["target"][4:, 60, 1] += 0.1
    batch["target"][4:, 40] += 5.0  # an eye, which does not count
    losses = content_losses(network, batch, config, velocity=2.0)
    assert float(losses["velocity_loss"].detach()) == pytest.approx(2 * 0.1**2, rel=1e-4)
