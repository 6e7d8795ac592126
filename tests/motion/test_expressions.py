"""Weights of expressions from motions, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import LOOK_SIDEWAYS, LOOK_UP
from talkinghead.face.landmarks import LEFT_EYE, LIPS, MESH_OF_68, RIGHT_EYE, canonical_face
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.motion.expressions import expression_of, landmark_basis, landmarks_from_expression
from talkinghead.types import FloatArray, Motion

REST = canonical_face()[0][MESH_OF_68]


def index(name: str) -> int:
    return EXPRESSION_NAMES.index(name)


def weights(rows: int = 1, **values: float) -> FloatArray:
    table = np.zeros((rows, 51))
    for name, value in values.items():
        table[:, index(name)] = value
    return table


def motion(landmarks: FloatArray, rest: FloatArray = REST, **others: FloatArray) -> Motion:
    rows = len(landmarks)
    still = Motion(25.0, landmarks, np.zeros((rows, 3)), np.zeros((rows, 3)), np.zeros(rows), rest)
    return replace(still, **others)


def test_no_weights_are_the_face_with_its_lips_closed() -> None:
    np.testing.assert_array_equal(landmarks_from_expression(np.zeros((2, 51)), REST)[1], closed_mouth(REST))
    assert expression_of(motion(closed_mouth(REST)[None])).max() < 1e-6


@pytest.mark.parametrize(
    "name", ["jawOpen", "mouthSmileLeft", "mouthFunnel", "browInnerUp", "browDownRight", "mouthLeft"]
)
def test_a_single_expression_is_recovered(name: str) -> None:
    found = expression_of(motion(landmarks_from_expression(weights(**{name: 0.6}), REST)))[0]
    assert found.argmax() == index(name)
    assert found[index(name)] == pytest.approx(0.6, abs=0.06)
    assert np.delete(found, index(name)).max() < 0.12


def test_mixtures_come_back_as_landmarks() -> None:
    random = np.random.default_rng(0)
    mixed = random.uniform(0, 1, (50, 51)) * (random.uniform(0, 1, (50, 51)) < 0.15)
    mixed[:, index("mouthClose")] = 0.0
    there = landmarks_from_expression(mixed, REST)
    back = landmarks_from_expression(expression_of(motion(there)), REST)
    assert np.linalg.norm(back - there, axis=-1).mean() < 0.002


def test_the_jaw_opens_the_lips_and_lowers_the_chin() -> None:
    closed, opened = landmarks_from_expression(weights(2, jawOpen=0.4) * [[0], [1]], REST)
    assert lip_gap(opened) > lip_gap(closed) + 0.1
    assert opened[8, 1] > closed[8, 1] + 0.1
    np.testing.assert_allclose(opened[27], closed[27], atol=0.01)


def test_left_and_right_are_the_persons() -> None:
    left = landmarks_from_expression(weights(mouthSmileLeft=1.0), REST)[0] - closed_mouth(REST)
    assert left[54, 0] > 0.05
    assert left[54, 1] < -0.05  # the corner on the right of the picture, outwards and up
    assert np.abs(left[48]).max() < 0.03
    brow = landmarks_from_expression(weights(browOuterUpRight=1.0), REST)[0] - closed_mouth(REST)
    assert brow[18, 1] < -0.03
    assert np.abs(brow[25]).max() < 0.01


def test_a_single_face() -> None:
    alone = landmarks_from_expression(weights(jawOpen=0.3)[0], REST)
    np.testing.assert_array_equal(alone, landmarks_from_expression(weights(jawOpen=0.3), REST)[0])


def test_eyes_follow_blink_and_gaze_alone() -> None:
    still = np.repeat(closed_mouth(REST)[None], 3, axis=0)
    blink = np.array([0.0, 0.5, 1.0])
    gaze = np.array([[0.0, 0.0], [LOOK_SIDEWAYS, 0.0], [0.0, -LOOK_UP / 2]])
    found = expression_of(motion(still, blink=blink, gaze=gaze))
    for side in ("Left", "Right"):
        np.testing.assert_array_equal(found[:, index(f"eyeBlink{side}")], blink)
        np.testing.assert_allclose(found[:, index(f"eyeLookUp{side}")], [0, 0, 0.5])
    # To the left of the picture is to the person's right.
    np.testing.assert_allclose(found[1, [index("eyeLookOutRight"), index("eyeLookInLeft")]], 1.0)
    landmarks = landmarks_from_expression(found, REST)
    np.testing.assert_allclose(landmarks, still, atol=1e-5)


def test_lids_move_by_squint_and_wide_alone() -> None:
    basis = landmark_basis()
    lids = np.r_[LEFT_EYE, RIGHT_EYE]
    others = [k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith(("eyeSquint", "eyeWide"))]
    assert not basis[np.ix_(others, lids)].any()
    found = expression_of(motion(landmarks_from_expression(weights(eyeWideLeft=0.8), REST)))[0]
    assert found[index("eyeWideLeft")] == pytest.approx(0.8, abs=0.25)


def test_an_open_mouth_in_the_portrait_counts() -> None:
    rest = landmarks_from_expression(weights(jawOpen=0.3)[0], REST)
    found = expression_of(motion(rest[None], rest))
    assert found[0, index("jawOpen")] > 0.05
    assert lip_gap(landmarks_from_expression(found, rest)[0]) > 0.7 * lip_gap(rest)


def test_weights_are_within_bounds_and_finite_for_wild_landmarks() -> None:
    wild = REST + np.random.default_rng(0).normal(0, 0.5, (20, 68, 3))
    found = expression_of(motion(wild))
    assert found.min() >= 0
    assert found.max() <= 1


def test_neighbours_do_not_jump() -> None:
    random = np.random.default_rng(1)
    start, end = landmarks_from_expression(random.uniform(0, 0.5, (2, 51)), REST)
    share = np.linspace(0, 1, 101)[:, None, None]
    found = expression_of(motion(start + share * (end - start)))
    assert np.abs(np.diff(found, axis=0)).max() < 0.06
    # What a row becomes depends on that row alone.
    alone = expression_of(motion((start + 0.5 * (end - start))[None]))
    np.testing.assert_allclose(found[50], alone[0], atol=2e-3)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    landmarks = landmarks_from_expression(np.random.default_rng(2).uniform(0, 0.4, (10, 51)), REST)
    whole = expression_of(motion(landmarks))
    monkeypatch.setattr("talkinghead.motion.expressions._PIECE", 3)
    np.testing.assert_allclose(expression_of(motion(landmarks)), whole, atol=2e-3)


def test_motions_without_rows() -> None:
    assert expression_of(motion(np.zeros((0, 68, 3)))).shape == (0, 51)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="must be"):
        landmarks_from_expression(np.zeros((3, 52)), REST)
    with pytest.raises(ValueError, match="must be"):
        landmarks_from_expression(np.zeros((3, 51)), REST[:10])
    assert landmark_basis()[:, LIPS].shape == (51, 20, 3)
