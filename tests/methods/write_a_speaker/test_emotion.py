"""How an expression comes and goes, and what shows it."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods.write_a_speaker.emotion import (
    OFFSET_S,
    ONSET_S,
    balance_jaw,
    emotion_pitch,
    emotion_shares,
    emotion_weights,
)
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.types import Interval


def weight(emotion: str, expression: str) -> float:
    return float(emotion_weights()[EMOTIONS.index(emotion), EXPRESSION_NAMES.index(expression)])


def test_without_emotions_all_is_neutral() -> None:
    np.testing.assert_array_equal(emotion_shares(None, 5, 25.0), np.eye(5)[[0] * 5])


def test_an_emotion_comes_before_its_words_and_goes_after_them() -> None:
    fps = 100.0
    shares = emotion_shares([Interval("happy:0.8", 2.0, 3.0)], 600, fps)
    happy = shares[:, EMOTIONS.index("happy")]
    assert happy[round((2.0 - ONSET_S) * fps)] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(happy[200:301], 0.8, atol=1e-6)
    assert happy[round((2.0 - ONSET_S / 2) * fps)] == pytest.approx(0.4, abs=0.01)
    assert happy[round((3.0 + OFFSET_S) * fps)] == pytest.approx(0.0, abs=1e-6)
    assert np.abs(np.diff(happy)).max() < 1.5 * 0.8 / (ONSET_S * fps) + 1e-6
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)


def test_emotions_that_overlap_share() -> None:
    shares = emotion_shares([Interval("happy", 0.0, 1.0), Interval("sad", 1.0, 2.0)], 50, 25.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    assert shares[25].tolist() == pytest.approx([0.0, 0.5, 0.0, 0.0, 0.5])


def test_action_units_of_ekman_and_friesen() -> None:
    assert weight("happy", "mouthSmileLeft") == weight("happy", "mouthSmileRight") > 0.3  # AU12
    assert weight("happy", "cheekSquintLeft") > 0.3  # AU6
    assert weight("angry", "browDownLeft") > 0.5  # AU4
    assert weight("angry", "mouthPressRight") > 0.1  # AU23, 24
    assert min(weight("surprised", name) for name in ("browInnerUp", "browOuterUpLeft", "eyeWideRight")) > 0.4
    assert weight("surprised", "jawOpen") > 0.0  # AU26
    assert weight("sad", "browInnerUp") > 0.4  # AU1
    assert weight("sad", "mouthFrownLeft") > 0.3  # AU15
    assert (emotion_weights()[0] == 0).all()
    assert (emotion_weights() <= 1).all()


def test_heads_rise_and_sink() -> None:
    pitch = dict(zip(EMOTIONS, emotion_pitch(), strict=True))
    assert pitch["sad"] > pitch["angry"] > pitch["neutral"] > pitch["happy"] > pitch["surprised"]


def test_emotions_do_not_part_the_lips() -> None:
    rest = closed_mouth(canonical_face()[0][MESH_OF_68])
    shown = balance_jaw(emotion_weights(), rest)
    np.testing.assert_allclose(lip_gap(landmarks_from_expression(shown, rest)), lip_gap(rest), atol=1e-6)
    jaw = EXPRESSION_NAMES.index("jawOpen")
    np.testing.assert_array_equal(np.delete(shown, jaw, axis=1), np.delete(emotion_weights(), jaw, axis=1))
