"""Changes to a Motion: each makes a new one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spooled_rows
from talkinghead.motion.smoothing import resample_rows, resampled_pieces
from talkinghead.types import FloatArray, Motion

_PIECE = 4096  # rows


def scale_head(motion: Motion, amount: float) -> Motion:
    """The same motion with ``amount`` times the head's movement: 0 holds the head as in the portrait.

    Raises:
        ValueError: the amount is not finite.
    """
    if not np.isfinite(amount):
        raise ValueError(f"the amount of head motion must be a finite number, got {amount}")
    return replace(motion, rotation=motion.rotation * amount, translation=motion.translation * amount)


def with_blink(motion: Motion, blink: FloatArray) -> Motion:
    """The same motion with other eyelids: ``blink`` (T,) in [0, 1].

    Raises:
        ValueError: the lengths differ or a value lies outside [0, 1].
    """
    if not np.all((blink >= 0.0) & (blink <= 1.0)):
        raise ValueError("blink must lie in [0, 1]")
    return replace(motion, blink=blink)


def retime(motion: Motion, fps: float, num_frames: int) -> Motion:
    """The same motion in time at another frame rate and length: linear between frames, the last one held.

    Args:
        motion: at least one frame.
        fps: frames per second.
        num_frames: at least 1.

    Raises:
        ValueError: the motion is empty or ``num_frames`` is below 1.
    """
    if num_frames < 1:
        raise ValueError(f"num_frames must be at least 1, got {num_frames}")
    if fps == motion.fps and num_frames == len(motion):
        return motion

    def rows(array: FloatArray) -> FloatArray:
        return resample_rows(array, motion.fps, fps, num_frames)

    pieces = resampled_pieces(motion.landmarks, motion.fps, fps, num_frames)
    return Motion(
        fps,
        spooled_rows(pieces, motion.landmarks.shape[1:]),
        rows(motion.rotation),
        rows(motion.translation),
        rows(motion.blink),
        motion.rest,
        None if motion.expression is None else rows(motion.expression),
    )


def retarget(motion: Motion, landmarks: FloatArray) -> Motion:
    """The same motion for another face: what the landmarks do from closed lips on is added to that face's closed lips.

    Args:
        motion: made for the face ``motion.rest``.
        landmarks: (68, 3) of the other face as pictured, in its head frame.

    Returns:
        The motion with ``landmarks`` as its rest; the motion itself where the face is the same.
    """
    if np.allclose(motion.rest, landmarks, atol=1e-6):
        return motion
    change = closed_mouth(landmarks) - closed_mouth(motion.rest)
    pieces = (motion.landmarks[start : start + _PIECE] + change for start in range(0, len(motion), _PIECE))
    return replace(motion, landmarks=spooled_rows(pieces, change.shape), rest=np.asarray(landmarks))
