"""Lips at rest in silence."""

import numpy as np
import pytest

from talkinghead.motion.rest import rest_in_silence, speaking_share, zero_in_silence

RANDOM = np.random.default_rng(0)
REST = RANDOM.standard_normal((68, 3))
MOUTH = np.r_[0:17, 48:68]
OTHERS = np.r_[17:48]


def talking(fps, seconds=4.0, start=1.0, stop=2.0):
    count = round(seconds * fps)
    landmarks = REST + 0.1 * RANDOM.standard_normal((count, 68, 3))
    time = np.arange(count) / fps
    return landmarks, ((time >= start) & (time < stop)).astype(np.float32), time


@pytest.mark.parametrize("fps", [25.0, 29.97, 60.0, 100.0])
def test_speech_is_kept_and_silence_is_rest(fps):
    landmarks, activity, time = talking(fps)
    result = rest_in_silence(landmarks, REST, activity, fps)
    np.testing.assert_array_equal(result[activity > 0.5], landmarks[activity > 0.5])
    silent = (time < 1.0 - 0.60 - 1 / fps) | (time > 2.0 + 0.60)
    np.testing.assert_allclose(result[silent][:, MOUTH], np.broadcast_to(REST[MOUTH], result[silent][:, MOUTH].shape))
    np.testing.assert_array_equal(result[:, OTHERS], landmarks[:, OTHERS])


def test_a_rest_may_change_from_frame_to_frame():
    landmarks, activity, _ = talking(25.0)
    changing = REST + 0.1 * RANDOM.standard_normal(landmarks.shape)
    result = rest_in_silence(landmarks, changing, activity, 25.0)
    np.testing.assert_allclose(result[activity > 0.5], landmarks[activity > 0.5])
    np.testing.assert_allclose(result[75:, MOUTH], changing[75:, MOUTH])
    held = np.broadcast_to(REST, landmarks.shape)
    np.testing.assert_array_equal(
        rest_in_silence(landmarks, held, activity, 25.0), rest_in_silence(landmarks, REST, activity, 25.0)
    )


def test_mouth_opens_before_the_sound():
    share = speaking_share(talking(100.0)[1], 100.0)
    assert share[66] == share[100] == share[199] == share[228] == 1.0
    assert share[39] == share[261] == 0.0
    assert 0.0 < share[52] < 1.0
    assert 0.0 < share[245] < 1.0


@pytest.mark.parametrize("fps", [25.0, 100.0])
def test_ramps_are_bounded(fps):
    share = speaking_share(talking(fps)[1], fps)
    assert np.abs(np.diff(share)).max() * fps <= 1.5 / 0.25 + 1e-9
    assert np.all(np.diff(share[: round(1.5 * fps)]) >= 0)


def test_short_gaps_are_not_closed():
    activity = np.ones(100, np.float32)
    activity[40:50] = 0.0  # 0.4 s
    np.testing.assert_array_equal(speaking_share(activity, 25.0), 1.0)
    activity[40:80] = 0.0
    assert speaking_share(activity, 25.0)[60] == 0.0


def test_silence_only_and_nothing():
    landmarks, _, _ = talking(25.0)
    result = rest_in_silence(landmarks, REST, np.zeros(100), 25.0)
    np.testing.assert_array_equal(result[:, MOUTH], np.broadcast_to(REST[MOUTH], (100, 37, 3)))
    assert rest_in_silence(landmarks[:0], REST, np.zeros(0), 25.0).shape == (0, 68, 3)


def test_input_is_left_alone():
    landmarks, activity, _ = talking(25.0)
    before = landmarks.copy()
    rest_in_silence(landmarks, REST, activity, 25.0)
    np.testing.assert_array_equal(landmarks, before)


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        rest_in_silence(np.zeros((5, 68, 3)), REST, np.zeros(4), 25.0)
    with pytest.raises(ValueError, match="do not fit"):
        rest_in_silence(np.zeros((5, 68, 3)), REST[:67], np.zeros(5), 25.0)


@pytest.mark.parametrize("frames", [96, 100, 103])
def test_features_are_as_many_as_the_motion_needs(frames: int) -> None:
    rows = zero_in_silence(np.ones((frames, 3), np.float32), np.ones(25), 25.0, stride=4)
    assert rows.shape == (100, 3)
    np.testing.assert_array_equal(rows[:frames], 1.0)
    np.testing.assert_array_equal(rows[frames:], 0.0)


def test_features_of_noise_in_silence_are_zeros() -> None:
    activity = np.r_[np.ones(25), np.zeros(75)]
    rows = zero_in_silence(np.ones((400, 2)), activity, 25.0, stride=4)[:, 0]
    np.testing.assert_array_equal(rows[:100], 1.0)
    np.testing.assert_array_equal(rows[200:], 0.0)
    assert (np.diff(rows) <= 0).all()
