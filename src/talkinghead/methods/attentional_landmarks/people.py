"""Whom the networks learn from."""

from __future__ import annotations

import os
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from talkinghead.data.corpus import OUT_OF_STEP, Recording
from talkinghead.data.face_pairs import face_recordings
from talkinghead.media import VideoReader, read_speech
from talkinghead.methods.attentional_landmarks.config import LandmarksConfig
from talkinghead.methods.attentional_landmarks.hearing import FPS, STRIDE, speech_features
from talkinghead.motion.rest import zero_in_silence
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import loudness_gain, speech_at_16_khz
from talkinghead.training.augmentation.sound import augment_sound
from talkinghead.types import FloatArray

S1 = "GRID-s1"


def recordings_of(corpus: Path, group: str, whom: str) -> tuple[Recording, ...]:
    """The recordings of a group of ``data.face_pairs`` of those whom a configuration learns from.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        group: "train", "known" or "strangers".
        whom: "s1", or "all".

    Raises:
        ValueError: there is no such group, or it is not known who is meant.
        InputError: the folder is not the shared corpus.
    """
    if whom not in ("s1", "all"):
        raise ValueError(f"there are no people {whom!r}: choose s1 or all")
    return tuple(one for one in face_recordings(corpus, group) if whom == "all" or one.speaker == S1)


def in_step(name: str) -> bool:
    """Whether the lips of a recording of that name go with its sound."""
    return name not in OUT_OF_STEP


def fps_of(recording: Recording) -> float:
    """Frames per second of a recording, which the cached tracks do not tell."""
    return 25.0 if recording.dataset == "GRID" else VideoReader(recording.video).fps


def speech_versions(recording: Recording, cache: Path, config: LandmarksConfig, *, versions: int = 1) -> FloatArray:
    """(V, S, F) what is heard of a recording: as it is, and as other voices and rooms have it; kept in ``cache``."""
    file = cache / f"{recording.name}.{config.features}{config.num_features}x{versions}.npy"
    if not file.exists():
        speech = speech_at_16_khz(read_speech(recording.video))
        rng = np.random.default_rng(zlib.crc32(recording.name.encode()))
        activity = voice_activity(speech.samples, FPS)
        others = (augment_sound(speech.samples, np.zeros(1), rng, tempo=False)[0] for _ in range(versions - 1))
        sounds = [speech, *(replace(speech, samples=samples) for samples in others)]
        rows = [speech_features(sound, config, gain=loudness_gain(sound.samples)) for sound in sounds]
        quiet = [zero_in_silence(row, activity, FPS, stride=STRIDE) for row in rows]
        beside = file.with_suffix(".new.npy")
        np.save(beside, np.stack(quiet).astype(np.float32))
        os.replace(beside, file)
    return np.asarray(np.load(file))
