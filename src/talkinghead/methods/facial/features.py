"""Features of speech for FACIAL-GAN."""

from __future__ import annotations

import numpy as np

from talkinghead.errors import InputError
from talkinghead.methods.facial.config import AttributesConfig
from talkinghead.speech.phonetic import EncoderFeatures, PhonePosteriors
from talkinghead.types import FloatArray, Speech

FPS = 30.0
"""Speech frames, and frames of motion, per second (section 4)."""


def speech_features(speech: Speech, config: AttributesConfig, *, gain: float) -> FloatArray:
    """Speech frames (ceil(30 * duration), num_features); frame ``t`` is centred on ``t / 30`` s.

    Args:
        speech: at 16 kHz.
        config: sizes.
        gain: factor that brings the recording to the usual loudness.

    Raises:
        InputError: the features are those of a recogniser that does not ship.

    Source: Zhang et al. 2021, section 4: log probabilities of 29 characters by DeepSpeech, 50 a second, brought to 30
        by linear interpolation. Its weights cannot be shipped; phones and an encoder's features stand in their place.
    """
    compute = {
        "phones": lambda: PhonePosteriors()(speech, FPS, gain=gain)[:, 1:],
        "encoder": lambda: EncoderFeatures()(speech, FPS, gain=gain),
    }
    parts = config.features.split("+")
    if not {*parts} <= {*compute}:
        raise InputError(
            f"features {config.features!r} come from a recogniser that does not ship: use a configuration with "
            "phones or encoder."
        )
    return np.concatenate([compute[part]() for part in parts], axis=1)
