"""How much the mouth moves while nobody speaks."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from talkinghead.face.landmarks import LIPS
from talkinghead.metrics.shapes import check_landmarks
from talkinghead.types import BoolArray, FloatArray


def motion_in_silence(landmarks: FloatArray, silent: BoolArray) -> float:
    """Root mean square of the lips' movement in silence, in the unit of the landmarks; NaN if there is no silence.

    In each stretch of silence it is the distance of each of the 20 lip points from its own mean over that stretch: a
        mouth that rests half open does not count, a fluttering one does. Stretches of a single frame are left out.

    Args:
        landmarks: (T, 68, 2 or 3) without the head's motion, which would count as well; x and y count. Give them in the
            head frame, or multiplied by the track's ``scale`` for a result in px.
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
