"""D-Rot and D-Pos in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.head_pose import position_difference, rotation_difference


def test_rotation_difference_is_the_mean_over_three_angles() -> None:
    reference = np.random.default_rng(0).uniform(-0.3, 0.3, (20, 3))
    assert rotation_difference(reference, reference) == 0.0
    assert rotation_difference(reference + np.radians([6.0, 0.0, 0.0]), reference) == pytest.approx(2.0)
    assert rotation_difference(reference + np.radians([6.0, -3.0, 9.0]), reference) == pytest.approx(6.0)


def test_rotation_difference_is_symmetric_and_over_time() -> None:
    first, second = np.zeros((4, 3)), np.zeros((4, 3))
    first[0] = np.radians([12.0, 0.0, 0.0])
    assert rotation_difference(first, second) == pytest.approx(1.0)
    assert rotation_difference(second, first) == pytest.approx(1.0)


@pytest.mark.parametrize("turns", [-2, -1, 0, 1])
def test_angles_go_the_short_way_round(turns: int) -> None:
    first, second = np.full((5, 3), np.radians(179.0)), np.full((5, 3), np.radians(-179.0))
    assert rotation_difference(first + turns * 2 * np.pi, second) == pytest.approx(2.0)


def test_position_difference_is_a_share_of_the_width_in_the_picture() -> None:
    reference = np.random.default_rng(0).uniform(0, 300, (20, 3))
    assert position_difference(reference, reference, 100.0) == 0.0
    assert position_difference(reference + np.array([30.0, 40.0, 500.0]), reference, 100.0) == pytest.approx(0.5)
    half = reference.copy()
    half[::2, 0] += 10
    assert position_difference(half, reference, 50.0) == pytest.approx(0.1)


@pytest.mark.parametrize("shapes", [((5, 3), (4, 3)), ((5, 2), (5, 2)), ((3,), (3,)), ((0, 3), (0, 3))])
def test_poses_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    first, second = np.zeros(shapes[0]), np.zeros(shapes[1])
    with pytest.raises(ValueError, match=r"need two sequences \(T, 3\)"):
        rotation_difference(first, second)
    with pytest.raises(ValueError, match=r"need two sequences \(T, 3\)"):
        position_difference(first, second, 1.0)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_a_face_without_width_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match="width must be positive"):
        position_difference(np.zeros((5, 3)), np.zeros((5, 3)), width)
