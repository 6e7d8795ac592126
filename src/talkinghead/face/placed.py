"""68 landmarks placed in a picture by hand -> the whole mesh of that face."""

from __future__ import annotations

import numpy as np
import scipy

from talkinghead.face.deform import lid_weights, mesh_from_landmarks
from talkinghead.face.landmarks import (
    LEFT_EYE_CONTOUR,
    LEFT_OUTER_EYE_CORNER,
    MESH_OF_68,
    RIGHT_EYE_CONTOUR,
    RIGHT_OUTER_EYE_CORNER,
    canonical_face,
)
from talkinghead.types import NUM_LANDMARKS, NUM_MESH, FloatArray, IndexArray

# Jaw, brows, nose, corners of eyes and mouth bend the whole face; lips and lids, which part, follow.
_FRAME = np.r_[0:36, 36, 39, 42, 45, 48, 54]
_STIFFNESS = 0.002  # of the thin plate, in eye distances: nearly coinciding points of a turned face do not tear it
_MIDDLE_HEIGHT = 0.45  # of the picture: height of the mean face in its middle


def _check_points(points: FloatArray) -> None:
    if points.shape != (NUM_LANDMARKS, 2):
        raise ValueError(f"points must have shape (68, 2), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite")
    if np.allclose(points[LEFT_OUTER_EYE_CORNER], points[RIGHT_OUTER_EYE_CORNER]):
        raise ValueError("the outer eye corners lie on each other")


def mean_face_in(size: tuple[int, int]) -> FloatArray:
    """(68, 2) px landmarks of the mean face, upright in the middle of a picture of (width, height) px."""
    shape = canonical_face()[0][:, :2]
    low, high = shape.min(axis=0), shape.max(axis=0)
    scale = min(size[1] * _MIDDLE_HEIGHT / (high[1] - low[1]), size[0] * _MIDDLE_HEIGHT / (high[0] - low[0]))
    return np.asarray((shape[MESH_OF_68] - (low + high) / 2) * scale + np.array(size) / 2)


def mesh_through(points: FloatArray, base: FloatArray | None = None) -> FloatArray:
    """The mesh of a face whose 68 landmarks were placed.

    A thin plate moves the contours of the face, the nose and the corners of eyes and mouth to their places, and the
    forehead with them. The rest of the lips' and lids' displacement spreads over the skin as in
    ``mesh_from_landmarks``, so that an open mouth parts the lips instead of stretching the skin across them, and eyes
    stay round between their six points. Depth is that of the base.

    Args:
        points: (68, 2) px.
        base: (478, 3) px, the mesh to start from, such as the tracker's; None: the mean face, turned in the picture's
            plane and scaled to the points.

    Returns:
        (478, 3) px; its ``MESH_OF_68`` lie exactly at ``points``.

    Raises:
        ValueError: a shape is wrong, a point is not finite, or the outer eye corners coincide.

    Source: Bookstein 1989 (thin-plate splines).
    """
    _check_points(points)
    base = _mean_mesh(points) if base is None else np.asarray(base, np.float64)
    if base.shape != (NUM_MESH, 3):
        raise ValueError(f"base must have shape (478, 3), got {base.shape}")
    origin, unit = points.mean(axis=0), _eye_distance(points)
    source, target = (base[:, :2] - origin) / unit, (points - origin) / unit
    landmarks = source[MESH_OF_68]
    plate = scipy.interpolate.RBFInterpolator(
        landmarks[_FRAME], target[_FRAME] - landmarks[_FRAME], kernel="thin_plate_spline", smoothing=_STIFFNESS
    )
    bent = source + plate(source)
    bent += mesh_from_landmarks() @ (target - bent[MESH_OF_68])
    lids = np.concatenate([_round_contour(bent, contour) for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR)])
    weights = lid_weights()
    bent[: len(weights)] += weights @ lids
    return np.column_stack([bent * unit + origin, base[:, 2]])


def _round_contour(mesh: FloatArray, contour: IndexArray) -> FloatArray:
    """(16, 2) displacements that bring an eye's contour onto the smooth closed curve through its six landmarks."""
    handles = np.flatnonzero(np.isin(contour, MESH_OF_68))
    corners = mesh[contour[np.append(handles, handles[0])]]
    length = np.append(0, np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1)))
    along = np.interp(np.arange(len(contour)), np.append(handles, len(contour)), length)
    return np.asarray(scipy.interpolate.CubicSpline(length, corners, bc_type="periodic")(along) - mesh[contour])


def _eye_distance(points: FloatArray) -> float:
    return float(np.linalg.norm(points[RIGHT_OUTER_EYE_CORNER] - points[LEFT_OUTER_EYE_CORNER]))


def _mean_mesh(points: FloatArray) -> FloatArray:
    """The mean face (478, 3) px under the similarity of the plane that brings its landmarks closest to the points."""
    shape, _ = canonical_face()
    source = shape[MESH_OF_68, :2] @ (1, 1j)
    target = points @ (1, 1j)
    centred = source - source.mean()
    # Points of the plane as complex numbers: rotation and scale are one factor.
    factor = (centred.conj() @ (target - target.mean())) / (centred.conj() @ centred).real
    moved = (shape[:, :2] @ (1, 1j) - source.mean()) * factor + target.mean()
    return np.column_stack([moved.real, moved.imag, abs(factor) * shape[:, 2]])
