"""A recording as speech: where one side of a stereo sound is speech and the other music, the side with speech."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import numpy.typing as npt

from talkinghead.errors import announce
from talkinghead.media.sound import SPEECH_RATE, read_speech
from talkinghead.media.spool import spool_samples
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import resample_pieces
from talkinghead.types import Sound, Speech

_RELATED = 0.3  # correlation of two channels from which both have the same speech
_QUIETER = 1e-4  # of the other's energy: what lies below does not disturb
_LEAST_S = 0.5  # of voice
_SEEN_S = 300
# Of 200 recordings in eight languages 197 lie above the first; chords, drums, melodies and noise lie below the second.
_SPEECH, _NO_SPEECH = 0.35, 0.28


def read_recording(path: str | os.PathLike[str]) -> Speech:
    """The sound of a file as ``media.read_speech`` reads it, of two unrelated sides the one on which somebody speaks.

    A side without speech, such as music, is left out of the speech, not of the sound that the video gets. This is
    announced. Where both sides speak, they stay mixed.

    Raises:
        InputError: as ``media.read_speech``.
    """
    speech = read_speech(path)
    sound = speech.sound
    if sound is None or sound.channels != 2 or not _are_unrelated(sound):
        return speech
    sides = [_side(sound, index, speech.sample_rate, len(speech.samples)) for index in range(2)]
    likeness = [_speech_likeness(side) for side in sides]
    if not (min(likeness) < _NO_SPEECH and max(likeness) > _SPEECH):
        return speech
    chosen = likeness.index(max(likeness))
    name = ("left", "right")[chosen]
    announce(
        f"{path} has speech on its {name} channel and something else on the other: the mouth follows the {name} one."
    )
    return dataclasses.replace(speech, samples=sides[chosen])


def _are_unrelated(sound: Sound) -> bool:
    """Whether two channels are loud enough both, and hardly correlated."""
    products = np.zeros((2, 2))
    for block in sound.chunks():
        samples = np.asarray(block, float)
        products += samples @ samples.T
    left, right = products[0, 0], products[1, 1]
    if min(left, right) <= _QUIETER * max(left, right):
        return False
    return bool(abs(products[0, 1]) < _RELATED * np.sqrt(left * right))


def _side(sound: Sound, index: int, rate: int, count: int) -> npt.NDArray[np.float32]:
    """(count,) one channel at ``rate`` Hz."""
    samples = spool_samples(resample_pieces((block[index] for block in sound.chunks()), sound.sample_rate, rate))
    return np.asarray(np.pad(samples, (0, max(0, count - len(samples))))[:count], np.float32)


def _speech_likeness(samples: npt.NDArray[np.float32]) -> float:
    """How sure the recogniser is of phones, less its probability of silence, where there seems to be a voice."""
    from talkinghead.speech.phones import phone_posteriors
    from talkinghead.speech.time_delay import RATE

    seen = samples[: _SEEN_S * SPEECH_RATE]
    posteriors = phone_posteriors(seen)
    voiced = voice_activity(seen, RATE)[: len(posteriors)] > 0.5
    if voiced.sum() < _LEAST_S * RATE:
        return 0.0
    return float((posteriors[voiced].max(axis=1) - posteriors[voiced, 0]).mean())
