"""Features of a speech and of its augmented versions, as trainings of motion learn from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from talkinghead.motion.rest import zero_in_silence
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import loudness_gain
from talkinghead.training.augmentation.sound import sound_versions
from talkinghead.types import FloatArray, Speech

CODE = (
    __name__,
    "talkinghead.motion.rest",
    "talkinghead.speech.features",
    "talkinghead.speech.phonetic",
    "talkinghead.speech.activity",
    "talkinghead.training.augmentation.sound",
)
"""The modules on which the result depends, beside the caller's; for keys of the store."""


def compute_versions(
    speech: Speech,
    compute: Callable[[Speech, float], FloatArray],
    *,
    fps: float,
    stride: int = 1,
    versions: int = 1,
    seed: str,
) -> npt.NDArray[np.float32]:
    """(V, S, F) speech frames, zeros where nobody speaks: unchanged, then of other voices and rooms.

    Args:
        speech: at 16 kHz.
        compute: speech, and the gain that brings it to the usual loudness -> speech frames (S, F).
        fps: rows of motion per second.
        stride: speech frames per row of motion.
        versions: how many.
        seed: of the augmentation.
    """
    activity = voice_activity(speech.samples, fps)
    rows = (compute(sound, loudness_gain(sound.samples)) for sound in sound_versions(speech, versions, seed=seed))
    return np.stack([zero_in_silence(row, activity, fps, stride=stride) for row in rows]).astype(np.float32)
