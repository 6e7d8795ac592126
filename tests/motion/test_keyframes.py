"""Corrections at single moments and how they spread."""

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import LOOK_SIDEWAYS, LOOK_UP
from talkinghead.face.rest import lip_gap
from talkinghead.motion.controls import shape_field
from talkinghead.motion.expressions import expression_of
from talkinghead.motion.keyframes import (
    Correction,
    Keyframe,
    apply_keyframes,
    correct_frames,
    frame_at,
    keyframe_weights,
)


def test_frame_at(speaking):
    assert [frame_at(time, speaking) for time in (0.0, 0.04, 1.2, 1.21, 2.0)] == [0, 1, 30, 30, 49]
    for time in (-0.01, 2.01, np.nan):
        with pytest.raises(InputError, match="choose a time from 0 to 2 s"):
            frame_at(time, speaking)


def test_weights_of_one_keyframe():
    weights = keyframe_weights([20], 50, ease=10)[:, 0]
    assert weights[20] == 1
    assert weights[15] == weights[25] == 0.5
    assert not weights[:11].any()
    assert not weights[30:].any()
    assert np.all(np.diff(weights[10:21]) > 0)


def test_weights_share_the_time_between_keyframes():
    weights = keyframe_weights([10, 20, 45], 60, ease=5)
    np.testing.assert_array_equal(weights[[10, 20, 45]], np.eye(3))
    np.testing.assert_allclose(weights[10:46].sum(axis=1), 1)
    assert not weights[:6].any()
    assert not weights[50:].any()


def test_weights_have_no_corners():
    """The slope changes by no more from frame to frame than that of a smooth curve: it vanishes with the step."""
    kinks = []
    for fine in (1, 10):
        weights = keyframe_weights([10 * fine, 16 * fine, 40 * fine], 60 * fine, ease=8 * fine)
        slope = np.diff(weights, axis=0) * fine
        kinks.append(np.abs(np.diff(slope, axis=0)).max())
    assert kinks[1] < 0.15 * kinks[0]


@pytest.mark.parametrize(("frames", "ease"), [([], 3), ([5, 5], 3), ([6, 5], 3), ([5], 0), ([5], np.nan)])
def test_weights_refuse_what_is_none(frames, ease):
    with pytest.raises(ValueError, match="different frames in order and a positive ease"):
        keyframe_weights(frames, 10, ease=ease)


def test_a_keyframe_changes_its_neighbourhood_alone(speaking):
    edited = apply_keyframes(speaking, [Keyframe(1.0, {"smile": 0.5, "yaw": 10.0, "x": 0.2})], ease=0.2)
    smile = 0.5 * shape_field("smile")
    np.testing.assert_allclose(edited.landmarks[25] - speaking.landmarks[25], smile, atol=1e-6)
    assert edited.rotation[25, 1] - speaking.rotation[25, 1] == pytest.approx(np.radians(10))
    assert edited.translation[25, 0] - speaking.translation[25, 0] == pytest.approx(0.2)
    away = np.abs(np.arange(50) - 25) >= 5
    for name in ("landmarks", "rotation", "translation"):
        np.testing.assert_array_equal(getattr(edited, name)[away], getattr(speaking, name)[away])
    assert edited.blink is speaking.blink
    assert (np.abs(edited.landmarks[~away] - speaking.landmarks[~away]).max(axis=(1, 2)) > 1e-4).all()
    corner = (edited.landmarks - speaking.landmarks)[20:26, 54, 0]
    assert np.all(np.diff(corner) > 0)


def test_two_keyframes_hold_a_value_between_them(speaking):
    keyframes = [Keyframe(1.4, {"open": 0.1}), Keyframe(0.6, {"open": 0.1, "brows": 1.0})]
    edited = apply_keyframes(speaking, keyframes)
    np.testing.assert_allclose((lip_gap(edited.landmarks) - lip_gap(speaking.landmarks))[15:36], 0.1, atol=1e-5)
    brows = (edited.landmarks - speaking.landmarks)[:, 19, 1]
    assert brows[15] < -0.05
    np.testing.assert_array_equal(brows[23:], 0)


def test_a_blink_is_closed_at_least_so_far(speaking):
    edited = apply_keyframes(speaking, [Keyframe(0.5, {"blink": 0.5}), Keyframe(1.5, {"blink": 0.7})])
    assert edited.blink[37] == pytest.approx(0.698, abs=0.01)
    np.testing.assert_array_equal(edited.blink[11:15], 1.0)
    assert edited.landmarks is speaking.landmarks


def test_lips_never_cross(speaking):
    edited = apply_keyframes(speaking, [Keyframe(1.0, {"open": -0.5, "frown": 1.0})])
    gaps = edited.landmarks[:, [67, 66, 65], 1] - edited.landmarks[:, [61, 62, 63], 1]
    assert gaps.min() > -1e-6
    assert lip_gap(edited.landmarks)[25] == pytest.approx(0, abs=1e-6)


def test_what_keyframes_are_refused(speaking):
    with pytest.raises(InputError, match=r"smile has two values at 1\.01 s"):
        apply_keyframes(speaking, [Keyframe(1.0, {"smile": 0.1}), Keyframe(1.01, {"smile": 0.2})])
    with pytest.raises(InputError, match="5 s lies outside"):
        apply_keyframes(speaking, [Keyframe(5.0, {"smile": 0.1})])
    with pytest.raises(InputError, match="no control"):
        Keyframe(1.0, {"grin": 1.0})


