"""What the speech-to-landmarks network hears."""

from __future__ import annotations

import numpy as np
import pytest

from drawn import speech_like
from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.hearing import FPS, at_16_khz, speech_frames
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.features import mfcc
from talkinghead.types import Interval, Speech

MFCC, HEARD_PHONES = CONFIGS["small"].landmarks, VARIANTS["small-phones"].landmarks


def test_four_frames_per_picture() -> None:
    speech = Speech(speech_like(1.0), 16_000)
    rows = speech_frames(speech, MFCC, gain=1.0, activity=np.ones(25))
    assert rows.shape == (100, 13)
    np.testing.assert_allclose(rows, mfcc(speech.samples), rtol=1e-5)
    assert FPS == 25.0


@pytest.mark.parametrize("frames", [24, 25, 27])
def test_as_many_as_the_pictures_need(frames: int) -> None:
    rows = speech_frames(Speech(speech_like(1.0), 16_000), MFCC, gain=1.0, activity=np.ones(frames))
    assert len(rows) == 4 * frames
    np.testing.assert_array_equal(rows[100:], 0.0)


def test_noise_in_silence_is_not_heard() -> None:
    noise = Speech(0.01 * np.random.default_rng(0).standard_normal(32_000).astype(np.float32), 16_000)
    np.testing.assert_array_equal(speech_frames(noise, MFCC, gain=1.0, activity=np.zeros(50)), 0.0)


def test_loudness_is_the_recordings_not_the_voices() -> None:
    loud = Speech(speech_like(1.0), 16_000)
    quiet = Speech(0.1 * loud.samples, 16_000)
    activity = np.ones(25)
    np.testing.assert_allclose(
        speech_frames(quiet, MFCC, gain=10.0, activity=activity),
        speech_frames(loud, MFCC, gain=1.0, activity=activity),
        atol=1e-4,
    )


def test_phones_that_are_known_are_taken() -> None:
    speech = Speech(speech_like(1.0), 16_000, phones=(Interval("M", 0.2, 0.6),))
    rows = speech_frames(speech, HEARD_PHONES, gain=1.0, activity=np.ones(25))
    assert rows.shape == (100, 39)
    assert rows[40].argmax() == PHONES.index("M")
    np.testing.assert_array_equal(rows[80], 0.0)


def test_any_rate_becomes_16_khz() -> None:
    speech = at_16_khz(Speech(np.zeros(22_050, np.float32), 22_050))
    assert (len(speech.samples), speech.sample_rate) == (16_000, 16_000)
