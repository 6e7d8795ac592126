"""Features of the speech-to-landmarks network."""

from __future__ import annotations

import numpy as np

from drawn import speech_like
from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.features import FPS, speech_features
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.features import mfcc
from talkinghead.speech.phonetic import EncoderFeatures, PhonePosteriors
from talkinghead.types import Interval, Speech

MFCC, HEARD_PHONES = VARIANTS["small-mfcc"].landmarks, VARIANTS["small-phones"].landmarks


def test_four_frames_per_picture() -> None:
    speech = Speech(speech_like(1.0), 16_000)
    rows = speech_features(speech, MFCC, gain=1.0)
    assert rows.shape == (100, 13)
    np.testing.assert_allclose(rows, mfcc(speech.samples), rtol=1e-5)
    assert FPS == 25.0


def test_loudness_is_the_recordings_not_the_voices() -> None:
    loud = Speech(speech_like(1.0), 16_000)
    quiet = Speech(0.1 * loud.samples, 16_000)
    np.testing.assert_allclose(
        speech_features(quiet, MFCC, gain=10.0), speech_features(loud, MFCC, gain=1.0), atol=1e-4
    )


def test_phones_that_are_known_are_taken() -> None:
    speech = Speech(speech_like(1.0), 16_000, phones=(Interval("M", 0.2, 0.6),))
    rows = speech_features(speech, HEARD_PHONES, gain=1.0)
    assert rows.shape == (100, 39)
    assert rows[40].argmax() == PHONES.index("M")
    np.testing.assert_array_equal(rows[80], 0.0)


def test_the_encoder_is_a_front_end() -> None:
    speech, sizes = Speech(speech_like(1.0), 16_000), CONFIGS["small"].landmarks
    rows = speech_features(speech, sizes, gain=2.0)
    assert rows.shape == (100, sizes.num_features)
    np.testing.assert_array_equal(rows[:, :39], PhonePosteriors()(speech, 100.0, gain=2.0)[:, 1:])
    np.testing.assert_array_equal(rows[:, 39:], EncoderFeatures()(speech, 100.0, gain=2.0))
