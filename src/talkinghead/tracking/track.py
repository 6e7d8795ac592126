"""What the tracker sees -> FaceTrack: smoothed without lag, gaps bridged."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy.signal import savgol_filter

from talkinghead.errors import InputError
from talkinghead.face.eyes import blink_of
from talkinghead.face.pose import camera_from_head, fit_pose, head_from_camera, head_mesh
from talkinghead.tracking.follow import choose_face as choose_face
from talkinghead.tracking.follow import read_mesh as read_mesh
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames

_MAX_GAP = 0.5  # s: longer gaps are bridged as well, but stay marked as not found
_EXPRESSION_WINDOW = 0.2  # s: keeps lip closures, which last about 0.1 s, and takes the tracker's jitter
_POSE_WINDOW = 0.36  # s: heads are slower than lips


def _bridge(landmarks: FloatArray, found: BoolArray) -> FloatArray:
    """Rows without a face interpolated between their neighbours; at the ends the nearest row holds."""
    known = np.flatnonzero(found)
    times = np.arange(len(landmarks))
    right = np.searchsorted(known, times).clip(1, max(1, len(known) - 1)) if len(known) > 1 else None
    if right is None:
        return np.repeat(landmarks[known], len(landmarks), axis=0)
    left_row, right_row = known[right - 1], known[right]
    share = ((times - left_row) / (right_row - left_row)).clip(0, 1)[:, None, None]
    return np.asarray(landmarks[left_row] * (1 - share) + landmarks[right_row] * share)


def _savgol(rows: FloatArray, fps: float, seconds: float) -> FloatArray:
    window = 2 * round(seconds * fps / 2) + 1
    if window < 5 or len(rows) < window:
        return rows
    return np.asarray(savgol_filter(rows, window, 2, axis=0, mode="interp"))


def make_track(landmarks: FloatArray, found: BoolArray, fps: float, *, smooth: bool = True) -> FaceTrack:
    """A FaceTrack from raw landmarks.

    Pose and shape are smoothed apart by zero-phase local parabolas (Savitzky and Golay 1964), so that nothing lags and
    a blink or a closure of the lips keeps its depth.

    Args:
        landmarks: (T, 478, 3) px; rows that are not found may be NaN.
        found: (T,) bool, at least one True.
        fps: frames per second.
        smooth: False keeps the tracker's jitter.

    Raises:
        ValueError: no row is found.
    """
    if not found.any():
        raise ValueError("a track needs at least one frame with a face")
    rows = _bridge(landmarks, found)
    rotation, translation, scale = fit_pose(rows)
    shape = head_from_camera(rows, rotation, translation, scale)
    if smooth:
        rotation = _savgol(np.unwrap(rotation, axis=0), fps, _POSE_WINDOW)
        translation = _savgol(translation, fps, _POSE_WINDOW)
        scale = _savgol(scale, fps, _POSE_WINDOW)
        shape = _savgol(shape, fps, _EXPRESSION_WINDOW)
        rows = camera_from_head(shape, rotation, translation, scale)
    track = FaceTrack(rows, rotation, translation, scale, np.zeros(len(rows)), _fill_gaps(found, fps), fps)
    return FaceTrack(rows, rotation, translation, scale, blink_of(head_mesh(track)), track.found, fps)


def _fill_gaps(found: BoolArray, fps: float) -> BoolArray:
    """``found`` with inner gaps of at most half a second closed: those rows are interpolated and as good as seen."""
    filled = found.copy()
    known = np.flatnonzero(found)
    for start, end in pairwise(known):
        if end - start - 1 <= _MAX_GAP * fps:
            filled[start:end] = True
    return filled


def track_faces(chunks: Iterable[Frames], *, face: int | None = None, smooth: bool = True) -> FaceTrack:
    """Follow one face through a video.

    Args:
        chunks: the frames, in order; read once, not kept.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        smooth: see ``make_track``.

    Raises:
        InputError: no frame shows a face.
    """
    landmarks, found, fps = read_mesh(chunks, face=face)
    if not found.any():
        raise InputError("no face was found in any frame: give a video in which one is clearly visible.")
    return make_track(landmarks, found, fps, smooth=smooth)
