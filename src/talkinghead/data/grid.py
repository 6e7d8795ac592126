"""The GRID corpus on disk -> tracked clips.

Source: Cooke, Barker, Cunningham and Shao 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talkinghead.data.corpus import Corpus, Recording
from talkinghead.data.tracks import raw_track_of, read_takes
from talkinghead.errors import InputError
from talkinghead.media import read_speech
from talkinghead.store import Store
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Interval, Speech


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
    raw = raw_track_of(clip.video, Store(cache))
    return raw.landmarks.astype(np.float64), raw.found, raw.fps


def tracks(clips: tuple[Clip, ...], cache: Path, *, smooth: bool = True) -> Iterator[tuple[Clip, FaceTrack]]:
    """Clips with their tracks; those in which more than a tenth of the frames shows no face are left out, and named."""
    for clip in clips:
        recording = Recording(clip.code, "", clip.video, "")
        for take in read_takes((recording,), Store(cache), smooth=smooth):
            yield clip, take.track
