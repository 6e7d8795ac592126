"""Training data: features and motion of recordings of people talking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.features import load_codes, speech_features
from talkinghead.motion.rest import zero_in_silence
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import motion_of_track
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.alignment.align import align
from talkinghead.speech.arpabet import BILABIALS, LABIODENTALS
from talkinghead.speech.encoder import encoder_digest
from talkinghead.speech.phones import recogniser_digest
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.speech.student import student_digest
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.tracking.portrait import best_frame
from talkinghead.training.augmentation.sound import sound_versions
from talkinghead.types import FloatArray, Interval
from talkinghead.weights import Weights

VERSIONS = 5
"""Versions of a recording's features in training: recognised, aligned with its words, and three augmented ones."""

_AHEAD_S = 0.025


@dataclass(frozen=True)
class Performance:
    """Features and motion of somebody who talks.

    Attributes:
        speaker: who speaks.
        name: of the recording.
        features: (V, S, F) at the network's rate, in V versions; the first is that of the unchanged recording.
        contacts: (S,) lip contacts that the sound requires (``losses.contact_loss``); 0 where the words are unknown.
        embedding: (256,) of the voice.
        fps: of the following fields.
        rest: (68, 3) the face of the calmest frame with its lips closed, in the head frame.
        landmarks: (T, 68, 3) in the head frame.
        rotation: (T, 3) rad, away from the calmest frame.
        translation: (T, 3) in eye distances, away from it.
    """

    speaker: str
    name: str
    features: FloatArray
    contacts: npt.NDArray[np.int64]
    embedding: FloatArray
    fps: float
    rest: FloatArray
    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray

    def __len__(self) -> int:
        return len(self.landmarks)

    def at_rate(self, rate: float) -> Performance:
        """The same with a row for each speech frame for which there is a picture.

        Source: Zhou et al. 2020, section 4.4: the landmarks, not the pictures, are interpolated to the rate of the
            speech frames.
        """
        count = min(int((len(self) - 1) / self.fps * rate) + 1, self.features.shape[1])
        landmarks, rotation, translation = (
            resample_rows(part, self.fps, rate, count).astype(np.float32)
            for part in (self.landmarks, self.rotation, self.translation)
        )
        return replace(
            self,
            features=self.features[:, :count],
            contacts=self.contacts[:count],
            fps=rate,
            landmarks=landmarks,
            rotation=rotation,
            translation=translation,
        )


def pose_landmarks(landmarks: FloatArray, rotation: FloatArray, translation: FloatArray) -> FloatArray:
    """Landmarks (..., T, 68, 3) of the head frame in the frame of the face at rest, for poses (..., T, 3)."""
    turn = matrix_from_rotation(rotation)
    return np.asarray(landmarks @ np.swapaxes(turn, -1, -2) + translation[..., None, :])


def read_performances(
    recordings: Iterable[Recording],
    config: ContentConfig,
    store: Store,
    *,
    versions: int = 1,
    codes: Path | None = None,
) -> Iterator[Performance]:
    """The performances of recordings; those that rarely show a face are left out and named.

    Args:
        recordings: of a split.
        config: names the features.
        store: keeps tracks and features.
        versions: number of versions.
        codes: weights of the voice conversion, if its codes are the features.
    """
    for take in read_takes(recordings, store):
        given = (take, config, versions, codes)
        sound = store.arrays("speech", _key(*given), partial(_compute_sound, *given))
        motion = motion_of_track(take.track, best_frame(take.track))
        yield Performance(
            take.recording.speaker,
            take.recording.name,
            sound["features"],
            sound["contacts"],
            store.array("voices", take.digest, partial(_embed, take)),
            take.track.fps,
            closed_mouth(motion.rest),
            motion.landmarks,
            motion.rotation,
            motion.translation,
        )


def _key(take: Take, config: ContentConfig, versions: int, codes: Path | None) -> str:
    code = code_digest(
        __name__,
        "talkinghead.methods.makeittalk.features",
        "talkinghead.speech.phonetic",
        "talkinghead.training.augmentation.sound",
    )
    networks = [file_digest(codes)]
    if config.causal:
        networks += [student_digest()]
    else:
        networks += [recogniser_digest()] if "phones" in config.features else []
        networks += [encoder_digest()] if "encoder" in config.features else []
    digest = key_of(take.digest, take.recording.offset, *networks)
    return key_of(digest, config.features, config.num_features, config.rate, versions, code)


def _compute_sound(
    take: Take, config: ContentConfig, versions: int, codes: Path | None
) -> dict[str, npt.NDArray[np.generic]]:
    """Features and contacts."""
    speech, recording = take.speech(mended=True), take.recording
    transcript = recording.transcript()
    known = speech if transcript is None else align(speech, transcript)
    sounds = list(sound_versions(speech, max(1, versions - 1), seed=recording.name))
    if versions > 1:
        sounds.insert(1, known)
    features = None if codes is None else load_codes(Weights((codes.parent,)))
    rows = np.stack([speech_features(sound, config, features=features) for sound in sounds]).astype(np.float32)
    if "encoder" in config.features:  # its features of silence are noisy, and the shell of generators sets them to zero
        activity = voice_activity(speech.samples, config.rate)
        rows = np.stack([zero_in_silence(row, activity, config.rate) for row in rows]).astype(np.float32)
    return {"features": rows, "contacts": lip_contacts(known.phones or (), rows.shape[1], config.rate)}


def _embed(take: Take) -> FloatArray:
    return speaker_embedding(take.speech().samples, name=str(take.recording.video))


def lip_contacts(phones: tuple[Interval, ...], count: int, rate: float) -> npt.NDArray[np.int64]:
    """(count,) the lip contact that each frame's phone requires, as in ``losses.contact_loss``.

    The first and the last quarter of a phone count as transitions. Lips meet a little before the sound: by 0.025 s, the
    median of GRID s1 train.
    """
    contacts = np.zeros(count, np.int64)
    for phone in phones:
        kind = 1 if phone.label in BILABIALS else 2 if phone.label in LABIODENTALS else 0
        if kind:
            start, end = (max(0.0, time - (_AHEAD_S if kind == 1 else 0.0)) for time in (phone.start, phone.end))
            margin = 0.25 * (end - start)
            first, last = np.ceil((start + margin) * rate), np.floor((end - margin) * rate)
            middle = round((start + end) / 2 * rate)
            contacts[min(int(first), middle) : max(int(last), middle) + 1] = kind
    return contacts
