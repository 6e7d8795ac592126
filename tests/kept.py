"""Stores that know already what the tracker would see."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from talkinghead.store import Store, file_digest
from talkinghead.tracking import raw
from talkinghead.types import FloatArray


def keep_track(video: Path, landmarks: FloatArray, folder: Path, *, fps: float = 25.0) -> None:
    """Put the track of a video into the store in a folder; where there is no video, there is a file in its place.

    Args:
        video: the file.
        landmarks: (T, 478, 3) px, NaN where no face is seen.
        folder: of the store.
        fps: frames per second.
    """
    if not video.exists():
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(f"stands for {video.name}".encode())
    store, digest = Store(folder), file_digest(video)
    for number, first in enumerate(range(0, len(landmarks) + 1, raw._BLOCK)):
        rows = landmarks[first : first + raw._BLOCK].astype(np.float32)
        block = {
            "landmarks": rows,
            "sketches": np.full((len(rows), 9, 16, 3), 128, np.uint8),
            "faces": np.full((len(rows), 12, 12, 3), 128, np.uint8),
            "cuts": np.zeros(len(rows), bool),
            "fps": np.array(fps),
            "last": np.array(first + raw._BLOCK > len(landmarks)),
        }
        store.keep("tracks", raw._key(digest, None, number), block)
