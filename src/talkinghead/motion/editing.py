"""Edits of a Motion, each of which returns a new one.

A motion's landmarks are the truth, its expression weights a reading of them. So an edit that changes the landmarks
drops the weights, one that changes lids or gaze updates the weights of the eyes, and all others keep the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spool_rows
from talkinghead.motion.eye_weights import set_eye_weights
from talkinghead.motion.idle import blink_around
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import resample_pieces, resample_rows, smooth
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion

_PIECE = 4096  # rows
_MOUTH = np.r_[JAW, LIPS]
_UPPER_FACE = np.setdiff1d(np.arange(NUM_LANDMARKS), _MOUTH)


def edit_landmarks(motion: Motion, edit: Callable[[FloatArray, slice], FloatArray]) -> Motion:
    """The same motion with other landmarks, made piece by piece, so that an hour of them is never held in memory.

    Expression weights are dropped, because they are a reading of the old landmarks.

    Args:
        motion: what to change.
        edit: gets a float64 copy of (n, 68, 3) landmarks and their rows, and returns the new ones.
    """

    def pieces() -> Iterator[FloatArray]:
        for start in range(0, len(motion), _PIECE):
            rows = slice(start, min(start + _PIECE, len(motion)))
            yield edit(np.array(motion.landmarks[rows], np.float64), rows)

    return replace(motion, landmarks=spool_rows(pieces(), (NUM_LANDMARKS, 3)), expression=None)


def scale_lips(motion: Motion, amount: float) -> Motion:
    """The same motion with ``amount`` times the movement of lips and jaw away from the closed mouth.

    At 0 the mouth is closed; lips never cross.

    Raises:
        ValueError: the amount is not finite or below 0.
    """
    _check_amount(amount, "lip")
    base = closed_mouth(motion.rest)

    def scale(landmarks: FloatArray, rows: slice) -> FloatArray:
        landmarks[:, _MOUTH] = base[_MOUTH] + amount * (landmarks[:, _MOUTH] - base[_MOUTH])
        return in_order(landmarks, motion.rest)

    return motion if amount == 1 else edit_landmarks(motion, scale)


def scale_expression(motion: Motion, amount: float) -> Motion:
    """The same motion with ``amount`` times the movement of brows, nose and eyes away from the portrait's.

    Blinks stay as they are, because they are stored separately.

    Raises:
        ValueError: the amount is not finite or below 0.
    """
    _check_amount(amount, "expression")

    def scale(landmarks: FloatArray, rows: slice) -> FloatArray:
        rest = motion.rest[_UPPER_FACE]
        landmarks[:, _UPPER_FACE] = rest + amount * (landmarks[:, _UPPER_FACE] - rest)
        return landmarks

    return motion if amount == 1 else edit_landmarks(motion, scale)


def scale_head(motion: Motion, amount: float) -> Motion:
    """The same motion with ``amount`` times the head's movement: 0 holds the head as in the portrait.

    Raises:
        ValueError: the amount is not finite.
    """
    if not np.isfinite(amount):
        raise ValueError(f"the amount of head motion must be a finite number, got {amount}")
    scale = None if motion.scale is None else np.exp(np.log(motion.scale) * amount)
    return replace(motion, rotation=motion.rotation * amount, translation=motion.translation * amount, scale=scale)


def rotate_head(motion: Motion, *, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> Motion:
    """The same motion with constant angles (rad) added to the head's rotation.

    Source: Zhou et al. 2020, section 5.8, "interactively editing the pose of our synthesized talking heads by
        applying a rotation to the intermediate landmarks".
    """
    offset = np.array([pitch, yaw, roll], motion.rotation.dtype)
    return replace(motion, rotation=motion.rotation + offset)


def move_head(motion: Motion, *, x: float = 0.0, y: float = 0.0) -> Motion:
    """The same motion with the head moved to the right and down by constant distances, in eye distances."""
    offset = np.array([x, y, 0.0], motion.translation.dtype)
    return replace(motion, translation=motion.translation + offset)


def freeze_head(motion: Motion, frame: int) -> Motion:
    """The same motion with the head held in its pose at a frame; ``scale_head(motion, 0)`` holds the portrait's pose.

    Raises:
        ValueError: there is no such frame.
    """
    if not 0 <= frame < len(motion):
        raise ValueError(f"frame is {frame} of {len(motion)}")
    rows = np.full(len(motion), frame)
    scale = None if motion.scale is None else motion.scale[rows]
    return replace(motion, rotation=motion.rotation[rows], translation=motion.translation[rows], scale=scale)


def smooth_head(motion: Motion, seconds: float) -> Motion:
    """The same motion with a calmer head: a nod that comes and goes within ``seconds`` is halved, faster ones vanish.

    Raises:
        ValueError: the time is not positive.
    """
    if not 0 < seconds < np.inf:
        raise ValueError(f"seconds must be a positive number, got {seconds}")
    calm = partial(smooth, fps=motion.fps, cutoff_hz=1 / seconds)
    scale = None if motion.scale is None else calm(motion.scale)
    return replace(motion, rotation=calm(motion.rotation), translation=calm(motion.translation), scale=scale)


def add_blink(motion: Motion, time: float) -> Motion:
    """The same motion with one more blink, shut at ``time`` (s) and shaped like those of ``motion.idle``."""
    lids = blink_around(time, len(motion), motion.fps)
    return with_blink(motion, np.maximum(motion.blink, lids.astype(motion.blink.dtype)))


def delay_face(motion: Motion, seconds: float) -> Motion:
    """The same motion with landmarks and expression, which follow the sound, delayed by ``seconds``.

    Head, blinks and gaze stay. The first row is held at the beginning or, if ``seconds`` is negative, the last at the
    end.

    Raises:
        ValueError: the motion is empty or the time is not finite.
    """
    if len(motion) == 0 or not np.isfinite(seconds):
        raise ValueError(f"need a frame at least and a finite delay, got {len(motion)} and {seconds}")
    position = np.clip(np.arange(len(motion)) - seconds * motion.fps, 0, len(motion) - 1)

    def interpolate(array: FloatArray, rows: slice) -> FloatArray:
        before = np.floor(position[rows] + 1e-9).astype(int)
        after = np.minimum(before + 1, len(array) - 1)
        share = (position[rows] - before).clip(0.0, 1.0).reshape(-1, *[1] * (array.ndim - 1))
        return np.asarray(array[before] * (1 - share) + array[after] * share, array.dtype)

    delayed = edit_landmarks(motion, lambda _, rows: interpolate(motion.landmarks, rows))
    if motion.expression is None:
        return delayed
    weights = interpolate(motion.expression, slice(0, len(motion)))
    return replace(delayed, expression=set_eye_weights(weights, motion.blink, motion.gaze))


def with_blink(motion: Motion, blink: FloatArray) -> Motion:
    """The same motion with other eyelids: ``blink`` (T,) in [0, 1].

    Raises:
        ValueError: the lengths differ or a value lies outside [0, 1].
    """
    if not np.all((blink >= 0.0) & (blink <= 1.0)):
        raise ValueError("blink must lie in [0, 1]")
    return _with_eyes(motion, blink, motion.gaze)


def with_gaze(motion: Motion, gaze: FloatArray | None) -> Motion:
    """The same motion looking elsewhere: ``gaze`` (T, 2) rad, yaw and pitch, or None to look as in the portrait.

    Raises:
        ValueError: the lengths differ.
    """
    if gaze is None and motion.gaze is not None and motion.expression is not None:
        looking = set_eye_weights(motion.expression, motion.blink, np.zeros_like(motion.gaze))
        return replace(motion, gaze=None, expression=looking)
    return _with_eyes(motion, motion.blink, gaze)


def _with_eyes(motion: Motion, blink: FloatArray, gaze: FloatArray | None) -> Motion:
    moved = replace(motion, blink=blink, gaze=gaze)
    if motion.expression is None:
        return moved
    return replace(moved, expression=set_eye_weights(motion.expression, blink, gaze))


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

    pieces = resample_pieces(motion.landmarks, motion.fps, fps, num_frames)
    blink, gaze = rows(motion.blink), None if motion.gaze is None else rows(motion.gaze)
    return Motion(
        fps,
        spool_rows(pieces, motion.landmarks.shape[1:]),
        rows(motion.rotation),
        rows(motion.translation),
        blink,
        motion.rest,
        None if motion.expression is None else set_eye_weights(rows(motion.expression), blink, gaze),
        gaze,
        None if motion.scale is None else rows(motion.scale),
    )


def retarget(motion: Motion, landmarks: FloatArray) -> Motion:
    """The same motion for another face: the landmarks' displacement from closed lips is added to that face.

    Expression weights stay, because they are relative to closed lips as well.

    Args:
        motion: made for the face ``motion.rest``.
        landmarks: (68, 3) of the other face as in its portrait, in its head frame.

    Returns:
        The motion with ``landmarks`` as its rest; the motion itself if the face is the same.
    """
    if np.allclose(motion.rest, landmarks, atol=1e-6):
        return motion
    change = closed_mouth(landmarks) - closed_mouth(motion.rest)
    pieces = (motion.landmarks[start : start + _PIECE] + change for start in range(0, len(motion), _PIECE))
    return replace(motion, landmarks=spool_rows(pieces, change.shape), rest=np.asarray(landmarks))


def _check_amount(amount: float, what: str) -> None:
    if not 0 <= amount < np.inf:
        raise ValueError(f"the amount of {what} motion must be a finite number from 0 up, got {amount}")
