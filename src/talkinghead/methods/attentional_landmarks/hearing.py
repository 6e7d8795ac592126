"""What the speech-to-landmarks network hears of a speech."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.methods.attentional_landmarks.config import LandmarksConfig
from talkinghead.motion.rest import speaking_share
from talkinghead.speech.features import SAMPLE_RATE, mfcc, resample
from talkinghead.speech.phonetic import PhonePosteriors
from talkinghead.types import FloatArray, Speech

RATE = 100.0
"""Speech frames per second: a window every 10 ms (section 4.1)."""

STRIDE = 4
"""Speech frames from one frame of landmarks to the next."""

FPS = RATE / STRIDE
"""Frames of landmarks per second: 25, as the GRID videos have."""


def at_16_khz(speech: Speech) -> Speech:
    """The same speech at the rate of the networks."""
    return replace(speech, samples=resample(speech.samples, speech.sample_rate), sample_rate=SAMPLE_RATE)


def speech_frames(speech: Speech, config: LandmarksConfig, *, gain: float, activity: FloatArray) -> FloatArray:
    """Speech frames (STRIDE * T, num_features) at 100 Hz; frame ``s`` is centred on ``s / 100`` s. Silence is zeros.

    Args:
        speech: at 16 kHz, at least as long as the activity but for a rounded frame.
        config: sizes.
        gain: what brings the recording to the usual loudness.
        activity: (T,) in [0, 1] at 25 Hz, speech above 0.5. Where nobody speaks noise is not to be heard.

    Source: Wang et al. 2020, section 4.1: MFCC of 16 kHz "with the windows size of 10ms". They are read as the steps;
        each window is 25 ms long, as 10 ms do not resolve a man's voice.
    """
    if config.features == "phones":
        rows = PhonePosteriors()(speech, RATE, gain=gain)[:, 1:]
    else:
        samples = np.asarray(speech.samples * np.float32(gain), np.float32)
        rows = mfcc(samples, rate=RATE, num_coefficients=config.num_features)
    count = STRIDE * len(activity)
    rows = np.pad(rows[:count], ((0, max(0, count - len(rows))), (0, 0)))
    share = np.repeat(speaking_share(activity, FPS), STRIDE)[:, None]
    return np.asarray(rows * share, np.float32)
