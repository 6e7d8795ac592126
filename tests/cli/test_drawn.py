"""The drawn face and the made-up speech are what the other tests take them for."""

from __future__ import annotations

import numpy as np
import pytest

from drawn import drawn_face, speech_like
from talkinghead.face.kind import is_drawing
from talkinghead.speech.activity import voice_activity
from talkinghead.tracking.find import find_faces

LEFT_CORNERS, RIGHT_CORNERS, INNER_LIPS = (33, 133), (362, 263), (13, 14)


@pytest.mark.parametrize(("size", "grain"), [(128, 0.0), (256, 0.0), (256, 4.0), (513, 0.0)])
def test_the_tracker_finds_one_face_where_it_is_drawn(size: int, grain: float) -> None:
    drawn = drawn_face(size, grain=grain)
    faces = find_faces(drawn.image, thorough=False)
    assert len(faces) == 1
    seen = np.stack([faces[0][list(pair), :2].mean(axis=0) for pair in (LEFT_CORNERS, RIGHT_CORNERS, INNER_LIPS)])
    np.testing.assert_allclose(seen, [*drawn.eyes, drawn.mouth], atol=0.015 * size)
    assert is_drawing(drawn.image, faces[0]) is (grain == 0)


def test_the_speech_is_taken_for_speech_except_where_it_is_quiet() -> None:
    activity = voice_activity(speech_like(3.0, quiet=(1.0, 2.0)), 25)
    assert np.all(activity[30:48] < 0.5)
    assert np.mean(np.concatenate([activity[:24], activity[54:]]) > 0.5) > 0.9


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_the_speech_is_as_long_as_asked_and_the_same_each_time(rate: int) -> None:
    samples = speech_like(0.5, rate, seed=3)
    assert len(samples) == rate // 2
    assert 0.3 < np.abs(samples).max() <= 0.5
    np.testing.assert_array_equal(samples, speech_like(0.5, rate, seed=3))
    assert not np.array_equal(samples, speech_like(0.5, rate, seed=4))
