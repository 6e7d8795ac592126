"""Frames -> FaceTrack: one face followed through a video, smoothed without lag."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy.signal import savgol_filter

from talkinghead.errors import InputError
from talkinghead.face.eyes import blink_of
from talkinghead.face.pose import camera_from_head, fit_pose, head_from_camera, head_mesh
from talkinghead.tracking.find import box_of, crop_around, find_faces, through_affine
from talkinghead.tracking.mesh import FaceMesh
from talkinghead.types import NUM_MESH, BoolArray, FaceTrack, FloatArray, Frames, ImageArray

_MAX_GAP = 0.5  # s: longer gaps are bridged as well, but stay marked as not found
_SMALL_FACE = 0.3  # face over frame: below, the mesh is read on an enlarged crop
_RETRY_EVERY = 5  # frames between searches while the face is lost ...
_THOROUGH_EVERY = 25  # ... and between thorough ones, which are slow, while none has been seen yet
_EXPRESSION_WINDOW = 0.2  # s: keeps lip closures, which last about 0.1 s, and takes the tracker's jitter
_POSE_WINDOW = 0.36  # s: heads are slower than lips


def choose_face(faces: FloatArray, face: int | None) -> FloatArray:
    """One of several faces (F, 478, 3): the largest, or number ``face`` (1 is the leftmost).

    Raises:
        InputError: there is no face of that number.
    """
    if face is None:
        sizes = np.ptp(faces[..., 0], axis=1) * np.ptp(faces[..., 1], axis=1)
        return np.asarray(faces[sizes.argmax()])
    if not 1 <= face <= len(faces):
        raise InputError(
            f"--face {face}: the picture shows {len(faces)} face(s); choose 1 to {len(faces)}, from the left."
        )
    return np.asarray(faces[face - 1])


class _Follower:
    """The mesh of one face from frame to frame, on a crop where the face is small."""

    def __init__(self, face: int | None) -> None:
        self._face = face
        self._mesh: FaceMesh | None = None
        self._box: FloatArray | None = None  # the crop's box; None: the whole frame
        self._last: FloatArray | None = None
        self._lost = 0

    def __call__(self, image: ImageArray) -> FloatArray | None:
        if self._mesh is None and (self._lost % _RETRY_EVERY or not self._search(image)):
            self._lost += 1
            return None
        found = self._read(image)
        if found is None:
            self.close()
            self._lost = 1
            return None
        self._last, self._lost = found, 0
        self._recentre(found)
        return found

    def _search(self, image: ImageArray) -> bool:
        faces = find_faces(image, thorough=self._last is None and self._lost % _THOROUGH_EVERY == 0)
        if not len(faces):
            return False
        if self._last is None:
            chosen = choose_face(faces, self._face)
        else:
            centre = self._last.mean(axis=0)
            chosen = faces[np.argmin([np.linalg.norm(points.mean(axis=0) - centre) for points in faces])]
        small = np.ptp(chosen[:, 0]) < _SMALL_FACE * image.shape[1] or len(faces) > 1
        self._box = box_of(chosen) if small else None
        self._mesh = FaceMesh(video=True)
        return True

    def _read(self, image: ImageArray) -> FloatArray | None:
        assert self._mesh is not None
        if self._box is None:
            found = self._mesh(image)
            return found[0] if len(found) else None
        crop, image_from_crop = crop_around(image, self._box)
        found = self._mesh(crop)
        return through_affine(found[0], image_from_crop) if len(found) else None

    def _recentre(self, found: FloatArray) -> None:
        if self._box is None:
            return
        box = box_of(found)
        size = max(box[2:] - box[:2])
        drift = np.linalg.norm((box[:2] + box[2:] - self._box[:2] - self._box[2:]) / 2)
        growth = size / max(self._box[2:] - self._box[:2])
        if drift > 0.3 * size or not 0.7 < growth < 1.4:
            self._box = box

    def close(self) -> None:
        if self._mesh is not None:
            self._mesh.close()
            self._mesh = None


def read_mesh(chunks: Iterable[Frames], *, face: int | None = None) -> tuple[FloatArray, BoolArray, float]:
    """What the tracker sees, as it sees it.

    Args:
        chunks: the frames, in order.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.

    Returns:
        landmarks (T, 478, 3) px with NaN rows where no face was found, found (T,) bool, frames per second.
    """
    follow = _Follower(face)
    rows, fps = [], 0.0
    try:
        for chunk in chunks:
            fps = chunk.fps
            for image in chunk.images:
                row = follow(image)
                rows.append(np.full((NUM_MESH, 3), np.nan) if row is None else row)
    finally:
        follow.close()
    landmarks = np.stack(rows) if rows else np.zeros((0, NUM_MESH, 3))
    return landmarks, np.isfinite(landmarks[:, 0, 0]), fps


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
