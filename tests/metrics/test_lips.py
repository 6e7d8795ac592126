"""D-LL, D-VL, D-A, correlation and lag, in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from talkinghead.face.landmarks import BROWS, JAW, LEFT_EYE, LIPS, MESH_OF_68, NOSE, RIGHT_EYE, canonical_face
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.metrics.lips import (
    aperture,
    aperture_correlation,
    best_lag,
    jaw_lip_distance,
    jaw_lip_velocity_difference,
    lip_width,
    mouth_area,
    mouth_area_difference,
    registered,
)
from talkinghead.types import FloatArray

MEASURES = (
    jaw_lip_distance,
    jaw_lip_velocity_difference,
    mouth_area_difference,
    aperture_correlation,
    best_lag,
    registered,
)


def faces(count: int = 10) -> FloatArray:
    """(T, 68, 3) all alike; lips 0.4 wide from corner to corner, inner lips an octagon 0.2 wide and 0.1 high."""
    landmarks = np.zeros((count, 68, 3))
    landmarks[:, 48, 0], landmarks[:, 54, 0] = -0.2, 0.2
    landmarks[:, 60:65, 0] = landmarks[:, [60, 67, 66, 65, 64], 0] = np.linspace(-0.1, 0.1, 5)
    landmarks[:, 61:64, 1] = -0.05
    landmarks[:, 65:68, 1] = 0.05
    return landmarks


def speaking(aperture_path: FloatArray) -> FloatArray:
    """(T, 68, 3) with the lower inner lip that far below the upper one."""
    landmarks = faces(len(aperture_path))
    landmarks[:, 65:68, 1] = landmarks[:, 61:64, 1] + aperture_path[:, None]
    return landmarks


def test_lip_width_is_the_largest() -> None:
    landmarks = faces()
    landmarks[3, 48] = (-0.3, 0.0, 9.0)  # depth is not looked at
    assert lip_width(landmarks) == pytest.approx(0.5)
    landmarks[5, 54] = (0.1, 0.8, 0.0)  # 3-4-5
    landmarks[5, 48] = (-0.5, 0.0, 0.0)
    assert lip_width(landmarks) == pytest.approx(1.0)


def test_jaw_lip_distance_of_a_shift() -> None:
    predicted = faces()
    predicted[:, LIPS] += (0.03, 0.04, 7.0)
    # 20 of 37 points are off by 0.05, lips are 0.4 wide.
    assert jaw_lip_distance(predicted, faces()) == pytest.approx(20 / 37 * 0.05 / 0.4)
    predicted[:, JAW] += (0.0, -0.1, 0.0)
    assert jaw_lip_distance(predicted, faces()) == pytest.approx((20 * 0.05 + 17 * 0.1) / 37 / 0.4)


def test_the_references_width_is_the_measure() -> None:
    predicted = faces()
    predicted[:, 48, 0], predicted[:, 54, 0] = -0.4, 0.4
    assert jaw_lip_distance(predicted, faces()) == pytest.approx(2 / 37 * 0.2 / 0.4)
    predicted[1::2] = faces(5)
    assert jaw_lip_velocity_difference(predicted, faces()) == pytest.approx(2 / 37 * 0.2 / 0.4)


def test_brows_nose_and_eyes_do_not_count() -> None:
    predicted = faces()
    for part in (BROWS, NOSE, LEFT_EYE, RIGHT_EYE):
        predicted[:, part] += 1.0
    assert jaw_lip_distance(predicted, faces()) == 0.0
    assert jaw_lip_velocity_difference(predicted, faces()) == 0.0


def test_jaw_lip_distance_knows_no_scale() -> None:
    random = np.random.default_rng(0)
    reference, predicted = faces() + 0.01 * random.standard_normal((10, 68, 3)), faces()
    assert jaw_lip_distance(5 * predicted, 5 * reference) == pytest.approx(jaw_lip_distance(predicted, reference))


def test_velocity_difference_of_a_drift() -> None:
    predicted = faces()
    predicted[:, JAW, 0] += 0.02 * np.arange(10)[:, None]
    assert jaw_lip_velocity_difference(predicted, faces()) == pytest.approx(17 / 37 * 0.02 / 0.4)


def test_velocity_difference_ignores_what_is_constant() -> None:
    assert jaw_lip_velocity_difference(faces() + 0.3, faces()) == pytest.approx(0.0, abs=1e-12)
    assert jaw_lip_velocity_difference(faces(1), faces(1)) == 0.0


def test_mouth_area_of_an_octagon() -> None:
    # A rectangle 0.1 x 0.1 with a triangle 0.05 long at each side.
    np.testing.assert_allclose(mouth_area(faces(3)), 0.015)
    np.testing.assert_allclose(mouth_area(faces(3)[:, :, :] * (-1, 1, 1)), 0.015)
    np.testing.assert_allclose(mouth_area(2 * faces(3) + 5.0), 0.06)


def test_mouth_area_difference_is_a_share_of_the_largest() -> None:
    reference, predicted = faces(4), faces(4)
    reference[3] *= 2  # the largest area: 0.06
    predicted[:, 61:64, 1] = predicted[:, 65:68, 1] = 0.0  # shut
    assert mouth_area_difference(predicted, reference) == pytest.approx((3 * 0.015 + 0.06) / 4 / 0.06)
    assert mouth_area_difference(reference, reference) == 0.0


def test_a_reference_that_never_opens_gives_no_share() -> None:
    shut = faces()
    shut[:, 60:68, 1] = 0.0
    with pytest.raises(ValueError, match="never opens its mouth"):
        mouth_area_difference(faces(), shut)


def test_aperture_is_the_mean_of_three_pairs() -> None:
    landmarks = faces(1)
    landmarks[0, [67, 66, 65], 1] = (0.0, 0.1, 0.2)
    assert aperture(landmarks)[0] == pytest.approx(0.15)


def test_correlation_of_known_paths() -> None:
    path = np.array([0.0, 1.0, 0.0, 1.0])
    assert aperture_correlation(speaking(path), speaking(path)) == pytest.approx(1.0)
    assert aperture_correlation(speaking(0.1 * path + 3), speaking(path)) == pytest.approx(1.0)
    assert aperture_correlation(speaking(-path), speaking(path)) == pytest.approx(-1.0)
    assert aperture_correlation(speaking(np.array([0.0, 0.0, 1.0, 1.0])), speaking(path)) == pytest.approx(0.0)
    assert aperture_correlation(speaking(np.array([0.0, 1.0, 0.0, 0.0])), speaking(path)) == pytest.approx(3**-0.5)


def test_a_mouth_that_does_not_move_correlates_with_nothing() -> None:
    assert aperture_correlation(faces(), speaking(np.arange(10.0))) == 0.0
    assert aperture_correlation(faces(), faces()) == 0.0


@pytest.mark.parametrize("lag", range(-7, 8))
def test_best_lag_of_a_shifted_copy(lag: int) -> None:
    path = np.convolve(np.random.default_rng(0).standard_normal(80), np.ones(4) / 4)
    reference = speaking(path[10:70])
    assert best_lag(speaking(path[10 - lag : 70 - lag]), reference) == lag


def test_best_lag_looks_no_farther_than_asked() -> None:
    path = np.sin(np.arange(100) / 8)
    assert best_lag(speaking(path[10:60]), speaking(path[20:70]), reach=3) == 3


def test_best_lag_without_motion_is_none() -> None:
    assert best_lag(faces(), faces()) == 0
    assert best_lag(faces(1), faces(1)) == 0
    assert best_lag(faces(2), faces(2)) == 0


def test_registered_undoes_one_similarity() -> None:
    random = np.random.default_rng(1)
    reference = canonical_face()[0][MESH_OF_68] + 0.02 * random.standard_normal((10, 68, 3))
    moved = 1.2 * reference @ matrix_from_rotation(np.array([0.1, -0.2, 0.05])).T + (0.1, 0.2, -0.3)
    np.testing.assert_allclose(registered(moved, reference), reference, atol=1e-9)


def test_registered_leaves_what_the_mouth_does() -> None:
    reference = np.repeat(canonical_face()[0][MESH_OF_68][None], 10, axis=0)
    speaks = reference.copy()
    speaks[:, LIPS, 1] += 0.1
    speaks[:, JAW, 1] += 0.1
    np.testing.assert_allclose(registered(speaks, reference), speaks, atol=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    "shapes",
    [((10, 68, 3), (9, 68, 3)), ((10, 68, 3), (10, 68, 2)), ((68, 3), (68, 3)), ((10, 478, 3), (10, 478, 3))],
)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
