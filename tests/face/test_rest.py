"""Closing the mouth of a face that was pictured with it open."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import BROWS, JAW, LEFT_EYE, LIPS, MESH_OF_68, NOSE, RIGHT_EYE, canonical_face
from talkinghead.face.rest import SEAM, TOUCHING, close_lips, closed_mouth, lip_gap, lips_touch, raise_lower_lip
from talkinghead.types import FloatArray

UPPER, LOWER = [61, 62, 63], [67, 66, 65]


def face(gap: float) -> FloatArray:
    """(68, 3) the mean face with its lips ``gap`` apart: the lower lip hangs, as in speech."""
    landmarks = canonical_face()[0][MESH_OF_68]
    down = gap - lip_gap(landmarks)
    landmarks[[*LOWER, 56, 57, 58], 1] += down
    landmarks[[55, 59], 1] += down / 2
    return landmarks


def test_lip_gap_is_the_mean_height_of_three_pairs() -> None:
    landmarks = np.zeros((68, 3))
    landmarks[UPPER, 1] = (1.0, 2.0, 3.0)
    landmarks[LOWER, 1] = (1.1, 2.4, 3.1)
    assert lip_gap(landmarks) == pytest.approx(0.2)
    assert lip_gap(np.stack([landmarks, 2 * landmarks])).tolist() == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize(("gap", "touch"), [(-0.01, True), (0.0, True), (0.019, True), (0.021, False), (0.3, False)])
def test_lips_touch(gap: float, touch: bool) -> None:
    assert TOUCHING == 0.02
    assert lips_touch(face(gap)) is touch


@pytest.mark.parametrize("gap", [0.021, 0.05, 0.12, 0.3])
def test_closed_mouth_closes(gap: float) -> None:
    closed = closed_mouth(face(gap))
    assert lip_gap(closed) == pytest.approx(SEAM)
    assert lips_touch(closed)
    # Each point as far as its own gap asks: none is left open, none is pushed through the other lip.
    np.testing.assert_allclose(
        closed[LOWER, 1] - closed[UPPER, 1], (face(gap)[LOWER, 1] - face(gap)[UPPER, 1]) * SEAM / gap
    )


@pytest.mark.parametrize("gap", [-0.05, 0.0, 0.0199])
def test_a_closed_mouth_is_left_alone(gap: float) -> None:
    landmarks = face(gap)
    closed = closed_mouth(landmarks)
    np.testing.assert_array_equal(closed, landmarks)
    assert closed is not landmarks


def test_closing_twice_is_closing_once() -> None:
    once = closed_mouth(face(0.2))
    np.testing.assert_array_equal(closed_mouth(once), once)


def test_the_given_face_is_not_touched() -> None:
    landmarks = face(0.2)
    closed_mouth(landmarks)
    np.testing.assert_array_equal(landmarks, face(0.2))


def test_both_lips_keep_their_thickness_in_the_middle() -> None:
    landmarks = face(0.2)
    closed = closed_mouth(landmarks)
    for outer, inner in ((50, 61), (51, 62), (52, 63), (58, 67), (57, 66), (56, 65)):
        np.testing.assert_allclose(closed[outer] - closed[inner], landmarks[outer] - landmarks[inner], atol=1e-12)


def test_the_lower_lip_does_most_and_the_chin_follows() -> None:
    landmarks = face(0.2)
    moved = (closed_mouth(landmarks) - landmarks)[:, 1]
    way = 0.2 - SEAM
    assert moved[UPPER].mean() == pytest.approx(0.4 * way)
    assert moved[LOWER].mean() == pytest.approx(-0.6 * way)
    assert moved[JAW].argmin() == 8
    assert -0.6 * way < moved[8] < -0.1 * way
    assert abs(moved[0]) < 0.01 * way


def test_corners_and_the_rest_of_the_face_stay() -> None:
    landmarks = face(0.2)
    closed = closed_mouth(landmarks)
    for part in (BROWS, NOSE, LEFT_EYE, RIGHT_EYE):
        np.testing.assert_array_equal(closed[part], landmarks[part])
    np.testing.assert_array_equal(closed[[48, 54, 60, 64]], landmarks[[48, 54, 60, 64]])
    assert (closed[LIPS] != landmarks[LIPS]).any()


def test_lips_are_closed_by_an_amount_for_each_face() -> None:
    faces = np.stack([face(0.2), face(0.2), face(0.2), face(0.01)])
    closed = close_lips(faces, np.array([0.0, 0.5, 1.0, 1.0]))
    np.testing.assert_array_equal(closed[0], faces[0])
    np.testing.assert_allclose(closed[1], (faces[1] + closed_mouth(faces[1])) / 2)
    np.testing.assert_array_equal(closed[2], closed_mouth(faces[2]))
    np.testing.assert_array_equal(closed[3], faces[3])


def test_the_lower_lip_rises_to_its_rest_and_no_further() -> None:
    rest, low, high = closed_mouth(face(0.0)), face(0.2), face(0.0) - [0.0, 0.05, 0.0]
    raised = raise_lower_lip(np.stack([low, low, high]), rest, np.array([1.0, 0.25, 1.0]))
    np.testing.assert_allclose(raised[0, LOWER, 1], rest[LOWER, 1])
    np.testing.assert_allclose(raised[1, LOWER, 1], 0.75 * low[LOWER, 1] + 0.25 * rest[LOWER, 1])
    np.testing.assert_array_equal(raised[2], high)
    np.testing.assert_array_equal(raised[:2, UPPER], np.stack([low, low])[:, UPPER])
