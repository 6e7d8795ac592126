"""Speech to motion: lengths, seams, rest, words and emotions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from drawn import speech_like
from talkinghead.errors import InputError
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods.write_a_speaker import motion as method
from talkinghead.methods.write_a_speaker.config import CONFIGS
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.motion import generator as shell
from talkinghead.types import Interval, Portrait, Speech, num_frames

_CORNERS = (48, 54)


@pytest.fixture
def generator() -> WriteASpeakerMotion:
    """With random weights."""
    torch.manual_seed(0)
    config = CONFIGS["tiny"]
    return WriteASpeakerMotion(
        MouthGenerator(config.mouth), WordsGenerator(config.upper_face), WordsGenerator(config.head), liveliness=0.0
    )


def spoken(seconds: float) -> Speech:
    """With a word every half second."""
    words = tuple(Interval(("green", "please")[k % 2], k / 2, k / 2 + 0.4) for k in range(int(2 * seconds)))
    return Speech(speech_like(seconds), 16_000, words=words)


@pytest.mark.parametrize("seconds", [0.02, 0.5, 3.3])
def test_length(generator: WriteASpeakerMotion, calm: Portrait, seconds: float) -> None:
    made = generator.generate(spoken(seconds), calm)
    assert made.fps == 25.0
    assert len(made) == num_frames(seconds, 25.0)


def test_blocks_leave_no_seam(generator: WriteASpeakerMotion, calm: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = spoken(8.0)
    whole = generator.generate(speech, calm)
    monkeypatch.setattr(shell, "BLOCK_S", 2.4)
    monkeypatch.setattr(method, "_BLOCK", 48)
    pieces = generator.generate(speech, calm)
    np.testing.assert_allclose(pieces.landmarks, whole.landmarks, atol=2e-5)
    np.testing.assert_allclose(pieces.rotation, whole.rotation, atol=2e-5)
    assert np.ptp(whole.landmarks, axis=0).max() > 1e-3
    assert np.ptp(whole.rotation, axis=0).max() > 1e-4


def test_in_silence_the_mouth_rests(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    made = generator.generate(Speech(np.zeros(32_000, np.float32), 16_000), calm)
    mouth = np.r_[0:17, 48:68]
    rest = np.repeat(closed_mouth(made.rest)[None, mouth], 50, axis=0)
    np.testing.assert_allclose(made.landmarks[:, mouth], rest, atol=1e-5)


def test_words_move_brows_and_head(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    one, other = spoken(3.0), spoken(3.0)
    other = replace(other, words=tuple(replace(word, label="the") for word in other.words or ()))
    first, second = generator.generate(one, calm), generator.generate(other, calm)
    assert not np.allclose(first.rotation, second.rotation, atol=1e-5)
    assert not np.allclose(first.landmarks[:, 17:27], second.landmarks[:, 17:27], atol=1e-5)
    np.testing.assert_allclose(first.landmarks[:, 48:], second.landmarks[:, 48:], atol=0.02)


def test_unknown_words_are_announced(
    generator: WriteASpeakerMotion, calm: Portrait, caplog: pytest.LogCaptureFixture
) -> None:
    generator.generate(replace(spoken(1.0), words=None), calm)
    assert "words of the speech are unknown" in caplog.text
    generator.generate(replace(spoken(1.0), words=(Interval("qwxz", 0.0, 0.5),)), calm)
    assert "not English" in caplog.text
    caplog.clear()
    generator.generate(spoken(1.0), calm)
    assert caplog.text == ""


def of_emotion(generator: WriteASpeakerMotion, face: Portrait, label: str | None, seconds: float = 2.0) -> np.ndarray:
    emotions = None if label is None else (Interval(label, 0.0, seconds),)
    return generator.generate(replace(spoken(seconds), emotions=emotions), face).landmarks[15:35].mean(axis=0)


def test_emotions_act_on_lips(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    neutral, happy, sad = (of_emotion(generator, calm, label) for label in (None, "happy", "sad"))
    corners = [shape[_CORNERS, 1].mean() for shape in (happy, neutral, sad)]
    assert corners[0] < corners[1] - 0.01
    assert corners[1] < corners[2] - 0.005
    half = of_emotion(generator, calm, "happy:0.5")[_CORNERS, 1].mean()
    assert corners[0] < half < corners[1]


def test_a_smile_stays_in_silence(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    silent = Speech(np.zeros(48_000, np.float32), 16_000, emotions=(Interval("happy", 0.0, 3.0),))
    made = generator.generate(silent, calm)
    rest = closed_mouth(made.rest)
    assert (made.landmarks[5:70, _CORNERS, 1] < rest[_CORNERS, 1] - 0.01).all()


def test_emotions_turn_the_head(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    happy, sad = (
        generator.generate(replace(spoken(2.0), emotions=(Interval(label, 0.0, 2.0),)), calm)
        for label in ("happy", "sad")
    )
    np.testing.assert_allclose(sad.rotation[5:45, 0] - happy.rotation[5:45, 0], 0.1, atol=0.01)


@pytest.mark.parametrize("label", ["happy", "angry", "surprised", "sad"])
def test_closures_close_with_every_emotion(generator: WriteASpeakerMotion, calm: Portrait, label: str) -> None:
    phones = tuple(Interval(("AA", "M")[k % 2], 0.2 * k, 0.2 * k + 0.2) for k in range(10))
    speech = replace(spoken(2.0), phones=phones, emotions=(Interval(label, 0.0, 2.0),))
    gap = lip_gap(generator.generate(speech, calm).landmarks)
    assert gap[[7, 17, 27, 37]].max() < 0.03


def test_eyes_widen_and_narrow_with_emotions_alone(calm: Portrait) -> None:
    torch.manual_seed(0)
    config = CONFIGS["tiny"]
    upper = WordsGenerator(config.upper_face)
    torch.nn.init.zeros_(upper.out.weight)
    made = WriteASpeakerMotion(MouthGenerator(config.mouth), upper, WordsGenerator(config.head)).generate(
        spoken(1.0), calm
    )
    for eye in (LEFT_EYE, RIGHT_EYE):
        np.testing.assert_allclose(made.landmarks[:, eye], np.repeat(made.rest[None, eye], 25, axis=0), atol=1e-6)


def test_an_unknown_emotion_is_refused(generator: WriteASpeakerMotion, calm: Portrait) -> None:
    with pytest.raises(InputError, match="no emotion 'bored'"):
        generator.generate(replace(spoken(1.0), emotions=(Interval("bored", 0.0, 1.0),)), calm)
