"""The GRID corpus on disk -> tracked clips.

Source: Cooke, Barker, Cunningham and Shao 2006.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.errors import InputError, announce
from talkinghead.media import VideoReader, read_speech
from talkinghead.tracking.track import make_track, read_mesh
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Interval, Speech

_LEAST_FOUND = 0.9  # a clip with fewer frames with a face is damaged


@dataclass(frozen=True)
class Clip:
    """One sentence: its code, its video file, its words."""

    code: str
    video: Path
    words: tuple[Interval, ...]

    def speech(self) -> Speech:
        """Its sound, mono at 16 kHz."""
        return read_speech(self.video)


def grid_clips(root: Path, split: str) -> tuple[Clip, ...]:
    """The clips of a split ("train", "val", "test") of a folder with ``video``, ``align`` and ``splits.json``.

    Raises:
        InputError: the folder is not such a corpus, has no such split, or lacks an alignment.
    """
    if not (root / "splits.json").exists():
        raise InputError(
            f"{root}: not the GRID corpus (no splits.json); name the folder that holds video, align and splits.json."
        )
    recordings = Corpus.open(root).recordings(split)
    return tuple(Clip(recording.name, recording.video, recording.words()) for recording in recordings)


def track_clip(clip: Clip, cache: Path) -> tuple[FloatArray, BoolArray, float]:
    """What the tracker sees in a clip: landmarks (T, 478, 3) px, found (T,), frames per second; kept in ``cache``."""
    file = cache / f"{clip.code}.npy"
    fps = 25.0
    if not file.exists():
        landmarks, _, fps = read_mesh(VideoReader(clip.video).chunks())
        cache.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new.npy")
        np.save(beside, landmarks.astype(np.float32))
        os.replace(beside, file)
    landmarks = np.load(file).astype(np.float64)
    return landmarks, np.isfinite(landmarks[:, 0, 0]), fps


def tracks(clips: tuple[Clip, ...], cache: Path, *, smooth: bool = True) -> Iterator[tuple[Clip, FaceTrack]]:
    """Clips with their tracks; those in which more than a tenth of the frames shows no face are left out, and named."""
    for clip in clips:
        landmarks, found, fps = track_clip(clip, cache)
        if found.mean() < _LEAST_FOUND:
            announce(f"{clip.video}: only {found.mean():.0%} of the frames show a face; the clip is left out.")
            continue
        yield clip, make_track(landmarks, found, fps, smooth=smooth)
