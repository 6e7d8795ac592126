"""Recordings as FACIAL-GAN learns from them: speech frames, and the attributes of each video frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.methods.facial.config import AttributesConfig
from talkinghead.methods.facial.features import FPS, speech_features
from talkinghead.motion.expressions import expression_of
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import motion_of_track
from talkinghead.speech.encoder import encoder_digest
from talkinghead.speech.phones import recogniser_digest
from talkinghead.store import Store, code_digest, key_of
from talkinghead.tracking.portrait import best_frame
from talkinghead.training.feature_versions import CODE, compute_versions
from talkinghead.types import FaceTrack, FloatArray

_EYES = [index for index, name in enumerate(EXPRESSION_NAMES) if name.startswith(("eyeBlink", "eyeLook"))]


@dataclass(frozen=True)
class SpokenAttributes:
    """Somebody speaking.

    Attributes:
        name: of the recording.
        speaker: who speaks.
        speech: (V, T, F) speech frames at 30 per second in V versions; the first is not augmented.
        attributes: (T, 58) expression weights, rotation (rad) and translation (eye distances) about their mean, blink.
        rest: (68, 3) the face at rest, in the head frame.
        landmarks: (T, 68, 3) its landmarks.
    """

    name: str
    speaker: str
    speech: FloatArray
    attributes: FloatArray
    rest: FloatArray
    landmarks: FloatArray

    def __len__(self) -> int:
        return len(self.attributes)


def read_spoken_attributes(
    recordings: Iterable[Recording], config: AttributesConfig, store: Store, *, versions: int = 1
) -> Iterator[SpokenAttributes]:
    """The performances of recordings whose sound and picture are in step once their offset is taken off.

    Args:
        recordings: of a split.
        config: names the features.
        store: keeps tracks and features.
        versions: of the sound.
    """
    for take in read_takes([recording for recording in recordings if recording.can_be_mended], store):
        speech = _speech_versions(take, config, store, versions)
        attributes, landmarks, rest = attributes_of(take.track)
        count = min(speech.shape[1], len(attributes))
        yield SpokenAttributes(
            take.recording.name,
            take.recording.speaker,
            speech[:, :count],
            attributes[:count],
            rest,
            landmarks[:count],
        )


def attributes_of(track: FaceTrack) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Attributes (T, 58) of a tracked face at 30 frames per second, its landmarks (T, 68, 3), and its rest (68, 3).

    Blinks and gaze are no part of the expression: the blink has a number of its own.
    """
    motion = motion_of_track(track, best_frame(track))
    expression = expression_of(motion)
    expression[:, _EYES] = 0.0
    pose = np.concatenate([motion.rotation, motion.translation], axis=1)
    rows = np.concatenate([expression, pose - pose.mean(axis=0), motion.blink[:, None].clip(0.0, 1.0)], axis=1)
    count = round(len(track) / track.fps * FPS)
    landmarks = resample_rows(motion.landmarks, track.fps, FPS, count)
    return resample_rows(rows, track.fps, FPS, count), landmarks, motion.rest


def _speech_versions(take: Take, config: AttributesConfig, store: Store, versions: int) -> FloatArray:
    def make() -> FloatArray:
        return compute_versions(
            take.speech(mended=True),
            lambda sound, gain: speech_features(sound, config, gain=gain),
            fps=FPS,
            versions=versions,
            seed=take.recording.name,
        )

    code = code_digest("talkinghead.methods.facial.features", *CODE)
    networks = [recogniser_digest()] if "phones" in config.features else []
    networks += [encoder_digest()] if "encoder" in config.features else []
    digest = key_of(take.digest, take.recording.offset, *networks)
    return store.array("speech", key_of(digest, config.features, config.num_features, versions, code), make)
