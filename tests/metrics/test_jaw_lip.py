"""D-LL and D-VL in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT, faces
from talkinghead.face.landmarks import BROWS, JAW, LEFT_EYE, LIPS, NOSE, RIGHT_EYE
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference, lip_width
from talkinghead.types import FloatArray

MEASURES = (jaw_lip_distance, jaw_lip_velocity_difference)


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


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
