"""Calibration, merging and lifting against motions that are known."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import LEFT_EYE, LIPS, MESH_OF_68, NOSE, RIGHT_EYE, canonical_face
from talkinghead.methods.attentional_landmarks.geometry import (
    EYE_DISTANCE_PX,
    HEAD_POINTS,
    MOUTH_POINTS,
    calibrate,
    in_crop,
    lift,
    merge,
    template_of,
)
from talkinghead.types import FloatArray, Motion

REST = canonical_face()[0][MESH_OF_68]


def motion(*, angle: float, lips: float = 0.0, count: int = 9) -> Motion:
    """The mean face that turns every way, shifts, and opens its mouth."""
    rng = np.random.default_rng(1)
    landmarks = np.repeat(REST[None], count, axis=0)
    opening = lips * np.linspace(0, 1, count)[:, None]
    landmarks[:, 65:68, 1] += opening
    landmarks[:, 55:60, 1] += opening
    landmarks[:, 6:11, 1] += opening
    rotation, shift = angle * rng.uniform(-1, 1, (count, 3)), 0.2 * rng.uniform(-1, 1, (count, 3))
    return Motion(25.0, landmarks, rotation, shift, np.zeros(count), REST)


def turned(points: FloatArray, angle: float, scale: float, shift: tuple[float, float]) -> FloatArray:
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]) + shift)


def test_the_outputs_are_the_papers() -> None:
    # Section 3.1: 42 numbers for the lips, 100 for the head; both hold nose tip and mouth corners.
    assert 2 * len(MOUTH_POINTS) == 42
    assert 2 * len(HEAD_POINTS) == 100
    assert set(MOUTH_POINTS) & set(HEAD_POINTS) == {30, 48, 54}
    assert set(MOUTH_POINTS) | set(HEAD_POINTS) == set(range(68))


def test_in_the_crop_the_eyes_are_so_far_apart() -> None:
    still = motion(angle=0.0)
    points = in_crop(still)
    assert points.shape == (9, 68, 2)
    np.testing.assert_allclose(points[:, 45, 0] - points[:, 36, 0], EYE_DISTANCE_PX)
    np.testing.assert_allclose(
        points - points[:, :1], np.repeat((template_of(REST) - template_of(REST)[0])[None], 9, 0)
    )


def test_calibrated_lips_know_nothing_of_the_head() -> None:
    template = template_of(REST)
    for angle, scale, shift in ((0.0, 1.0, (0.0, 0.0)), (0.4, 1.3, (20.0, -7.0)), (-1.0, 0.5, (0.0, 90.0))):
        lips = calibrate(turned(template, angle, scale, shift)[None], template)
        np.testing.assert_allclose(lips[0], template[MOUTH_POINTS], atol=1e-9)


def test_calibrated_lips_keep_what_they_do() -> None:
    template = template_of(REST)
    opened = template.copy()
    opened[[65, 66, 67], 1] += 10.0
    lips = calibrate(turned(opened, 0.3, 1.1, (5.0, 5.0))[None], template)[0]
    np.testing.assert_allclose(lips, opened[MOUTH_POINTS], atol=1e-9)


def test_merging_undoes_the_calibration() -> None:
    # Equation 6: what was taken apart fits together again wherever the head is.
    points = in_crop(motion(angle=0.4, lips=0.2))
    together = merge(calibrate(points, template_of(REST)), points[:, HEAD_POINTS])
    still = in_crop(motion(angle=0.0, lips=0.2))
    np.testing.assert_allclose(merge(calibrate(still, template_of(REST)), still[:, HEAD_POINTS]), still, atol=1e-9)
    np.testing.assert_allclose(together, points, atol=1e-9)


def test_lips_follow_the_heads_anchors() -> None:
    template = template_of(REST)
    moved = turned(template, 0.25, 1.2, (30.0, 10.0))
    np.testing.assert_allclose(merge(template[None, MOUTH_POINTS], moved[None, HEAD_POINTS])[0], moved, atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.1, 0.35])
def test_a_motion_seen_in_the_picture_comes_back(angle: float) -> None:
    known = motion(angle=angle, lips=0.25)
    landmarks, rotation, translation = lift(in_crop(known), REST)
    np.testing.assert_allclose(rotation, known.rotation, atol=1e-6)
    np.testing.assert_allclose(translation[:, :2], known.translation[:, :2], atol=1e-6)
    np.testing.assert_array_equal(translation[:, 2], 0.0)
    np.testing.assert_allclose(landmarks, known.landmarks, atol=1e-6)


def test_lips_of_another_depth_err_by_no_more_than_the_turn_shows_of_it() -> None:
    known = motion(angle=0.3, lips=0.2)
    landmarks = known.landmarks.copy()
    landmarks[:, LIPS, 2] += 0.03
    deeper = Motion(25.0, landmarks, known.rotation, known.translation, known.blink, REST)
    back, rotation, _ = lift(in_crop(deeper), REST)
    np.testing.assert_allclose(rotation, known.rotation, atol=1e-6)
    assert 0.001 < np.abs(back - landmarks)[:, LIPS, :2].max() < 0.03 * np.tan(0.45)


def test_noise_turns_the_head_little() -> None:
    rng = np.random.default_rng(0)
    known = motion(angle=0.2, count=200)
    _, rotation, translation = lift(in_crop(known) + rng.normal(0, 0.5, (200, 68, 2)), REST)
    assert np.degrees(np.abs(rotation - known.rotation)).mean() < 1.5
    assert np.abs(translation - known.translation)[:, :2].mean() < 0.01


def test_nose_and_eyes_stay_the_portraits() -> None:
    points = in_crop(motion(angle=0.2))
    points[:, LEFT_EYE] += 3.0
    landmarks, _, _ = lift(points, REST)
    for part in (LEFT_EYE, RIGHT_EYE, NOSE):
        np.testing.assert_array_equal(landmarks[:, part], np.repeat(REST[None, part], 9, axis=0))


def test_other_shapes_are_errors() -> None:
    with pytest.raises(ValueError, match="template"):
        calibrate(np.zeros((3, 68, 3)), np.zeros((68, 2)))
    with pytest.raises(ValueError, match="lips"):
        merge(np.zeros((3, 20, 2)), np.zeros((3, 50, 2)))
    with pytest.raises(ValueError, match=r"\(68, 3\)"):
        lift(np.zeros((3, 68, 2)), np.zeros((68, 2)))
