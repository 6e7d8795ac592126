"""Landmarks between the head frame and the picture: calibration of the lips, merging, and lifting to 3D.

Points in the picture are px of the paper's crop of 300 px, relative to the middle between the portrait's eyes, for a
head whose outer eye corners are 81 px apart and that looks straight ahead in the portrait.

Source: Wang et al. 2020, section 3.1 and equation 6.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import BROWS, JAW, LIPS
from talkinghead.face.pose import matrix_from_rotation, rotation_from_matrix
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion

EYE_DISTANCE_PX = 81.0
"""Distance of the outer eye corners: the crop of 300 px is 3.7 of them wide, as in ``rendering.crop``."""

NOSE_TIP, MOUTH_CORNERS = 30, (48, 54)
MOUTH_POINTS = np.r_[48:68, NOSE_TIP]
"""(21,) landmarks of the lip branch's 42 outputs: the lips and the nose tip, their anchor."""

HEAD_POINTS = np.r_[0:48, MOUTH_CORNERS]
"""(50,) landmarks of the head branch's 100 outputs: all except the lips, and the lips' corners."""

_ANCHORS = (NOSE_TIP, *MOUTH_CORNERS)
_IN_MOUTH = np.array([np.flatnonzero(point == MOUTH_POINTS)[0] for point in _ANCHORS])
_IN_HEAD = np.array([np.flatnonzero(point == HEAD_POINTS)[0] for point in _ANCHORS])

# Nose, eye corners and the ends of the jaw: speech hardly moves them.
_RIGID = np.r_[27:36, 36, 39, 42, 45, 0, 1, 15, 16]
_MOVED = np.r_[JAW, BROWS, LIPS]
_ITERATIONS = 8

Points = npt.NDArray[np.float64]


def in_crop(motion: Motion) -> Points:
    """(T, 68, 2) px of a motion's landmarks, without perspective."""
    turned = motion.landmarks @ np.swapaxes(matrix_from_rotation(motion.rotation), -1, -2)
    return np.asarray(EYE_DISTANCE_PX * (turned + motion.translation[:, None])[..., :2], np.float64)


def template_of(rest: FloatArray) -> Points:
    """(68, 2) px of landmarks (68, 3) in the head frame, for a head that looks straight ahead."""
    return np.asarray(EYE_DISTANCE_PX * rest[:, :2], np.float64)


def calibrate(points: FloatArray, template: FloatArray) -> Points:
    """Lips without head motion: aligned with the template by nose tip and mouth corners.

    Args:
        points: (T, 68, 2) px.
        template: (68, 2) px.

    Returns:
        (T, 21, 2) px of ``MOUTH_POINTS``, each row under the similarity that brings those three points closest to the
        template's.

    Raises:
        ValueError: other shapes.
    """
    if points.shape[1:] != (NUM_LANDMARKS, 2) or template.shape != (NUM_LANDMARKS, 2):
        raise ValueError(f"need points (T, 68, 2) and a template (68, 2), got {points.shape} and {template.shape}")
    mouth = points[:, MOUTH_POINTS]
    return _align(mouth, mouth[:, _IN_MOUTH], np.broadcast_to(template[list(_ANCHORS)], (len(points), 3, 2)))


def merge(lips: FloatArray, head: FloatArray) -> Points:
    """All landmarks: the lips aligned with the head by nose tip and mouth corners (equation 6).

    Args:
        lips: (T, 21, 2) px of ``MOUTH_POINTS``, calibrated.
        head: (T, 50, 2) px of ``HEAD_POINTS``.

    Returns:
        (T, 68, 2) px. Mouth corners come from the lips, the nose from the head.

    Raises:
        ValueError: other shapes.
    """
    if lips.shape[1:] != (len(MOUTH_POINTS), 2) or head.shape != (len(lips), len(HEAD_POINTS), 2):
        raise ValueError(f"need lips (T, 21, 2) and a head (T, 50, 2), got {lips.shape} and {head.shape}")
    points = np.empty((len(lips), NUM_LANDMARKS, 2))
    points[:, HEAD_POINTS] = head
    points[:, LIPS] = _align(lips, lips[:, _IN_MOUTH], head[:, _IN_HEAD])[:, :20]
    return points


