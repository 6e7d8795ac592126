"""The rigid pose of a head and the head frame.

Axes of camera and head frame alike: x to the right of the picture, y down, z away from the camera. A rotation is
(pitch, yaw, roll) in radians and means ``R = Rz(roll) @ Ry(yaw) @ Rx(pitch)``: positive pitch lowers the chin towards
the chest, positive yaw turns the nose to the left of the picture, positive roll tilts the head clockwise in the
picture.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import (
    LEFT_OUTER_EYE_CORNER,
    MESH_OF_68,
    RIGHT_OUTER_EYE_CORNER,
    STABLE,
    canonical_face,
)
from talkinghead.types import BoolArray, FaceTrack, FloatArray
from talkinghead.types import matrix_from_rotation as matrix_from_rotation

OUTER_EYE_CORNERS = MESH_OF_68[[LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER]]
"""Mesh points of the outer corners of the left eye and the right one."""


def rotation_from_matrix(matrix: FloatArray) -> FloatArray:
    """Pitch, yaw and roll (..., 3) in radians of rotation matrices (..., 3, 3); yaw lies in [-pi/2, pi/2]."""
    pitch = np.arctan2(matrix[..., 2, 1], matrix[..., 2, 2])
    yaw = np.arcsin(np.clip(-matrix[..., 2, 0], -1.0, 1.0))
    roll = np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])
    return np.stack([pitch, yaw, roll], axis=-1)


def fit_similarity(source: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The similarity that maps ``source`` onto each ``target`` with least squares.

    Args:
        source: (N, 3).
        target: (T, N, 3).

    Returns:
        matrix (T, 3, 3), translation (T, 3), scale (T,) with ``target ~ scale * source @ matrix.T + translation``.

    Source: Umeyama 1991, equations 40-43.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=1)
    source_centred, target_centred = source - source_mean, target - target_mean[:, None]
    covariance = np.einsum("tni,nj->tij", target_centred, source_centred)
    left, singular, right = np.linalg.svd(covariance)
    sign = np.ones_like(singular)
    sign[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    matrix = left * sign[:, None, :] @ right
    scale = (singular * sign).sum(axis=1) / np.square(source_centred).sum()
    translation = target_mean - scale[:, None] * (matrix @ source_mean)
    return matrix, translation, scale


def fit_pose(landmarks: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rigid pose of the head from mesh landmarks, by the points that neither speech nor blinks move.

    Args:
        landmarks: (T, 478, 3) px.

    Returns:
        rotation (T, 3) rad, translation (T, 3) px (the middle between the outer eye corners), scale (T,) px per unit of
        the head frame.
    """
    shape, _ = canonical_face()
    # Chosen first, for tracks are long and lie in files.
    matrix, translation, scale = fit_similarity(shape[STABLE], np.asarray(landmarks[:, STABLE], np.float64))
    return rotation_from_matrix(matrix), translation, scale


def head_from_camera(
    points: FloatArray, rotation: FloatArray, translation: FloatArray, scale: FloatArray
) -> FloatArray:
    """Points (T, N, 3) px in the camera frame -> (T, N, 3) in the head frame of the given poses."""
    matrix = matrix_from_rotation(rotation)
    return np.asarray((points - translation[:, None]) @ matrix / scale[:, None, None])


def camera_from_head(
    points: FloatArray, rotation: FloatArray, translation: FloatArray, scale: FloatArray
) -> FloatArray:
    """Points (T, N, 3) or (N, 3) in the head frame -> (T, N, 3) px in the camera frame."""
    matrix = matrix_from_rotation(rotation)
    return np.asarray(scale[:, None, None] * (points @ np.swapaxes(matrix, -1, -2)) + translation[:, None])


def head_mesh(track: FaceTrack) -> FloatArray:
    """(T, 478, 3) the mesh in the head frame: the shape of this face and what it does, without its pose.

    One similarity for the whole track brings the median of the outer eye corners to 1 apart and the origin between
    them.
    """
    mesh = head_from_camera(track.landmarks, track.rotation, track.translation, track.scale)
    return place_between_eyes(mesh, mesh[:, OUTER_EYE_CORNERS], track.found)


def place_between_eyes(points: FloatArray, corners: FloatArray, found: BoolArray) -> FloatArray:
    """Points (T, N, 3) in the head frame of a track, brought to the head frame of its face.

    Args:
        points: as ``head_from_camera`` gives them.
        corners: (T, 2, 3) the outer eye corners among them.
        found: (T,) which rows show a face.
    """
    middle = np.median(corners[found] if found.any() else corners, axis=0)
    return np.asarray((points - middle.mean(axis=0)) / np.linalg.norm(middle[1] - middle[0]))


def poses_between_eyes(track: FaceTrack) -> tuple[FloatArray, FloatArray]:
    """The poses of a track with the origin and the unit of ``head_mesh``.

    Returns:
        translation (T, 3) px and scale (T,) px per unit, with which ``head_from_camera`` gives ``head_mesh``.
    """
    corners = head_from_camera(
        np.asarray(track.landmarks[:, OUTER_EYE_CORNERS], np.float64), track.rotation, track.translation, track.scale
    )
    left, right = np.median(corners[track.found] if track.found.any() else corners, axis=0)
    middle = matrix_from_rotation(track.rotation) @ ((left + right) / 2)
    return track.translation + track.scale[:, None] * middle, track.scale * float(np.linalg.norm(right - left))


def head_landmarks(track: FaceTrack) -> FloatArray:
    """(T, 68, 3) the iBUG-68 landmarks in the head frame (see ``head_mesh``)."""
    return head_mesh(track)[:, MESH_OF_68]
