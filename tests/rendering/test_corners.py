"""Lips meet along their whole length when the landmarks' do."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.deform import mesh_from_landmarks
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, MESH_OF_68, canonical_face
from talkinghead.face.rest import closed_mouth
from talkinghead.rendering.corners import close_corners
from talkinghead.types import FloatArray

UPPER, LOWER = INNER_LIP_CONTOUR[1:10], INNER_LIP_CONTOUR[:10:-1]


def face(*, height: float, square: bool) -> FloatArray:
    """(468, 3) an average face whose lips are so far apart, in eye distances; at the corners, too, if square."""
    shape = canonical_face()[0][:468].copy()
    middle = shape[INNER_LIP_CONTOUR, 1].mean()
    bow = np.ones(9) if square else np.sin(np.linspace(0, np.pi, 11)[1:-1])
    shape[UPPER, 1], shape[LOWER, 1] = middle - height / 2 * bow, middle + height / 2 * bow
    return shape


def gaps(shape: FloatArray, deform: FloatArray) -> FloatArray:
    """(9,) between the lips once the landmarks' are closed."""
    landmarks = shape[MESH_OF_68]
    shut = shape + deform @ (closed_mouth(landmarks) - landmarks)
    return np.asarray(shut[LOWER, 1] - shut[UPPER, 1])


def test_a_square_mouth_shuts_at_its_corners() -> None:
    shape, weights = face(height=0.3, square=True), mesh_from_landmarks()[:468]
    assert gaps(shape, weights).max() > 0.1
    closing = close_corners(weights, shape, shape[MESH_OF_68])
    assert np.abs(gaps(shape, closing)).max() < 0.01


def test_a_move_of_the_whole_face_stays_one() -> None:
    shape, weights = face(height=0.3, square=True), mesh_from_landmarks()[:468]
    closing = close_corners(weights, shape, shape[MESH_OF_68])
    np.testing.assert_allclose(closing.sum(axis=1), weights.sum(axis=1), atol=1e-9)


@pytest.mark.parametrize("height", [0.0, 0.01])
def test_a_shut_mouth_stays_as_it_is(height: float) -> None:
    shape, weights = face(height=height, square=True), mesh_from_landmarks()[:468]
    np.testing.assert_array_equal(close_corners(weights, shape, shape[MESH_OF_68]), weights)


def test_eyes_and_brows_know_nothing_of_it() -> None:
    shape, weights = face(height=0.3, square=True), mesh_from_landmarks()[:468]
    changed = close_corners(weights, shape, shape[MESH_OF_68]) - weights
    above = shape[:, 1] < shape[[33, 263], 1].mean()  # the eyes
    assert np.abs(changed[above]).max() < 0.02
