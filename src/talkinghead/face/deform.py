"""How the whole mesh follows its 68 landmarks and the lids."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

from talkinghead.face.landmarks import (
    INNER_LIP_CONTOUR,
    LEFT_EYE_CONTOUR,
    MESH_OF_68,
    OUTER_LIP_CONTOUR,
    RIGHT_EYE_CONTOUR,
    canonical_face,
)
from talkinghead.types import FloatArray, IndexArray

_TENSION = 1000.0  # of the skin, besides its stiffness: without it, noise at the lips' corners spreads over the cheeks
_LOWER_LID_SHARE = 0.05  # of the opening, by which the lower lid rises in a blink
_OVERLAP = 0.05  # of the opening, by which the upper lid passes the lower
_LID_THICKNESS = 0.02  # eye distances
_SKULL = np.array([10, 338, 297, 332, 284, 251, 21, 54, 103, 67, 109])  # the forehead's rim, which no muscle moves
_SURFACE = 468  # mesh points on the skin; the irises follow only the head


def _cotangent_laplacian(shape: FloatArray, triangles: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Cotangent Laplacian (N, N) of a triangle mesh and the area (N,) of each point (Pinkall and Polthier 1993)."""
    laplacian, area = np.zeros((len(shape), len(shape))), np.zeros(len(shape))
    for corner in range(3):
        i, j, k = (triangles[:, (corner + shift) % 3] for shift in range(3))
        u, v = shape[j] - shape[i], shape[k] - shape[i]
        cross = np.linalg.norm(np.cross(u, v), axis=-1)
        weight = np.maximum((u * v).sum(axis=-1) / cross, 0.01) / 2
        for a, b in ((j, k), (k, j)):
            np.add.at(laplacian, (a, b), -weight)
            np.add.at(laplacian, (a, a), weight)
        np.add.at(area, i, cross / 6)
    return laplacian, area


def _along_curve(points: IndexArray, handles: IndexArray, shape: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Natural cubic splines over the arc length of a curve: (points, H) weights, and the H handles that lie on it."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(shape[points], axis=0), axis=-1))])
    at = np.flatnonzero(np.isin(points, handles))
    spline = scipy.interpolate.CubicSpline(length[at], np.eye(len(at)), bc_type="natural")
    return np.asarray(spline(length)), points[at]


def _extend(rows: FloatArray, known: IndexArray) -> FloatArray:
    """Biharmonic extension of values at ``known`` points (K,) to the whole skin: (K, H) -> (468, H)."""
    shape, triangles = canonical_face()
    laplacian, area = _cotangent_laplacian(shape[:_SURFACE], triangles)
    energy = laplacian.T @ (laplacian / area[:, None]) + _TENSION * laplacian
    free = np.setdiff1d(np.arange(_SURFACE), known)
    out = np.zeros((_SURFACE, rows.shape[1]))
    out[known] = rows
    out[free] = np.linalg.solve(energy[np.ix_(free, free)], -energy[np.ix_(free, known)] @ rows)
    return out


@lru_cache(maxsize=1)
def mesh_from_landmarks() -> FloatArray:
    """(478, 68) weights that turn a displacement of the landmarks into one of the mesh.

    Each landmark moves its own mesh point exactly. Along the lips cubic splines connect the displacements; over the
    rest of the skin they spread with the least bending (biharmonic). Irises stay with the head.
    """
    shape, _ = canonical_face()
    column = {int(point): k for k, point in enumerate(MESH_OF_68)}
    rows = {int(point): np.eye(len(MESH_OF_68))[k] for k, point in enumerate(MESH_OF_68)}
    for contour in (INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR):
        for curve in (contour[:11], np.append(contour[10:], contour[0])):
            weights, handles = _along_curve(curve, MESH_OF_68, shape)
            for point, weight in zip(curve, weights, strict=True):
                row = np.zeros(len(MESH_OF_68))
                row[[column[int(handle)] for handle in handles]] = weight
                rows[int(point)] = row
    for point in _SKULL:
        rows[int(point)] = np.zeros(len(MESH_OF_68))
    known = np.array(sorted(rows))
    weights = np.zeros((len(shape), len(MESH_OF_68)))
    weights[:_SURFACE] = _extend(np.stack([rows[int(point)] for point in known]), known)
    return weights


@lru_cache(maxsize=1)
def lid_weights() -> FloatArray:
    """(468, 32) weights that turn displacements of the lids, left eye then right, into one of the skin."""
    lids = np.concatenate([LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR])
    # The skin around the eye socket holds still, so that a blink does not pull brow, nose, cheek or hair.
    still = np.setdiff1d(np.union1d(MESH_OF_68, _SKULL), lids)
    known = np.concatenate([lids, still])
    rows = np.concatenate([np.eye(len(lids)), np.zeros((len(still), len(lids)))])
    return _extend(rows, known)


def shut_lids(mesh: FloatArray) -> FloatArray:
    """(478, 3) displacement that shuts the eyes of a mesh (478, 3): upper lids come down, lower ones rise a little."""
    weights = lid_weights()
    moves = []
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        eye = mesh[contour]
        upper, lower = eye[1:8], eye[15:8:-1]
        move = np.zeros_like(eye)
        move[15:8:-1] = _LOWER_LID_SHARE * (upper - lower)
        # A little past the lower lid and in front of it, so that no sliver of the eye remains between the two.
        move[1:8] = (1 + _OVERLAP) * (lower - upper) + (0.0, 0.0, -_LID_THICKNESS)
        moves.append(move)
    displacement = np.zeros_like(mesh)
    displacement[:_SURFACE] = weights @ np.concatenate(moves)
    return displacement
