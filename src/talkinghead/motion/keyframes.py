"""Keyframes and corrections at single moments, and how they spread over the neighbouring frames.

Between two keyframes a value moves smoothly from one to the other; before the first it fades in, and after the last it
fades out, within the ease. So an edit affects its neighbourhood only, and neither value nor speed jumps.

Source: Zhou et al. 2020, section 6, name as an open challenge "how an animator could edit landmarks in certain frames
    and propagate those edits to the rest of the video"; the solution is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.gaze import LOOKS
from talkinghead.motion.controls import CONTROLS, check_control, shape_field
from talkinghead.motion.editing import edit_landmarks, with_blink, with_gaze
from talkinghead.motion.eye_weights import BLINK_NAMES
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import smoothstep
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion

EASE_S = 0.3
_ANGLES, _PLACES, _GAZE = ("pitch", "yaw", "roll"), ("x", "y"), ("gaze-yaw", "gaze-pitch")


@dataclass(frozen=True)
class Keyframe:
    """Values of controls at a moment.

    Attributes:
        time: seconds; the nearest frame counts.
        values: control -> value.
    """

    time: float
    values: Mapping[str, float]

    def __post_init__(self) -> None:
        """Raises ``InputError`` for an unknown control or a value out of range."""
        for name, value in self.values.items():
            check_control(name, value)


@dataclass(frozen=True)
class Correction:
    """Places of landmarks at a moment.

    Attributes:
        time: seconds; the nearest frame counts.
        points: landmark, 0 to 67 -> (x, y) or (x, y, z) in the head frame.
    """

    time: float
    points: Mapping[int, Sequence[float]]

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for numbers or places that no landmark can have."""
        for number, place in self.points.items():
            if not (0 <= number < NUM_LANDMARKS and len(place) in (2, 3) and np.isfinite(place).all()):
                raise ValueError(f"landmark {number} cannot be at {place}")


def frame_at(time: float, motion: Motion) -> int:
    """The frame nearest to a time in seconds.

    Raises:
        InputError: the time lies outside of the motion.
    """
    duration = len(motion) / motion.fps
    if not 0 <= time <= duration:
        raise InputError(f"{time:g} s lies outside of the motion: choose a time from 0 to {duration:.4g} s.")
    return min(round(time * motion.fps), len(motion) - 1)


def keyframe_weights(frames: Collection[int], num_frames: int, *, ease: float) -> FloatArray:
    """The weight of each keyframe at each frame.

    Args:
        frames: K different frames in order.
        num_frames: T.
        ease: frames over which the first keyframe fades in and the last fades out; above 0.

    Returns:
        (T, K) in [0, 1], continuous in value and slope: 1 at the keyframe's own frame, 0 at the others and beyond them;
        between two keyframes their sum is 1.

    Raises:
        ValueError: the frames are not in order, or the ease is not positive.
    """
    given = np.array(sorted(set(frames)), np.float64)
    if len(given) == 0 or list(given) != list(frames) or not ease > 0:
        raise ValueError(f"need different frames in order and a positive ease, got {list(frames)} and {ease}")
    knots = np.concatenate([[given[0] - ease], given, [given[-1] + ease]])
    rows = np.arange(num_frames)[:, None]
    rise = smoothstep((rows - knots[:-2]) / (knots[1:-1] - knots[:-2]))
    fall = smoothstep((knots[2:] - rows) / (knots[2:] - knots[1:-1]))
    return np.minimum(rise, fall)


def apply_keyframes(motion: Motion, keyframes: Sequence[Keyframe], *, ease: float = EASE_S) -> Motion:
    """The same motion with controls added around some moments.

    Both eyes blink and look together: the name of one eye moves both, and if both are named, the greater value counts.

    Args:
        motion: what to change.
        keyframes: in any order; each control is interpolated between the keyframes that name it.
        ease: seconds before the first and after the last keyframe of a control.

    Raises:
        InputError: a time lies outside of the motion, or a control has two values at one frame.
        ValueError: the ease is not positive.
    """
    curves = _curves(motion, keyframes, ease * motion.fps)
    rotation, translation = motion.rotation.copy(), motion.translation.copy()
    for axis, name in enumerate(_ANGLES):
        if name in curves:
            rotation[:, axis] += np.radians(curves[name])
    for axis, name in enumerate(_PLACES):
        if name in curves:
            translation[:, axis] += curves[name]
    shaped = _with_eyes(_with_shapes(motion, curves), curves)
    return replace(shaped, rotation=rotation, translation=translation)


