"""All edits of a motion at once, in a fixed order, whatever the order in which they were requested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from talkinghead.errors import InputError
from talkinghead.motion.editing import (
    add_blink,
    delay_face,
    freeze_head,
    move_head,
    rotate_head,
    scale_expression,
    scale_head,
    scale_lips,
    smooth_head,
    with_blink,
)
from talkinghead.motion.keyframes import EASE_S, Correction, Keyframe, apply_keyframes, correct_frames, frame_at
from talkinghead.types import Motion


@dataclass(frozen=True)
class Edits:
    """What to change, in the order of application; times are seconds of the motion before editing.

    Attributes:
        scale_lips: factor of the movement of lips and jaw, at least 0.
        scale_head: factor of the head's movement.
        scale_expression: factor of the movement above the mouth, at least 0.
        rotate: pitch, yaw, roll (rad) added to the head's.
        move: right, down in eye distances, added to the head's place.
        freeze_head: the time whose head pose is held throughout.
        freeze_blink: whether blinks are left out.
        blinks: times at which the eyes are shut for an additional blink.
        smooth_head: seconds; faster movements of the head are smoothed.
        delay: seconds by which the face is delayed.
        keyframes: controls at some moments.
        corrections: landmarks at some moments, applied after keyframes.
        ease: seconds over which the first keyframe fades in and the last fades out.
        cut: start and end of the part to keep; None: those of the motion.
    """

    scale_lips: float = 1.0
    scale_head: float = 1.0
    scale_expression: float = 1.0
    rotate: tuple[float, float, float] = (0.0, 0.0, 0.0)
    move: tuple[float, float] = (0.0, 0.0)
    freeze_head: float | None = None
    freeze_blink: bool = False
    blinks: tuple[float, ...] = ()
    smooth_head: float | None = None
    delay: float = 0.0
    keyframes: tuple[Keyframe, ...] = ()
    corrections: tuple[Correction, ...] = ()
    ease: float = EASE_S
    cut: tuple[float | None, float | None] = (None, None)


def apply_edits(motion: Motion, edits: Edits) -> Motion:
    """The motion with all edits applied in the order of the fields of ``Edits``.

    Raises:
        InputError: a time lies outside the motion, or a control or landmark has two values at one frame.
        ValueError: an amount is out of range.
    """
    steps: list[tuple[bool, Callable[[Motion], Motion]]] = [
        (edits.scale_lips != 1, lambda m: scale_lips(m, edits.scale_lips)),
        (edits.scale_head != 1, lambda m: scale_head(m, edits.scale_head)),
        (edits.scale_expression != 1, lambda m: scale_expression(m, edits.scale_expression)),
        (any(edits.rotate), lambda m: rotate_head(m, **dict(zip(("pitch", "yaw", "roll"), edits.rotate)))),
        (any(edits.move), lambda m: move_head(m, x=edits.move[0], y=edits.move[1])),
        (edits.freeze_head is not None, lambda m: freeze_head(m, frame_at(edits.freeze_head or 0.0, m))),
        (edits.freeze_blink, lambda m: with_blink(m, np.zeros_like(m.blink))),
        (bool(edits.blinks), lambda m: _with_blinks(m, edits.blinks)),
        (edits.smooth_head is not None, lambda m: smooth_head(m, edits.smooth_head or 0.0)),
        (edits.delay != 0, lambda m: delay_face(m, edits.delay)),
        (bool(edits.keyframes), lambda m: apply_keyframes(m, edits.keyframes, ease=edits.ease)),
        (bool(edits.corrections), lambda m: correct_frames(m, edits.corrections, ease=edits.ease)),
        (edits.cut != (None, None), lambda m: m[rows_between(m, edits.cut)]),
    ]
    for asked, step in steps:
        if asked:
            motion = step(motion)
    return motion


def rows_between(motion: Motion, cut: tuple[float | None, float | None]) -> slice:
    """The rows of a motion from a start up to, but not including, an end in seconds; None: those of the motion.

    Raises:
        InputError: a time lies outside the motion, or no frame is left.
    """
    start, end = cut
    if start is not None:
        frame_at(start, motion)
    if end is not None:
        frame_at(end, motion)
    first = 0 if start is None else round(start * motion.fps)
    last = len(motion) if end is None else round(end * motion.fps)
    if last <= first:
        duration = len(motion) / motion.fps
        raise InputError(
            f"between {start or 0.0:g} s and {duration if end is None else end:g} s there is no frame: "
            f"choose a start before the end, from 0 to {duration:.4g} s."
        )
    return slice(first, last)


def _with_blinks(motion: Motion, times: tuple[float, ...]) -> Motion:
    for time in times:
        frame_at(time, motion)
        motion = add_blink(motion, time)
    return motion
