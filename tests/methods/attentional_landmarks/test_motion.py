"""Speech to motion: lengths, seams, rest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drawn import speech_like
from talkinghead.face.landmarks import LEFT_EYE, NOSE, RIGHT_EYE
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.motion import generator as shell
from talkinghead.types import Portrait, Speech, num_frames


@pytest.fixture
def generator() -> AttentionalMotion:
    """With random weights."""
    torch.manual_seed(0)
    return AttentionalMotion(SpeechToLandmarks(CONFIGS["tiny"].landmarks))


@pytest.mark.parametrize("seconds", [0.02, 0.5, 3.3])
def test_length(generator: AttentionalMotion, calm: Portrait, seconds: float) -> None:
    made = generator.generate(Speech(speech_like(seconds), 16_000), calm)
    assert made.fps == 25.0
    assert len(made) == num_frames(seconds, 25.0)


def test_blocks_leave_no_seam(generator: AttentionalMotion, calm: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = Speech(speech_like(8.0), 16_000)
    whole = generator.generate(speech, calm)
    monkeypatch.setattr(shell, "BLOCK_S", 2.4)
    pieces = generator.generate(speech, calm)
    np.testing.assert_allclose(pieces.landmarks, whole.landmarks, atol=2e-5)
    np.testing.assert_allclose(pieces.rotation, whole.rotation, atol=2e-5)
    np.testing.assert_allclose(pieces.translation, whole.translation, atol=2e-5)
    np.testing.assert_array_equal(pieces.blink, whole.blink)
    assert np.ptp(whole.landmarks, axis=0).max() > 1e-3


def test_in_silence_the_face_rests(generator: AttentionalMotion, calm: Portrait) -> None:
    made = generator.generate(Speech(np.zeros(32_000, np.float32), 16_000), calm)
    np.testing.assert_allclose(made.landmarks, np.repeat(closed_mouth(made.rest)[None], 50, axis=0), atol=1e-5)


def test_without_liveliness_chance_moves_only_the_lids(calm: Portrait) -> None:
    torch.manual_seed(0)
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks)
    still, lively = AttentionalMotion(network, liveliness=0.0), AttentionalMotion(network)
    speech = Speech(speech_like(3.0), 16_000)
    first, second = (still.generate(speech, calm, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.rotation, second.rotation)
    assert not np.array_equal(first.blink, second.blink)
    assert not np.array_equal(lively.generate(speech, calm, seed=1).rotation, second.rotation)


def test_eyes_and_nose_are_the_portraits(generator: AttentionalMotion, calm: Portrait) -> None:
    made = generator.generate(Speech(speech_like(2.0), 16_000), calm)
    for part in (LEFT_EYE, RIGHT_EYE, NOSE):
        np.testing.assert_allclose(made.landmarks[:, part], np.repeat(made.rest[None, part], 50, axis=0), atol=1e-6)