def correct_frames(motion: Motion, corrections: Sequence[Correction], *, ease: float = EASE_S) -> Motion:
    """The same motion with landmarks moved to given places at some moments, and blended around them.

    The displacement of a landmark at a corrected frame spreads over time as keyframes do, each landmark by itself. Lips
    that would cross meet instead.

    Args:
        motion: what to change.
        corrections: in any order.
        ease: seconds before the first and after the last correction of a landmark.

    Raises:
        InputError: a time lies outside of the motion, or a landmark has two places at one frame.
        ValueError: the ease is not positive.
    """
    wanted: dict[int, dict[int, Sequence[float]]] = {}
    for correction in corrections:
        frame = frame_at(correction.time, motion)
        for number, place in correction.points.items():
            if frame in wanted.setdefault(number, {}):
                raise InputError(
                    f"landmark {number} is corrected twice at {correction.time:g} s: leave out one of them."
                )
            wanted[number][frame] = place
    # Landmarks corrected at the same frames share their weights, which are long for an hour of motion.
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, places in wanted.items():
        groups.setdefault(tuple(sorted(places)), []).append(number)
    moves = [
        (
            numbers,
            keyframe_weights(frames, len(motion), ease=ease * motion.fps),
            _changes(motion, wanted, numbers, frames),
        )
        for frames, numbers in groups.items()
    ]

    def move(landmarks: FloatArray, rows: slice) -> FloatArray:
        touched = np.zeros(len(landmarks), bool)
        for numbers, weights, changes in moves:
            landmarks[:, numbers] += np.einsum("tk,kpx->tpx", weights[rows], changes)
            touched |= (weights[rows] > 0).any(axis=1)
        landmarks[touched] = in_order(landmarks[touched], motion.rest)
        return landmarks

    return edit_landmarks(motion, move) if moves else motion


def _changes(
    motion: Motion, wanted: Mapping[int, Mapping[int, Sequence[float]]], numbers: list[int], frames: tuple[int, ...]
) -> FloatArray:
    """(K, P, 3) displacements of P landmarks to their wanted places at K frames; a depth that is not given stays."""
    changes = np.zeros((len(frames), len(numbers), 3))
    for row, frame in enumerate(frames):
        for column, number in enumerate(numbers):
            place = wanted[number][frame]
            changes[row, column, : len(place)] = place - motion.landmarks[frame, number, : len(place)]
    return changes


def _curves(motion: Motion, keyframes: Sequence[Keyframe], ease: float) -> dict[str, FloatArray]:
    """Control -> (T,) its values at all frames; ``ease`` in frames."""
    values: dict[str, dict[int, float]] = {}
    for keyframe in keyframes:
        frame = frame_at(keyframe.time, motion)
        for name, value in keyframe.values.items():
            if frame in values.setdefault(name, {}):
                raise InputError(f"{name} has two values at {keyframe.time:g} s: leave out one of them.")
            values[name][frame] = value
    curves = {}
    for name, found in values.items():
        frames = sorted(found)
        weights = keyframe_weights(frames, len(motion), ease=ease)
        curves[name] = weights @ np.array([found[frame] for frame in frames])
    return curves


def _with_eyes(motion: Motion, curves: Mapping[str, FloatArray]) -> Motion:
    lids = [curves[name] for name in ("blink", *BLINK_NAMES) if name in curves]
    if lids:
        motion = with_blink(motion, np.maximum(motion.blink, np.max(lids, axis=0).astype(motion.blink.dtype)))
    turns = []
    for axis, name in enumerate(_GAZE):
        if name in curves:
            turns.append(np.radians(curves[name])[:, None] * np.eye(2)[axis])
    for names, full in LOOKS.items():
        shares = [curves[name] for name in names if name in curves]
        if shares:
            turns.append(np.max(shares, axis=0)[:, None] * np.array(full))
    if not turns:
        return motion
    looked = np.zeros((len(motion), 2)) if motion.gaze is None else motion.gaze
    return with_gaze(motion, (looked + np.sum(turns, axis=0)).astype(looked.dtype))


def _with_shapes(motion: Motion, curves: Mapping[str, FloatArray]) -> Motion:
    names = [name for name in curves if CONTROLS[name].field is not None]
    if not names:
        return motion
    amounts = np.stack([curves[name] for name in names], axis=-1)
    fields = np.stack([shape_field(name) for name in names])

    def shape(landmarks: FloatArray, rows: slice) -> FloatArray:
        touched = (amounts[rows] != 0).any(axis=1)
        change = np.einsum("tc,cpx->tpx", amounts[rows][touched], fields)
        landmarks[touched] = in_order(landmarks[touched] + change, motion.rest)
        return landmarks

    return edit_landmarks(motion, shape)