def test_a_correction_is_reached_and_spreads(speaking):
    place = speaking.landmarks[25, 54] + [0.05, -0.02, 0.01]
    edited = correct_frames(speaking, [Correction(1.0, {54: tuple(place)})], ease=0.2)
    np.testing.assert_allclose(edited.landmarks[25, 54], place, atol=1e-6)
    moved = edited.landmarks - speaking.landmarks
    others = np.setdiff1d(np.arange(68), [54])
    np.testing.assert_array_equal(moved[:, others], 0)
    np.testing.assert_array_equal(moved[np.abs(np.arange(50) - 25) >= 5], 0)
    np.testing.assert_allclose(moved[20:31, 54, 0], 0.05 * keyframe_weights([25], 50, ease=5)[20:31, 0], atol=1e-6)


def test_without_depth_the_depth_stays_and_each_landmark_goes_its_own_way(speaking):
    first, second = speaking.landmarks[10], speaking.landmarks[40]
    corrections = [
        Correction(1.6, {54: (second[54, 0] + 0.05, second[54, 1])}),
        Correction(0.4, {54: (first[54, 0] + 0.05, first[54, 1]), 19: (first[19, 0], first[19, 1] - 0.1)}),
    ]
    moved = correct_frames(speaking, corrections).landmarks - speaking.landmarks
    np.testing.assert_allclose(moved[10:41, 54, 0], 0.05, atol=1e-6)
    assert moved[10, 19, 1] == pytest.approx(-0.1, abs=1e-6)
    np.testing.assert_array_equal(moved[18:, 19], 0)
    np.testing.assert_array_equal(moved[..., 2], 0)


def test_a_correction_that_crosses_the_lips_makes_them_meet(speaking):
    crossed = speaking.landmarks[25, [61, 67], :2].tolist()
    edited = correct_frames(speaking, [Correction(1.0, {61: crossed[1], 67: crossed[0]})])
    gap = edited.landmarks[:, 67, 1] - edited.landmarks[:, 61, 1]
    assert gap[25] == pytest.approx(0, abs=1e-6)
    assert gap.min() > -1e-6


def test_what_corrections_are_refused(speaking):
    assert correct_frames(speaking, []) is speaking
    with pytest.raises(InputError, match="landmark 3 is corrected twice"):
        correct_frames(speaking, [Correction(1.0, {3: (0, 0)}), Correction(1.0, {3: (0, 0)})])
    with pytest.raises(InputError, match="lies outside"):
        correct_frames(speaking, [Correction(3.0, {3: (0, 0)})])
    for points in ({68: (0, 0)}, {-1: (0, 0)}, {3: (0,)}, {3: (0, np.nan)}):
        with pytest.raises(ValueError, match="cannot be at"):
            Correction(1.0, points)


def test_float64_motions_pass_through(motion):
    long = replace(motion, landmarks=motion.landmarks.astype(np.float64))
    edited = apply_keyframes(long, [Keyframe(0.2, {"brows": 1.0})], ease=0.1)
    assert edited.expression is None
    assert edited.landmarks.dtype == np.float32


def test_expressions_by_their_arkit_names(speaking):
    """What is asked for is what is read off at its moment, on top of what the motion does, and nothing far from it."""
    edited = apply_keyframes(speaking, [Keyframe(1.6, {"mouthSmileLeft": 0.5, "browInnerUp": 0.3})], ease=0.2)
    before, after = expression_of(speaking), expression_of(edited)
    change = after - before
    smile, brow = (EXPRESSION_NAMES.index(name) for name in ("mouthSmileLeft", "browInnerUp"))
    assert change[40, smile] == pytest.approx(0.5, abs=0.2)
    assert change[40, EXPRESSION_NAMES.index("mouthSmileRight")] < 0.15
    assert change[40, brow] == pytest.approx(0.3, abs=0.15)
    np.testing.assert_array_equal(edited.landmarks[:30], speaking.landmarks[:30])
    # The person's left is on the right of the picture: landmark 54, not 48, goes out and up.
    moved = edited.landmarks[40] - speaking.landmarks[40]
    assert np.linalg.norm(moved[54]) > 3 * np.linalg.norm(moved[48])
    assert moved[54, 1] < -0.01


def test_both_eyes_blink_and_look_together(speaking):
    still = replace(speaking, blink=np.zeros(50))
    edited = apply_keyframes(
        still, [Keyframe(1.0, {"eyeBlinkLeft": 0.4, "eyeBlinkRight": 0.7, "eyeLookInLeft": 0.5})], ease=0.2
    )
    assert edited.blink[25] == pytest.approx(0.7)
    np.testing.assert_allclose(edited.gaze[25], [0.5 * LOOK_SIDEWAYS, 0.0])
    assert not edited.gaze[:19].any()
    np.testing.assert_array_equal(edited.landmarks, still.landmarks)
    again = apply_keyframes(edited, [Keyframe(1.0, {"gaze-yaw": -10.0, "eyeLookUpRight": 1.0})], ease=0.2)
    np.testing.assert_allclose(again.gaze[25], [0.5 * LOOK_SIDEWAYS - np.radians(10), -LOOK_UP])
