"""The face model fitted to a track: who it is, what the face does in each frame, and where it looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from talkinghead.face.eyes import eye_opening
from talkinghead.face.fitting import FaceFitter
from talkinghead.face.gaze import EYE_POINTS, gaze_of_eyes, look_weights
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import fit_similarity, head_from_camera, matrix_from_rotation
from talkinghead.types import FaceTrack, FloatArray, IndexArray

_PIECE = 512  # rows
_SKIN = 468
_MOST_ROWS = 240  # that tell who it is: spread over the whole track
_FACING = 0.6  # rad that a head is turned away at most in these rows, where there are enough others
_FEWEST_ROWS = 10
_SHUT = 0.5  # of how open an eye mostly is: below, its iris is not seen


@lru_cache(maxsize=1)
def _fitter() -> FaceFitter:
    return FaceFitter(load_face_model())


def fit_face(track: FaceTrack, *, identity: FloatArray | None = None) -> tuple[FloatArray, FaceTrack]:
    """Who a track shows and what the face does: the identity weights and the track with expression and gaze.

    The identity is solved for once, on frames spread over the whole track; then each frame's expression, given the
    person. Both are solved in blocks: memory does not grow with the length of the track, save for the result.

    Args:
        track: at least one frame with a face.
        identity: (K,) the person's weights where they are known already, such as from another video.

    Returns:
        identity (K,) in standard deviations of the face model's modes, and the same track with ``expression`` (T, 51)
        in [0, 1] and ``gaze`` (T, 2). Rows that are not found are fitted as they stand.
    """
    gaze = _gaze_of_track(track)
    looks = look_weights(gaze)
    if identity is None:
        telling = _telling_rows(track)
        identity = _fitter().fit_identity(_meshes(track, telling), looks[telling])
    expression = np.empty_like(looks)
    for rows in _pieces(len(track)):
        expression[rows] = _fitter().fit_expressions(_meshes(track, rows), identity, looks[rows])
    return identity, replace(track, expression=expression, gaze=gaze)


def place_face(track: FaceTrack, identity: FloatArray) -> FloatArray:
    """(T, 478, 3) px: the model's face of a fitted track, laid onto the tracked one in each frame.

    Args:
        track: as ``fit_face`` returns it.
        identity: (K,) as ``fit_face`` returns it.

    Raises:
        ValueError: the track has no expression.
    """
    if track.expression is None:
        raise ValueError("the track has no expression: give one that fit_face has returned")
    placed = np.empty_like(track.landmarks, dtype=np.float64)
    for rows in _pieces(len(track)):
        faces = load_face_model().mesh(identity, track.expression[rows])
        for row, face in zip(range(*rows.indices(len(track))), faces):
            matrix, translation, scale = fit_similarity(face[:_SKIN], track.landmarks[row : row + 1, :_SKIN])
            placed[row] = scale[0] * face @ matrix[0].T + translation[0]
    return placed


def _pieces(count: int) -> Iterator[slice]:
    for start in range(0, count, _PIECE):
        yield slice(start, min(start + _PIECE, count))


def _meshes(track: FaceTrack, rows: slice | IndexArray) -> FloatArray:
    """(T, 468, 3) the skin of some rows in the head frame, up to a similarity."""
    pose = track.rotation[rows], track.translation[rows], track.scale[rows]
    return head_from_camera(track.landmarks[rows, :_SKIN], *pose)


def _telling_rows(track: FaceTrack) -> IndexArray:
    """Rows from which the identity is read: found, not turned far away, evenly spread."""
    turn = np.linalg.norm(track.rotation[:, :2], axis=-1)
    for good in (track.found & (turn < _FACING), track.found, np.ones(len(track), bool)):
        rows = np.flatnonzero(good)
        if len(rows) >= min(_FEWEST_ROWS, len(track)):
            break
    return np.asarray(rows[np.linspace(0, len(rows) - 1, min(_MOST_ROWS, len(rows))).round().astype(int)])


def _gaze_of_track(track: FaceTrack) -> FloatArray:
    """(T, 2) rad: where the eyes look; while they are shut or not seen, between where they looked and will look."""
    rows = np.flatnonzero(track.found) if track.found.any() else np.arange(len(track))
    pose = track.rotation[rows], track.translation[rows], track.scale[rows]
    eyes = head_from_camera(track.landmarks[np.ix_(rows, EYE_POINTS)], *pose)
    # The axis z of the camera, in the head frame of each row.
    gaze = gaze_of_eyes(eyes, matrix_from_rotation(track.rotation[rows])[:, 2])
    opening = eye_opening(track.landmarks)[rows].mean(axis=-1)
    seen = opening > _SHUT * np.percentile(opening, 75)
    if not seen.any():
        return np.zeros((len(track), 2))
    times = np.arange(len(track))
    return np.stack([np.interp(times, rows[seen], gaze[seen, axis]) for axis in (0, 1)], axis=-1)
