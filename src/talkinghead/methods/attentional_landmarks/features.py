"""Features of speech for the speech-to-landmarks network."""

from __future__ import annotations

import numpy as np

from talkinghead.methods.attentional_landmarks.config import LandmarksConfig
from talkinghead.speech.features import mfcc
from talkinghead.speech.phonetic import EncoderFeatures, PhonePosteriors
from talkinghead.types import FloatArray, Speech

RATE = 100.0
"""Speech frames per second: a window every 10 ms (section 4.1)."""

STRIDE = 4
"""Speech frames from one frame of landmarks to the next."""

FPS = RATE / STRIDE
"""Frames of landmarks per second: 25, as in GRID's videos."""


def speech_features(speech: Speech, config: LandmarksConfig, *, gain: float) -> FloatArray:
    """Speech frames (ceil(100 * duration), num_features); frame ``s`` is centred on ``s / 100`` s.

    Args:
        speech: at 16 kHz.
        config: sizes.
        gain: factor that brings the recording to the usual loudness.

    Source: Wang et al. 2020, section 4.1: MFCC of 16 kHz "with the windows size of 10ms". We take 10 ms as the step;
        each window is 25 ms long, because 10 ms do not resolve a man's voice.
    """
    if config.features != "mfcc":
        heard = {
            "phones": lambda: PhonePosteriors()(speech, RATE, gain=gain)[:, 1:],
            "encoder": lambda: EncoderFeatures()(speech, RATE, gain=gain),
        }
        return np.concatenate([heard[part]() for part in config.features.split("+")], axis=1)
    samples = np.asarray(speech.samples * np.float32(gain), np.float32)
    return mfcc(samples, rate=RATE, num_coefficients=config.num_features)
