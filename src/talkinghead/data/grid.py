"""The GRID corpus on disk -> tracked clips.

Source: Cooke, Barker, Cunningham and Shao 2006.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.media import VideoReader, read_speech
from talkinghead.speech.alignments import words_of_align
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


def read_align(path: Path) -> tuple[Interval, ...]:
    """Words of a ``.align`` file with the silences between them ("sil", "sp"), times in seconds.

    Raises:
        InputError: the file is missing or holds anything but lines of start, end and word.
    """
    try:
        return words_of_align(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable alignment ({error}); copy the corpus again.") from None


def grid_clips(root: Path, split: str) -> tuple[Clip, ...]:
    """The clips of a split ("train", "val", "test") of a folder with ``video``, ``align`` and ``splits.json``.

    Raises:
        InputError: the folder is not such a corpus, has no such split, or lacks an alignment.
    """
    table = root / "splits.json"
    if not table.exists():
        raise InputError(
            f"{root}: not the GRID corpus (no splits.json); name the folder that holds video, align and splits.json."
        )
    splits = json.loads(table.read_text(encoding="utf-8"))
    if split not in splits:
        raise InputError(f"{root}: there is no split {split!r}; choose one of {', '.join(splits)}.")
    codes = (Path(code).stem for code in splits[split])
    return tuple(Clip(c, root / "video" / f"{c}.mp4", read_align(root / "align" / f"{c}.align")) for c in codes)


def tracked(clip: Clip, cache: Path) -> tuple[FloatArray, BoolArray, float]:
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
        landmarks, found, fps = tracked(clip, cache)
        if found.mean() < _LEAST_FOUND:
            announce(f"{clip.video}: only {found.mean():.0%} of the frames show a face; the clip is left out.")
            continue
        yield clip, make_track(landmarks, found, fps, smooth=smooth)
