"""How much the mouth moves while nobody speaks."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from talkinghead.face.landmarks import LIPS
from talkinghead.metrics.shapes import check_landmarks
from talkinghead.types import BoolArray, FloatArray


def motion_in_silence(landmarks: FloatArray, silent: BoolArray) -> float:
    """Root mean square of the lips' movement in silence, in the unit of the landmarks; NaN where nobody is ever silent.

    For each stretch of silence, how far each of the 20 lip points is from its own mean over that stretch: a mouth that
    waits half open does not count, one that flutters does. A stretch of a single frame tells nothing and is left out.

    Args:
        landmarks: (T, 68, 2 or 3); x and y count. Without the head's motion, which would count as well: in the head
            frame, or, to read the result in px, that times the ``scale`` of the track.
        silent: (T,) bool, the frames in which nobody speaks.

    Raises:
        ValueError: the landmarks are not (T, 68, 2 or 3), or ``silent`` is of another length.
    """
    check_landmarks(landmarks)
    if silent.shape != landmarks.shape[:1]:
        raise ValueError(f"need one bool for each of {len(landmarks)} frames, got {silent.shape}")
    lips = landmarks[:, LIPS, :2]
    stretches = [lips[rows] for rows in _stretches(silent) if len(rows) > 1]
    if not stretches:
        return float("nan")
    moves = np.concatenate([stretch - stretch.mean(axis=0) for stretch in stretches])
    return float(np.sqrt(np.square(moves).sum(axis=-1).mean()))


def _stretches(silent: BoolArray) -> list[list[int]]:
    """The rows of each unbroken run of True."""
    return [list(rows) for value, rows in groupby(range(len(silent)), key=lambda row: bool(silent[row])) if value]
