"""Pictures whose pixels are moved as landmarks move."""

from __future__ import annotations

import pytest
import torch

from talkinghead.rendering.displacement import landmark_field, mix_pictures, move


def test_nothing_moves_where_no_landmark_does() -> None:
    landmarks = 64 * torch.rand(2, 68, 2)
    assert float(landmark_field(landmarks, landmarks, 64).abs().max()) == 0
    picture = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(move(picture, torch.zeros(2, 2, 16, 16)), picture, atol=1e-5, rtol=0)


def test_the_field_points_from_target_to_source_and_fades() -> None:
    target = torch.full((1, 68, 2), 1e5)
    target[:, 0] = 41.5  # the middle of a place
    field = landmark_field(target + torch.tensor([5.0, -2.0]), target, 256)
    torch.testing.assert_close(field[0, :, 10, 10], torch.tensor([5.0, -2.0]), atol=0.01, rtol=0)
    along = field[0, 0, 10, 10:]
    assert (along.diff() < 0).all()
    assert along[-1] < 0.3


def test_the_field_is_the_mean_between_two_landmarks() -> None:
    target = torch.full((1, 68, 2), 1e5)
    target[0, 0], target[0, 1] = torch.tensor([93.5, 101.5]), torch.tensor([109.5, 101.5])
    source = target.clone()
    source[0, 0, 0] += 8
    source[0, 1, 0] += 2
    # At (101.5, 101.5) both are 8 px off.
    assert float(landmark_field(source, target, 256)[0, 0, 25, 25]) == pytest.approx(5.0, abs=0.02)


def test_move_takes_pixels_from_where_the_field_points() -> None:
    picture = torch.rand(1, 3, 64, 64)
    field = torch.zeros(1, 2, 16, 16)
    field[:, 0], field[:, 1] = 3.0, -2.0
    moved = move(picture, field)
    torch.testing.assert_close(moved[..., 2:, :-3], picture[..., :-2, 3:], atol=1e-4, rtol=0)
    torch.testing.assert_close(moved[..., 0, :-3], picture[..., 0, 3:], atol=1e-4, rtol=0)  # the edge goes on


def test_half_precision_around_it_costs_no_fraction_of_a_pixel() -> None:
    source, target = 256 * torch.rand(2, 1, 68, 2, generator=torch.Generator().manual_seed(0))
    exact = landmark_field(source, target, 256)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(landmark_field(source, target, 256), exact)


def test_what_is_mixed_is_painted_or_copied_or_between() -> None:
    painted, portrait = torch.rand(2, 3, 64, 64), torch.rand(1, 3, 64, 64)
    field = torch.zeros(2, 2, 16, 16)
    field[1, 0] = 3.0
    none, all_of_it = torch.zeros(2, 1, 64, 64), torch.ones(2, 1, 64, 64)
    torch.testing.assert_close(mix_pictures(painted, none, portrait, field), painted)
    copied = mix_pictures(painted, all_of_it, portrait, field)
    torch.testing.assert_close(copied, move(portrait.expand(2, -1, -1, -1), field))
    torch.testing.assert_close(mix_pictures(painted, all_of_it / 4, portrait, field), torch.lerp(painted, copied, 0.25))