def _align(points: FloatArray, own: FloatArray, target: FloatArray) -> Points:
    """Points (T, N, 2) under the plane similarity that brings ``own`` (T, 3, 2) closest to ``target`` (T, 3, 2)."""
    place, source, wanted = (array[..., 0] + 1j * array[..., 1] for array in (points, own, target))
    source_mean, wanted_mean = source.mean(axis=1, keepdims=True), wanted.mean(axis=1, keepdims=True)
    source, wanted = source - source_mean, wanted - wanted_mean
    size = np.square(np.abs(source)).sum(axis=1, keepdims=True)
    turn = (source.conj() * wanted).sum(axis=1, keepdims=True) / np.maximum(size, 1e-9)
    moved = turn * (place - source_mean) + wanted_mean
    return np.stack([moved.real, moved.imag], axis=-1)


def lift(points: FloatArray, rest: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Landmarks in the head frame and the head's pose, from landmarks in the picture.

    The pose brings the portrait's own nose, eye corners and ends of the jaw closest to the points (weak perspective of
    fixed scale, Gauss-Newton from zero rotation). Jaw, brows and lips are placed at the points, at the portrait's
    depth; nose and eyes are the portrait's.

    Args:
        points: (T, 68, 2) px.
        rest: (68, 3) landmarks of the portrait in the head frame.

    Returns:
        landmarks (T, 68, 3) in the head frame, rotation (T, 3) rad, translation (T, 3) with 0 along z.

    Raises:
        ValueError: other shapes.
    """
    if points.shape[1:] != (NUM_LANDMARKS, 2) or rest.shape != (NUM_LANDMARKS, 3):
        raise ValueError(f"need points (T, 68, 2) and landmarks (68, 3), got {points.shape} and {rest.shape}")
    place = points / EYE_DISTANCE_PX
    matrix, translation = _pose(place[:, _RIGID], np.asarray(rest[_RIGID], np.float64))
    flat = place[:, _MOVED] - translation[:, None] - rest[_MOVED, 2, None] * matrix[:, None, :2, 2]
    landmarks = np.repeat(np.asarray(rest, np.float64)[None], len(points), axis=0)
    landmarks[:, _MOVED, :2] = np.linalg.solve(matrix[:, None, :2, :2], flat[..., None])[..., 0]
    depth = np.zeros((len(points), 1))
    return landmarks, rotation_from_matrix(matrix), np.concatenate([translation, depth], axis=1)


def _pose(place: FloatArray, shape: FloatArray) -> tuple[Points, Points]:
    """Rotation (T, 3, 3) and translation (T, 2) that project a shape (N, 3) along z onto places (T, N, 2)."""
    count = len(place)
    matrix = np.tile(np.eye(3), (count, 1, 1))
    translation = place.mean(axis=1) - shape[:, :2].mean(axis=0)
    # Derivatives of x and y by rotation about three axes and translation along two: x' = wy z - wz y + tx, ...
    slopes = np.zeros((count, len(shape), 2, 5))
    slopes[..., 0, 3] = slopes[..., 1, 4] = 1.0
    for _ in range(_ITERATIONS):
        turned = shape @ np.swapaxes(matrix, -1, -2)
        slopes[..., 0, 1], slopes[..., 0, 2] = turned[..., 2], -turned[..., 1]
        slopes[..., 1, 0], slopes[..., 1, 2] = -turned[..., 2], turned[..., 0]
        rows = slopes.reshape(count, -1, 5)
        error = (place - turned[..., :2] - translation[:, None]).reshape(count, -1, 1)
        normal = np.swapaxes(rows, -1, -2)
        step = np.linalg.solve(normal @ rows, normal @ error)[..., 0]
        matrix = _turn(step[:, :3]) @ matrix
        translation = translation + step[:, 3:]
    return matrix, translation


def _turn(vector: Points) -> Points:
    """Rotation matrices (T, 3, 3) of rotation vectors (T, 3) in radians.

    Source: Rodrigues 1840.
    """
    angle = np.linalg.norm(vector, axis=-1)[:, None, None]
    x, y, z = (vector / np.maximum(angle[:, 0], 1e-12)).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
