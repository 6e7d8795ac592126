"""A video as evidence: the track of its face, and its speech; its pictures stay in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError
from talkinghead.media import VideoReader, read_speech, sniff
from talkinghead.store import Store
from talkinghead.tracking.raw import read_raw_track
from talkinghead.tracking.track import make_track
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Progress, Speech, no_progress


@dataclass(frozen=True)
class Evidence:
    """What is known of a video file.

    Attributes:
        reader: gives the frames.
        track: the face in each of them, smoothed as ``track_faces`` does.
        speech: of the video, or None.
        silent_because: one sentence on why there is no speech; "" where there is.
    """

    reader: VideoReader
    track: FaceTrack
    speech: Speech | None
    silent_because: str

    def __len__(self) -> int:
        return len(self.track)

    @property
    def path(self) -> Path:
        """The file."""
        return self.reader.path

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.track.fps

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.reader.size


def read_evidence(path: Path, *, cache: Path | None = None, progress: Progress = no_progress) -> Evidence:
    """Track and hear a video.

    Args:
        path: the video.
        cache: folder that keeps what the tracker saw, or None.
        progress: hook (stage, done, total); the stage is "track", counted in frames.

    Raises:
        InputError: the file cannot be read, is a picture, or shows no face in any frame.
    """
    if sniff(path) == "image":
        raise InputError(f"{path} is a picture: give a video.")
    reader = VideoReader(path)
    landmarks, found = mesh_of(reader, cache=cache, progress=progress)
    if not found.any():
        raise InputError(f"no face was found in any frame of {path}: give a video in which one is clearly visible.")
    track = make_track(landmarks, found, reader.fps)
    track = replace(track, landmarks=track.landmarks.astype(np.float32))  # half the memory of a long video
    try:
        speech, silent_because = read_speech(path), ""
    except InputError as error:
        speech, silent_because = None, str(error)
    return Evidence(reader, track, speech, silent_because)


def mesh_of(
    reader: VideoReader, *, cache: Path | None = None, progress: Progress = no_progress
) -> tuple[FloatArray, BoolArray]:
    """What the tracker sees in each frame of a video, from the cache where it is there.

    Args:
        reader: the video.
        cache: folder, made where it is missing; None: none.
        progress: hook (stage, done, total); the stage is "track", counted in frames.

    Returns:
        landmarks (T, 478, 3) px float32 with NaN rows where no face was found, found (T,) bool.
    """
    raw = read_raw_track(reader, Store(cache), progress=progress)
    return raw.landmarks, raw.found
