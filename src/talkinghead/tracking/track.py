"""What the tracker sees -> FaceTrack: smoothed without lag, gaps bridged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import scipy

from talkinghead.errors import InputError
from talkinghead.face.eyes import EYE_POINTS, blink_of_openings, opening_of_eyes
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import camera_from_head, fit_pose, head_from_camera
from talkinghead.media.spool import forget_pages, spool_rows
from talkinghead.tracking.follow import choose_face as choose_face
from talkinghead.tracking.follow import read_mesh as read_mesh
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames

_MAX_GAP = 0.5  # s: longer gaps are bridged as well, but stay marked as not found
_EXPRESSION_WINDOW = 0.2  # s: keeps lip closures, which last about 0.1 s, and takes the tracker's jitter
_POSE_WINDOW = 0.36  # s: heads are slower than lips
_PIECE, _MARGIN = 1000, 100  # rows that are smoothed at a time, and what is looked at before and behind them


class _Bridge:
    """Rows without a face interpolated between their neighbours; at the ends the nearest row holds."""

    def __init__(self, landmarks: FloatArray, found: BoolArray) -> None:
        self._landmarks, self._known = landmarks, np.flatnonzero(found)

    def __call__(self, start: int, stop: int) -> FloatArray:
        """(n, 478, 3) some of the rows."""
        known, times = self._known, np.arange(start, stop)
        if len(known) == 1:
            return np.repeat(self._landmarks[known], stop - start, axis=0)
        right = np.searchsorted(known, times).clip(1, len(known) - 1)
        left_row, right_row = known[right - 1], known[right]
        share = ((times - left_row) / (right_row - left_row)).clip(0, 1)[:, None, None]
        return np.asarray(self._landmarks[left_row] * (1 - share) + self._landmarks[right_row] * share)


def _savgol(rows: FloatArray, fps: float, seconds: float) -> FloatArray:
    window = 2 * round(seconds * fps / 2) + 1
    if window < 5 or len(rows) < window:
        return rows
    return np.asarray(scipy.signal.savgol_filter(rows, window, 2, axis=0, mode="interp"))


def make_track(landmarks: FloatArray, found: BoolArray, fps: float, *, smooth: bool = True) -> FaceTrack:
    """A FaceTrack from raw landmarks.

    Pose and shape are smoothed apart by zero-phase local parabolas (Savitzky and Golay 1964), so that nothing lags and
    a blink or a closure of the lips keeps its depth. Memory does not grow with the length, save for the result.

    Args:
        landmarks: (T, 478, 3) px; rows that are not found may be NaN. The track's are of the same type.
        found: (T,) bool, at least one True.
        fps: frames per second.
        smooth: False keeps the tracker's jitter.

    Raises:
        ValueError: no row is found.
    """
    if not found.any():
        raise ValueError("a track needs at least one frame with a face")
    count, bridge = len(landmarks), _Bridge(landmarks, found)
    pieces = [(start, min(start + _PIECE, count)) for start in range(0, count, _PIECE)]
    fitted = []
    for piece in pieces:
        fitted.append(fit_pose(bridge(*piece)))
        forget_pages(landmarks)
    pose = tuple(np.concatenate(parts) for parts in zip(*fitted, strict=True))
    smoothed = _smooth_pose(pose, fps) if smooth else pose
    openings = np.empty((count, 2))

    def smooth_pieces() -> Iterator[FloatArray]:
        for start, stop in pieces:
            first, last = max(0, start - _MARGIN), min(count, stop + _MARGIN)
            piece = bridge(first, last)
            if smooth:
                shape = head_from_camera(piece, *(part[first:last] for part in pose))
                shape = _savgol(shape, fps, _EXPRESSION_WINDOW)
                piece = camera_from_head(shape, *(part[first:last] for part in smoothed))
            piece = piece[start - first : stop - first]
            openings[start:stop] = opening_of_eyes(
                head_from_camera(piece[:, EYE_POINTS], *(part[start:stop] for part in smoothed))
            )
            forget_pages(landmarks)
            yield piece

    # In a temporary file, if they are many.
    single = landmarks.dtype == np.float32
    rows = spool_rows(smooth_pieces(), landmarks.shape[1:]) if single else np.concatenate(list(smooth_pieces()))
    rotation, translation, scale = smoothed
    filled = _fill_gaps(found, fps)
    return FaceTrack(rows, rotation, translation, scale, blink_of_openings(openings), filled, fps)


def place_landmarks(track: FaceTrack, translation: FloatArray, scale: FloatArray) -> Iterator[FloatArray]:
    """The iBUG-68 landmarks of a track in the head frame of its poses, (n, 68, 3) at a time, for it may be long.

    Args:
        track: T rows.
        translation: (T, 3) px, as ``face.pose.poses_between_eyes`` gives them.
        scale: (T,) px per unit.
    """
    for rows in (slice(start, start + _PIECE) for start in range(0, len(track), _PIECE)):
        landmarks = np.asarray(track.landmarks[rows][:, MESH_OF_68], np.float64)
        yield head_from_camera(landmarks, track.rotation[rows], translation[rows], scale[rows])
        forget_pages(track.landmarks)


def _smooth_pose(pose: tuple[FloatArray, ...], fps: float) -> tuple[FloatArray, ...]:
    rotation, translation, scale = pose
    parts = (np.unwrap(rotation, axis=0), translation, scale)
    return tuple(_savgol(part, fps, _POSE_WINDOW) for part in parts)


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
