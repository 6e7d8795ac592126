"""Landmarks on drawn faces: how well they explain the picture, and reading them again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from drawn import DrawnFace, drawn_face
from talkinghead.face.landmarks import LIPS, MESH_OF_68
from talkinghead.tracking.drawings import explanation_of, refit_drawing
from talkinghead.tracking.find import find_faces
from talkinghead.types import FloatArray


@pytest.fixture(scope="module")
def drawn() -> DrawnFace:
    """A drawn face whose mouth is known."""
    return drawn_face(320)


@pytest.fixture(scope="module")
def landmarks(drawn: DrawnFace) -> FloatArray:
    """(478, 3) px as the tracker reads them."""
    return np.asarray(find_faces(drawn.image)[0])


def with_lips_moved(landmarks: FloatArray, down: float) -> FloatArray:
    """The landmarks with everything below the nose ``down`` face widths too low."""
    moved = landmarks.copy()
    below = landmarks[:, 1] > landmarks[MESH_OF_68[LIPS], 1].min() - 2
    moved[below, 1] += down * np.ptp(landmarks[:, 0])
    return moved


def test_lips_explain_most_where_they_are(drawn: DrawnFace, landmarks: FloatArray) -> None:
    there = explanation_of(drawn.image, landmarks)
    assert there > 5
    for down in (-0.15, -0.1, 0.1, 0.15):
        shifted = landmarks + np.array([0.0, down * np.ptp(landmarks[:, 0]), 0.0])
        assert explanation_of(drawn.image, shifted) < 0.4 * there


def test_nothing_is_explained_where_nothing_is_drawn(drawn: DrawnFace, landmarks: FloatArray) -> None:
    assert explanation_of(np.full_like(drawn.image, 200), landmarks) == 0.0
    assert explanation_of(drawn.image, landmarks + 5000.0) == 0.0


def test_a_good_reading_is_kept(drawn: DrawnFace, landmarks: FloatArray) -> None:
    np.testing.assert_array_equal(refit_drawing(drawn.image, landmarks), landmarks)


def test_a_bad_reading_is_read_again(drawn: DrawnFace, landmarks: FloatArray) -> None:
    bad = with_lips_moved(landmarks, 0.15)
    assert abs(bad[[13, 14], 1].mean() - drawn.mouth[1]) > 15
    again = refit_drawing(drawn.image, bad)
    np.testing.assert_allclose(again[[13, 14], :2].mean(axis=0), drawn.mouth, atol=3)


def test_flat_faces_are_read_where_they_are(drawn: DrawnFace) -> None:
    flat = cv2.resize(drawn.image, None, fx=1, fy=1 / 1.6, interpolation=cv2.INTER_AREA)
    again = refit_drawing(flat, find_faces(flat)[0])
    np.testing.assert_allclose(again[[13, 14], :2].mean(axis=0), drawn.mouth / (1, 1.6), atol=2)


def test_other_faces_are_not_taken_for_it(drawn: DrawnFace, landmarks: FloatArray) -> None:
    empty = np.full_like(drawn.image, 200)
    both = np.concatenate([empty, drawn.image], axis=1)
    np.testing.assert_array_equal(refit_drawing(both, landmarks), landmarks)
