"""LMD in closed form: in the picture, at 128 px, in three dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT
from talkinghead.face.landmarks import LIPS
from talkinghead.metrics.lip_landmarks import (
    face_crop_side,
    lip_landmark_distance,
    lip_landmark_distance_3d,
    lip_landmark_distance_128,
)
from talkinghead.types import FloatArray

MEASURES = (lip_landmark_distance, lip_landmark_distance_128, lip_landmark_distance_3d)


def faces(count: int = 10) -> FloatArray:
    """(T, 68, 3) px, all alike: 120 px wide, 160 px high."""
    landmarks = np.full((count, 68, 3), 100.0)
    landmarks[:, LIPS, :2] += np.random.default_rng(0).uniform(-20, 20, (20, 2))
    landmarks[:, 0, 0], landmarks[:, 16, 0] = 40.0, 160.0
    landmarks[:, 8, 1], landmarks[:, 19, 1] = 190.0, 30.0
    return landmarks


def test_where_the_mouth_is_does_not_count_unless_asked() -> None:
    moved = faces() + np.array([3.0, 4.0, 9.0])
    assert lip_landmark_distance(moved, faces()) == pytest.approx(0.0, abs=1e-12)
    assert lip_landmark_distance(moved, faces(), centred=False) == pytest.approx(5.0)


def test_the_means_are_those_of_each_frame() -> None:
    jumping = faces() + np.random.default_rng(1).standard_normal((10, 1, 3))
    assert lip_landmark_distance(jumping, faces()) == pytest.approx(0.0, abs=1e-12)


def test_one_point_off_moves_the_mean_as_well() -> None:
    predicted = faces()
    predicted[:, 57, 1] += 20.0
    # That point is off by 20 - 1, the other nineteen by 1; without centring, it alone by 20.
    assert lip_landmark_distance(predicted, faces()) == pytest.approx((19 + 19) / 20)
    assert lip_landmark_distance(predicted, faces(), centred=False) == pytest.approx(1.0)
    assert lip_landmark_distance(faces(), predicted) == pytest.approx(1.9)


def test_lips_twice_as_large() -> None:
    reference = faces()
    mean = reference[:, LIPS].mean(axis=1, keepdims=True)
    predicted = reference.copy()
    predicted[:, LIPS] = mean + 2 * (reference[:, LIPS] - mean)
    radius = np.linalg.norm((reference[:, LIPS] - mean)[..., :2], axis=-1).mean()
    assert lip_landmark_distance(predicted, reference) == pytest.approx(radius)


def test_only_lips_count() -> None:
    predicted = faces()
    predicted[:, :48] += np.random.default_rng(2).standard_normal((10, 48, 3))
    for measure in MEASURES:
        assert measure(predicted, faces()) == 0.0


def test_the_crop_is_a_quarter_larger_than_the_face_and_one_for_the_clip() -> None:
    landmarks = faces(5)
    assert face_crop_side(landmarks) == pytest.approx(200.0)
    landmarks[0] *= 3  # one misread frame
    assert face_crop_side(landmarks) == pytest.approx(200.0)
    with pytest.raises(ValueError, match="0 px large"):
        face_crop_side(np.ones((3, 68, 2)))


def test_at_128_px_the_size_of_the_picture_does_not_count() -> None:
    predicted = faces()
    predicted[:, 57, 1] += 20.0
    assert lip_landmark_distance_128(predicted, faces()) == pytest.approx(1.9 * 128 / 200)
    assert lip_landmark_distance_128(5 * predicted, 5 * faces()) == pytest.approx(1.9 * 128 / 200)
    assert lip_landmark_distance_128(predicted, faces(), centred=False) == pytest.approx(128 / 200)


def test_three_dimensions_count_in_the_head_frame() -> None:
    predicted = faces()
    predicted[:, LIPS] += (2.0, 3.0, 6.0)
    assert lip_landmark_distance_3d(predicted, faces()) == pytest.approx(7.0)
    with pytest.raises(ValueError, match=r"need landmarks \(T, 68, 3\)"):
        lip_landmark_distance_3d(predicted[..., :2], faces()[..., :2])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
