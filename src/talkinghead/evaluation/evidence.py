"""A video as evidence: where its face is in every frame, and what is heard; its pictures stay in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

import talkinghead.tracking
from talkinghead.errors import InputError
from talkinghead.media import VideoReader, read_speech, sniff
from talkinghead.media.files import write_beside
from talkinghead.tracking.track import make_track, read_mesh
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames, Progress, Speech, no_progress

_PIECE = 2**20  # bytes read at a time


@dataclass(frozen=True)
class Evidence:
    """What is known of a video file.

    Attributes:
        reader: gives the frames.
        track: the face in each of them, smoothed as ``track_faces`` does.
        speech: what is heard, or None.
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

    The cache knows a video by its content and the tracker by its sources, so that neither a file of the same name nor
    an older tracker is ever taken for it.

    Args:
        reader: the video.
        cache: folder, made where it is missing; None: none.
        progress: hook (stage, done, total); the stage is "track", counted in frames.

    Returns:
        landmarks (T, 478, 3) px float32 with NaN rows where no face was found, found (T,) bool.
    """
    file = None if cache is None else cache / f"{_digest(reader.path)}.npy"
    if file is not None and file.exists():
        landmarks = np.load(file)
    else:
        landmarks = _track_video(reader, progress)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Another process may be at the same video: whoever is last has written the same.
            with write_beside(file, overwrite=True) as part:
                np.save(part, landmarks)
    return landmarks, np.isfinite(landmarks[:, 0, 0])


def _track_video(reader: VideoReader, progress: Progress) -> FloatArray:
    def count() -> Iterator[Frames]:
        done = 0
        for chunk in reader.chunks():
            yield chunk
            done += len(chunk)
            progress("track", done, max(done, reader.num_frames))

    return read_mesh(count())[0].astype(np.float32)


def _digest(path: Path) -> str:
    content = hashlib.sha256(_tracker())
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            content.update(piece)
    return content.hexdigest()


@lru_cache(maxsize=1)
def _tracker() -> bytes:
    """What tells one tracker from another: its sources and its networks."""
    files = sorted(Path(talkinghead.tracking.__path__[0]).glob("*.py"))
    sources = b"".join(file.read_bytes() for file in files)
    return sources + version("mediapipe").encode()
