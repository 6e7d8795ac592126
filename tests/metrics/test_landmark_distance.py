"""D-L and D-V in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT
from talkinghead.face.landmarks import JAW, MESH_OF_68, canonical_face
from talkinghead.metrics.landmark_distance import face_width, landmark_distance, landmark_velocity_difference
from talkinghead.types import FloatArray

MEASURES = (landmark_distance, landmark_velocity_difference)


def faces(count: int = 10) -> FloatArray:
    """(T, 68, 3) px, all alike, 100 px wide."""
    landmarks = np.repeat(np.random.default_rng(0).uniform(100, 200, (1, 68, 3)), count, axis=0)
    landmarks[:, 0], landmarks[:, 16] = (100.0, 150.0, 40.0), (200.0, 150.0, 90.0)
    return landmarks


def test_face_width_is_the_mean_over_time_in_the_picture() -> None:
    landmarks = faces(4)
    assert face_width(landmarks) == pytest.approx(100)
    landmarks[3, 16, :2] = (220.0, 100.0)  # 120 and 50: 130 px
    assert face_width(landmarks) == pytest.approx(107.5)
    assert face_width(landmarks[..., :2]) == face_width(landmarks)


def test_a_face_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="0 wide"):
        face_width(np.ones((3, 68, 2)))
    with pytest.raises(ValueError, match="with a row at least"):
        face_width(np.ones((0, 68, 2)))


def test_all_landmarks_count_in_the_picture() -> None:
    predicted = faces() + np.array([3.0, 4.0, 70.0])
    assert landmark_distance(predicted, faces()) == pytest.approx(0.05)
    predicted = faces()
    predicted[:, JAW, 0] += 10
    assert landmark_distance(predicted, faces()) == pytest.approx(17 / 68 * 0.1)
    assert landmark_distance(faces(), faces()) == 0.0


def test_landmark_distance_knows_no_scale_and_the_references_width() -> None:
    predicted = faces() + np.random.default_rng(1).standard_normal((10, 68, 3))
    assert landmark_distance(3 * predicted, 3 * faces()) == pytest.approx(landmark_distance(predicted, faces()))
    wide = faces()
    wide[:, 16, 0] = 300.0
    assert landmark_distance(faces(), wide) == pytest.approx(0.5 / 68)


def test_velocity_difference_of_a_drift_and_a_shift() -> None:
    assert landmark_velocity_difference(faces() + 30, faces()) == pytest.approx(0.0, abs=1e-12)
    predicted = faces() + np.array([0.6, 0.8, 9.0]) * np.arange(10)[:, None, None]
    assert landmark_velocity_difference(predicted, faces()) == pytest.approx(0.01)
    assert landmark_velocity_difference(faces(1) + 5, faces(1)) == 0.0


def test_a_larger_nod_is_farther() -> None:
    face = 100 * canonical_face()[0][MESH_OF_68]
    nod = np.sin(np.arange(25) / 4)[:, None, None] * np.array([0.0, 1.0, 0.0])
    series = [measure(face + size * nod, face + nod) for measure in MEASURES for size in (1, 2, 4)]
    assert series[0] == series[3] == 0.0
    assert series[0] < series[1] < series[2]
    assert series[3] < series[4] < series[5]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
