"""Training data: choice of recordings, and their features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.face_pairs import FacePictures
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.methods.attentional_landmarks.config import AttentionalConfig, LandmarksConfig
from talkinghead.methods.attentional_landmarks.features import FPS, RATE, STRIDE, speech_features
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE
from talkinghead.speech.encoder import encoder_digest
from talkinghead.speech.phones import recogniser_digest
from talkinghead.store import Store, code_digest, key_of
from talkinghead.training.feature_versions import CODE, compute_versions
from talkinghead.types import FloatArray


def choose_recordings(corpus: Corpus, split: str, config: AttentionalConfig) -> tuple[Recording, ...]:
    """The recordings of a split with the people of a configuration."""
    only_main = config.people == "s1" and corpus.folder is not None
    return corpus.recordings(split, speakers=(MAIN_SPEAKER,) if only_main else None)


def speech_versions(take: Take, config: LandmarksConfig, store: Store, *, versions: int = 1) -> FloatArray:
    """(V, S, F) speech frames of a recording in step: unchanged, and augmented to other voices and rooms."""

    def make() -> FloatArray:
        return compute_versions(
            take.speech(mended=True),
            lambda sound, gain: speech_features(sound, config, gain=gain),
            fps=FPS,
            stride=STRIDE,
            versions=versions,
            seed=take.recording.name,
        )

    code = code_digest("talkinghead.methods.attentional_landmarks.features", *CODE)
    digest = key_of(take.digest, take.recording.offset)
    network = [recogniser_digest()] if "phones" in config.features else []
    network += [encoder_digest()] if "encoder" in config.features else []
    return store.array("speech", key_of(digest, config.features, config.num_features, versions, *network, code), make)


def speech_around(
    pictures: FacePictures, recordings: Sequence[Recording], config: LandmarksConfig, store: Store
) -> FloatArray:
    """(N, BEFORE + 1 + AFTER, F) float32 speech frames around each picture of a pack; zeros where it has no sound.

    Args:
        pictures: the pack.
        recordings: those from which it was made.
        config: names the features.
        store: keeps the features.
    """
    found = np.zeros((len(pictures), BEFORE + 1 + AFTER, config.num_features), np.float32)
    for number, take in enumerate(read_takes(recordings, store, smooth=False)):
        if take.recording.silent:
            continue
        rows = pictures.of_clip(number)
        frames = np.pad(speech_versions(take, config, store)[0], ((BEFORE, AFTER + 1), (0, 0)))
        starts = np.minimum((pictures.times[rows] * RATE).round().astype(int), len(frames) - 1 - BEFORE - AFTER)
        found[rows] = frames[starts[:, None] + np.arange(BEFORE + 1 + AFTER)]
    return found
