"""Gaze from irises, and as weights of expressions and back."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import (
    EYE_POINTS,
    LOOK_DOWN,
    LOOK_EXPRESSIONS,
    LOOK_SIDEWAYS,
    LOOK_UP,
    gaze_from_weights,
    gaze_of,
    gaze_of_eyes,
    look_weights,
)
from talkinghead.face.model import IRIS_DEPTH, load_face_model
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.types import FloatArray

MODEL = load_face_model()


def eyes_turned(gaze: FloatArray) -> FloatArray:
    """(T, 6, 3) eyes of the mean face whose eyeballs are turned by (T, 2) yaw and pitch."""
    eyes = np.repeat(MODEL.mean[EYE_POINTS][None], len(gaze), axis=0)
    rotation = np.stack([gaze[:, 1], gaze[:, 0], np.zeros(len(gaze))], axis=-1)
    ahead = matrix_from_rotation(rotation) @ np.array([0.0, 0.0, -IRIS_DEPTH])
    for side, row in ((0, 2), (1, 5)):
        eyes[:, row] = MODEL.eyeballs[side] + ahead
    return eyes


def names_of(weights: FloatArray) -> set[str]:
    return {EXPRESSION_NAMES[k] for k in np.flatnonzero(weights)}


def test_the_mean_face_looks_straight_ahead() -> None:
    np.testing.assert_allclose(gaze_of(MODEL.mean[None]), 0, atol=1e-6)


def test_turned_eyes_are_read() -> None:
    gaze = np.random.default_rng(0).uniform(-0.6, 0.6, (50, 2))
    np.testing.assert_allclose(gaze_of_eyes(eyes_turned(gaze)), gaze, atol=0.01)


def test_signs() -> None:
    left = MODEL.mean[None].copy()
    left[:, [468, 473], 0] -= 0.03
    down = MODEL.mean[None].copy()
    down[:, [468, 473], 1] += 0.03
    assert gaze_of(left)[0, 0] > 0.2
    assert gaze_of(down)[0, 1] > 0.2


def test_mirrored_faces_look_the_other_way() -> None:
    eyes = eyes_turned(np.random.default_rng(1).uniform(-0.5, 0.5, (20, 2)))
    mirrored = (eyes * (-1, 1, 1))[:, [4, 3, 5, 1, 0, 2]]
    np.testing.assert_allclose(gaze_of_eyes(mirrored), gaze_of_eyes(eyes) * (-1, 1), atol=2e-3)


def test_the_depth_of_irises_does_not_matter_to_a_turned_head() -> None:
    gaze, pose = np.array([[0.2, -0.1], [-0.3, 0.2]]), np.array([[0.1, 0.5, 0.0], [-0.2, -0.4, 0.1]])
    eyes = eyes_turned(gaze)
    view = matrix_from_rotation(pose)[:, 2]  # R transposed times z
    moved = eyes.copy()
    moved[:, [2, 5]] += np.array([0.05, -0.08])[:, None, None] * view[:, None]
    np.testing.assert_allclose(gaze_of_eyes(moved, view), gaze, atol=0.01)


def test_an_iris_outside_of_its_eyeball_is_finite() -> None:
    eyes = eyes_turned(np.zeros((1, 2)))
    eyes[:, [2, 5], 0] += 1.0
    found = gaze_of_eyes(eyes)
    assert np.isfinite(found).all()
    assert found[0, 0] == pytest.approx(-np.pi / 2, abs=0.1)
    assert gaze_of_eyes(np.zeros((0, 6, 3))).shape == (0, 2)


def test_each_direction_has_its_expressions() -> None:
    left, right, down, up = look_weights(np.array([[0.2, 0], [-0.2, 0], [0, 0.2], [0, -0.2]]))
    # To the left of the picture is to the right of the person.
    assert names_of(left) == {"eyeLookOutRight", "eyeLookInLeft"}
    assert names_of(right) == {"eyeLookInRight", "eyeLookOutLeft"}
    assert names_of(down) == {"eyeLookDownLeft", "eyeLookDownRight"}
    assert names_of(up) == {"eyeLookUpLeft", "eyeLookUpRight"}
    assert set(np.flatnonzero(left + right + down + up)) == set(LOOK_EXPRESSIONS)


def test_weights_and_gaze_invert_each_other() -> None:
    gaze = np.random.default_rng(0).uniform((-LOOK_SIDEWAYS, -LOOK_UP), (LOOK_SIDEWAYS, LOOK_DOWN), (50, 2))
    np.testing.assert_allclose(gaze_from_weights(look_weights(gaze)), gaze, atol=1e-12)


def test_weights_stay_within_their_bounds() -> None:
    weights = look_weights(np.array([[2.0, -3.0]]))
    assert weights.max() == 1.0
    assert weights.min() == 0.0


def test_looks_of_the_model_turn_the_irises() -> None:
    """What the model draws for a gaze is read as that gaze."""
    gaze = np.array([[0.3, 0.0], [-0.3, 0.0], [0.0, 0.25], [0.0, -0.2]])
    meshes = MODEL.mesh(np.zeros(1), look_weights(gaze))
    np.testing.assert_allclose(gaze_of(meshes), gaze, atol=0.06)
