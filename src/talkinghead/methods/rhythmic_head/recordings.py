"""Recordings as both learners read them: rows of sound, landmarks without head motion, and the head's motion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE, parts_of, speech_features
from talkinghead.methods.rhythmic_head.motion_config import MOTION_CONFIGS
from talkinghead.methods.rhythmic_head.noise import noisy_versions
from talkinghead.motion.rest import zero_in_silence
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import motion_of_track
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.encoder import encoder_digest
from talkinghead.speech.features import loudness_gain
from talkinghead.speech.phones import recogniser_digest
from talkinghead.store import Store, code_digest, key_of
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray

VERSIONS = 3
"""Versions of a recording's sound in training: unchanged, and twice with noise."""

_CODE = (
    "talkinghead.methods.rhythmic_head.features",
    "talkinghead.methods.rhythmic_head.noise",
    "talkinghead.motion.rest",
    "talkinghead.speech.features",
    "talkinghead.speech.phonetic",
    "talkinghead.speech.activity",
    "talkinghead.training.augmentation.sound",
)


@dataclass(frozen=True)
class FilmedSpeech:
    """Somebody speaking, at ``FPS``.

    Attributes:
        speaker: who speaks.
        name: of the recording.
        speech: (V, 2 T, F) float16 rows of features in V versions, zeros where nobody speaks; the first has no noise.
        rest: (68, 3) the face of the calmest frame with its lips closed, in the head frame.
        landmarks: (T, 68, 3) in the head frame, lids as in the calmest frame.
        pose: (T, 6) rotation (rad) and translation (eye distances) of the head, away from the calmest frame.
    """

    speaker: str
    name: str
    speech: npt.NDArray[np.float16]
    rest: FloatArray
    landmarks: FloatArray
    pose: FloatArray

    def __len__(self) -> int:
        return len(self.landmarks)


def read_filmed_speech(
    recordings: Iterable[Recording], features: str, store: Store, *, versions: int = 1
) -> Iterator[FilmedSpeech]:
    """Recordings whose sound and picture are in step once their offset is taken off.

    Args:
        recordings: of a split.
        features: names of those of the sound.
        store: keeps tracks and features.
        versions: of the sound.
    """
    for take in read_takes([recording for recording in recordings if recording.can_be_mended], store):
        speech = _speech_rows(take, features, store, versions)
        motion = motion_of_track(take.track, best_frame(take.track))
        pose = np.concatenate([motion.rotation, motion.translation], axis=1)
        count = min(speech.shape[1] // STRIDE, round(len(take.track) / take.track.fps * FPS))
        landmarks, pose = (resample_rows(rows, take.track.fps, FPS, count) for rows in (motion.landmarks, pose))
        yield FilmedSpeech(
            take.recording.speaker,
            take.recording.name,
            speech[:, : STRIDE * count],
            closed_mouth(motion.rest),
            landmarks,
            pose,
        )


def prepare_recording(recording: Recording, store: Store, learned: bool) -> None:
    """Keep what the trainings of size "small" read of a recording."""
    expression, _ = MOTION_CONFIGS["small"]
    list(read_filmed_speech([recording], expression.features, store, versions=VERSIONS if learned else 1))


def _speech_rows(take: Take, features: str, store: Store, versions: int) -> npt.NDArray[np.float16]:
    def make() -> npt.NDArray[np.float16]:
        speech = take.speech(mended=True)
        activity = voice_activity(speech.samples, FPS)
        versions_of_sound = noisy_versions(speech, versions, seed=take.recording.name)
        rows = (speech_features(sound, features, gain=loudness_gain(sound.samples)) for sound in versions_of_sound)
        quiet = [zero_in_silence(row, activity, FPS, stride=STRIDE) for row in rows]
        return np.stack(quiet).astype(np.float16)

    networks = [recogniser_digest()] if "phones" in parts_of(features) else []
    networks += [encoder_digest()] if "encoder" in parts_of(features) else []
    key = key_of(take.digest, take.recording.offset, features, versions, *networks, code_digest(*_CODE))
    return store.array("speech", key, make)
