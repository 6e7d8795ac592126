"""Recordings of people talking, as the speaker-aware branch learns from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from talkinghead.data.grid import Clip, grid_clips, tracks
from talkinghead.data.manifest import manifest_rows
from talkinghead.errors import InputError, announce
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.face.rest import closed_mouth
from talkinghead.media import VideoReader, read_speech
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.hearing import speech_features
from talkinghead.methods.makeittalk.train_content import read_sentences
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import motion_of_track
from talkinghead.speech.features import SAMPLE_RATE, speech_at_16_khz
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.track import make_track, read_mesh
from talkinghead.types import FaceTrack, FloatArray, Speech

KNOWN = "GRID-s1"
"""The speaker whose lips and jaw are learned from; figures on the others' are to be those of strangers."""

_VERSIONS = 5
_LEAST_FOUND = 0.9
_LONG_S = 8.0  # a clip of which a third can be held back
_HELD_BACK = 1 / 3


@dataclass(frozen=True)
class Performance:
    """What is heard and seen of somebody who talks.

    Attributes:
        speaker: who.
        name: of the recording.
        features: (V, T, F) what is heard, in V versions.
        embedding: (256,) of the voice.
        rest: (68, 3) the face of the calmest frame with its lips closed, in the head frame.
        landmarks: (T, 68, 3) in the head frame.
        rotation: (T, 3) rad, away from the calmest frame.
        translation: (T, 3) in eye distances, away from it.
    """

    speaker: str
    name: str
    features: FloatArray
    embedding: FloatArray
    rest: FloatArray
    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray

    def __len__(self) -> int:
        return len(self.landmarks)


def pose_landmarks(landmarks: FloatArray, rotation: FloatArray, translation: FloatArray) -> FloatArray:
    """Landmarks (..., T, 68, 3) of the head frame in the frame of the face at rest, for poses (..., T, 3)."""
    turn = matrix_from_rotation(rotation)
    return np.asarray(landmarks @ np.swapaxes(turn, -1, -2) + translation[..., None, :])


def performances(corpus: Path, split: str, cache: Path, config: ContentConfig) -> Iterator[Performance]:
    """The performances of a split: GRID s1, and every other open recording with a face and a voice.

    Of another speaker's clips "val" has the last third of each of 8 s or more, and every third one of a speaker with
    more than five; of GRID s1 it has the clips that the corpus holds back.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        split: "train" or "val".
        cache: folder for what was tracked and heard.
        config: what is heard. Of GRID s1 train phones are heard in several versions, as the content branch hears them.

    Raises:
        InputError: there is no such split.
    """
    if split not in ("train", "val"):
        raise InputError(f"there is no split {split!r}; choose train or val.")
    for clip, track in tracks(grid_clips(corpus / "grid_s1", split), cache):
        voice = _load_or_make(cache / f"{clip.code}.voice.npy", partial(_voice, clip.video))
        yield _performance(KNOWN, clip.code, _of_sentence(clip, split, cache, config), voice, track, config.rate)
    for row, path in open_clips(corpus / "clips", split):
        yield from _of_clip(row["speaker"], path, split, cache, config)


def _of_sentence(clip: Clip, split: str, cache: Path, config: ContentConfig) -> FloatArray:
    """(V, T, F) what is heard of a clip of GRID s1."""
    if config.features == "log-mel":
        return _load_or_make(
            cache / f"{clip.code}.{_features_name(config)}.npy", lambda: speech_features(clip.speech(), config)
        )[None]
    (sentence,) = read_sentences((clip,), cache, config, versions=1 if split == "val" else _VERSIONS)
    return sentence.features


def _features_name(config: ContentConfig) -> str:
    """What is heard, as files of it are named."""
    return f"{config.features}{config.num_features}" if config.features == "log-mel" else config.features


def _voice(path: Path) -> FloatArray:
    return speaker_embedding(read_speech(path).samples, name=str(path))


def open_clips(folder: Path, split: str) -> Iterator[tuple[Mapping[str, str], Path]]:
    """Rows of the manifest and files of the open clips that have to do with a split."""
    rows = [row for row in manifest_rows(folder) if row["tier"] == "open"]
    speakers = [row["speaker"] for row in rows]
    for number, row in enumerate(rows):
        if float(row["seconds"]) < _LONG_S:
            place = speakers[:number].count(row["speaker"])
            held_back = speakers.count(row["speaker"]) > 5 and place % 3 == 2
            if held_back != (split == "val"):
                continue
        yield row, folder / row["file"]


def part_of(count: int, fps: float, split: str) -> slice:
    """Which of a clip's frames belong to a split that has to do with it."""
    if count < _LONG_S * fps:
        return slice(0, count)
    middle = round(count * (1 - _HELD_BACK))
    return slice(0, middle) if split == "train" else slice(middle, count)


def _of_clip(speaker: str, path: Path, split: str, cache: Path, config: ContentConfig) -> Iterator[Performance]:
    reader = VideoReader(path)
    landmarks = _load_or_make(
        cache / f"{path.stem}.whole.npy", lambda: read_mesh(reader.chunks())[0].astype(np.float32)
    )
    found = np.isfinite(landmarks[:, 0, 0])
    if found.mean() < _LEAST_FOUND:
        announce(f"{path}: only {found.mean():.0%} of the frames show a face; the clip is left out.")
        return
    track = make_track(landmarks.astype(np.float64), found, reader.fps)
    speech = speech_at_16_khz(read_speech(path))
    rows = part_of(len(track), track.fps, split)
    samples = speech.samples[round(rows.start / track.fps * SAMPLE_RATE) : round(rows.stop / track.fps * SAMPLE_RATE)]
    speech = Speech(samples, SAMPLE_RATE)
    beside = f"{path.stem}.{split}"
    features = _load_or_make(cache / f"{beside}.{_features_name(config)}.npy", lambda: speech_features(speech, config))
    voice = _load_or_make(cache / f"{beside}.voice.npy", lambda: speaker_embedding(samples, name=str(path)))
    yield _performance(speaker, path.stem, features[None], voice, track[rows], config.rate)


def _performance(
    speaker: str, name: str, features: FloatArray, voice: FloatArray, track: FaceTrack, rate: float
) -> Performance:
    motion = motion_of_track(track, best_frame(track))
    count = min(int((len(track) - 1) / track.fps * rate) + 1, features.shape[1])
    # Section 4.4: the landmarks, not the pictures, are interpolated to the rate of the speech frames.
    rows = (resample_rows(part, track.fps, rate, count) for part in (motion.landmarks, motion.rotation))
    landmarks, rotation = (part.astype(np.float32) for part in rows)
    translation = resample_rows(motion.translation, track.fps, rate, count).astype(np.float32)
    rest = closed_mouth(motion.rest)
    return Performance(speaker, name, features[:, :count], voice, rest, landmarks, rotation, translation)


def _load_or_make(file: Path, make: Callable[[], FloatArray]) -> FloatArray:
    """What ``make`` gave when the file was first asked for."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new.npy")
        np.save(beside, make())
        os.replace(beside, file)
    return np.asarray(np.load(file))
