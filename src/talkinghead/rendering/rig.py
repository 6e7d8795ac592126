"""The rig that moves a portrait: the face mesh, and vertices around it that follow the head less with distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.face.deform import mesh_from_landmarks, shut_lids
from talkinghead.face.landmarks import (
    FACE_OVAL,
    INNER_LIP_CONTOUR,
    LEFT_EYE_CONTOUR,
    MESH_OF_68,
    RIGHT_EYE_CONTOUR,
    canonical_face,
)
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.rendering.corners import close_corners
from talkinghead.types import FloatArray, IndexArray, Motion, Portrait

_SURFACE = 468
_GRID_STEP = 0.11  # spacing of the outer vertices, in face widths
_REACH = np.array([1.1, 1.1, 1.1, 1.6])  # their extent beyond the face: left, top, right, bottom, in face widths
_EDGE_BAND = 0.14  # face widths beyond the person's outline over which motion fades out
_NECK = (0.05, 0.85)  # face heights below the chin at which motion starts to fade and has ended
JAW_BAND = 0.22
"""Face widths beyond the face's contour over which the skin follows the jaw."""


@dataclass(frozen=True)
class Rig:
    """Vertices over a portrait, and how they move.

    Attributes:
        source: (V, 2) px, the vertices in the picture; the first 468 are the face mesh.
        shape: (V, 3) the same in the head frame.
        follow: (V,) how far each vertex follows the head's pose, 0 to 1.
        deform: (V, 68) weights of the landmarks' displacements.
        lids: (V, 3) displacement that shuts the eyes, in the head frame.
        triangles: (F, 3) indices of vertices; the holes of eyes and mouth are filled.
        matrix: (3, 3) the head's rotation in the picture.
        origin: (3,) px, the head's place in the picture.
        scale: px per unit of the head frame.
        landmarks: (68, 3) of the portrait in the head frame.
    """

    source: FloatArray
    shape: FloatArray
    follow: FloatArray
    deform: FloatArray
    lids: FloatArray
    triangles: npt.NDArray[np.int32]
    matrix: FloatArray
    origin: FloatArray
    scale: float
    landmarks: FloatArray

    def place(self, motion: Motion) -> tuple[FloatArray, FloatArray]:
        """The vertices under a motion.

        Returns:
            (T, V, 3) px in the picture, z is depth, and (T, V, 3) the same with the eyes as open as in the portrait.
        """
        displacement = motion.landmarks - self.landmarks
        open_eyes = self.shape + np.einsum("vk,tkc->tvc", self.deform, displacement, optimize=True)
        shut = open_eyes + motion.blink[:, None, None] * self.lids
        return self._follow(shut, motion), self._follow(open_eyes, motion)

    def pose(self, points: FloatArray, motion: Motion) -> FloatArray:
        """(T, N, 3) px in the picture of points (N, 3) or (T, N, 3) fixed in the head frame, under a motion."""
        turn = matrix_from_rotation(motion.rotation) @ self.matrix
        turned = points @ np.swapaxes(turn, 1, 2)
        if motion.scale is not None:
            turned = turned * motion.scale[:, None, None]
        return np.asarray(self.scale * (turned + motion.translation[:, None]) + self.origin)

    def _follow(self, points: FloatArray, motion: Motion) -> FloatArray:
        stays = self.scale * (points @ self.matrix.T) + self.origin
        return np.asarray(stays + self.follow[:, None] * (self.pose(points, motion) - stays))


def fill_hole(contour: IndexArray) -> IndexArray:
    """Triangles over the hole inside a contour whose upper and lower points face each other, corner to corner."""
    half = len(contour) // 2
    upper, lower = contour[1:half], contour[:half:-1]
    triangles = [(contour[0], upper[0], lower[0]), (contour[half], upper[-1], lower[-1])]
    for k in range(half - 2):
        triangles += [(upper[k], upper[k + 1], lower[k]), (upper[k + 1], lower[k + 1], lower[k])]
    return np.array(triangles, np.int32)


def _smoothstep(x: FloatArray) -> FloatArray:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x))


def _outer_vertices(mesh: FloatArray, size: tuple[int, int]) -> FloatArray:
    """A grid (N, 2) px around the face, inside and on the border of the picture, but not on the face."""
    width, height = size
    box_low, box_high = mesh[FACE_OVAL, :2].min(axis=0), mesh[FACE_OVAL, :2].max(axis=0)
    face_width = float(box_high[0] - box_low[0])
    low = np.maximum(box_low - _REACH[:2] * face_width, 0)
    high = np.minimum(box_high + _REACH[2:] * face_width, (width - 1, height - 1))
    counts = np.maximum(2, np.ceil((high - low) / (_GRID_STEP * face_width)).astype(int) + 1)
    axes = [np.linspace(low[k], high[k], counts[k]) for k in range(2)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    oval = mesh[FACE_OVAL, :2].astype(np.float32)
    clearance = -0.35 * _GRID_STEP * face_width
    outside = [cv2.pointPolygonTest(oval, (float(x), float(y)), True) < clearance for x, y in grid]
    return np.asarray(grid[np.array(outside)])


def _follow_of_outer(points: FloatArray, mesh: FloatArray, portrait: Portrait) -> FloatArray:
    """(N,) how far the outer vertices follow the head: 1 on the head, 0 on the background and the shoulders."""
    oval = mesh[FACE_OVAL, :2].astype(np.float32)
    face_width, face_height = np.ptp(oval, axis=0)
    distance = -np.array([cv2.pointPolygonTest(oval, (float(x), float(y)), True) for x, y in points])
    if portrait.person is None:
        follow = 1 - _smoothstep(distance / (1.0 * face_width))
    else:
        # Hair far from the head (falling over shoulders) moves less; beyond the outline, motion fades within a band.
        outside = (portrait.person < 0.5).astype(np.uint8)
        away = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
        column, row = np.clip(points.round().astype(int), 0, np.array(away.shape)[::-1] - 1).T
        near = 1 - _smoothstep((distance - 0.5 * face_width) / (0.6 * face_width))
        follow = near * (1 - _smoothstep(away[row, column] / (_EDGE_BAND * face_width)))
    below = (points[:, 1] - oval[:, 1].max()) / face_height
    neck = 1 - _smoothstep((below - _NECK[0]) / (_NECK[1] - _NECK[0]))
    # Beside the neck, from just above the chin down, lie the shoulders, which stay.
    beside = np.abs(points[:, 0] - oval[:, 0].mean()) / face_width
    neck = neck * (1 - _smoothstep((beside - 0.45) / 0.4) * _smoothstep((below + 0.2) / 0.35))
    return np.asarray(follow * neck)


def border_weight(points: FloatArray, size: tuple[int, int], face_width: float) -> FloatArray:
    """(N,) how far points (N, 2) px may move in a picture of ``size`` px: 1 inside, 0 on its border."""
    width, height = size
    inset = np.minimum(points, np.array([width - 1, height - 1]) - points).min(axis=1)
    return _smoothstep(inset / (0.12 * face_width))


def build_rig(portrait: Portrait) -> Rig:
    """The rig of a portrait's best frame."""
    mesh, size = portrait.mesh[:_SURFACE], portrait.size
    matrix = matrix_from_rotation(portrait.pose.rotation)
    head = portrait.head_mesh
    # The similarity between the picture and the normalised head frame, from the points that normalised it.
    scale = float(np.linalg.norm(mesh[263] - mesh[33]))
    origin = (mesh[33] + mesh[263]) / 2
    outer = _outer_vertices(mesh, size)
    face_width = float(np.ptp(mesh[FACE_OVAL, 0]))
    source = np.concatenate([mesh[:, :2], outer])

    oval = mesh[FACE_OVAL]
    gaps = np.linalg.norm(outer[:, None] - oval[None, :, :2], axis=-1)
    nearness = 1 / np.square(gaps)
    nearness /= nearness.sum(axis=1, keepdims=True)
    # Hair and ears beyond the contour are taken to be no deeper than the contour: deeper vertices would fold in a turn.
    depth = nearness @ oval[:, 2] - 0.2 * gaps.min(axis=1)
    outer_camera = np.concatenate([outer, depth[:, None]], axis=1)
    shape = np.concatenate([head[:_SURFACE], (outer_camera - origin) @ matrix / scale])

    follow = np.concatenate([np.ones(_SURFACE), _follow_of_outer(outer, mesh, portrait)])
    border = border_weight(source, size, face_width)
    follow *= border
    skin = mesh_from_landmarks()[:_SURFACE]
    fade = 1 - _smoothstep(gaps.min(axis=1) / (JAW_BAND * face_width))
    deform = np.concatenate([skin, fade[:, None] * (nearness @ skin[FACE_OVAL])])
    deform = close_corners(deform, shape, head[MESH_OF_68]) * border[:, None]
    lids = np.zeros_like(shape)
    lids[:_SURFACE] = shut_lids(head)[:_SURFACE]
    return Rig(
        source=source,
        shape=shape,
        follow=follow,
        deform=deform,
        lids=lids,
        triangles=_triangulate(source),
        matrix=matrix,
        origin=origin,
        scale=scale,
        landmarks=head[MESH_OF_68],
    )


def _triangulate(source: FloatArray) -> npt.NDArray[np.int32]:
    """(F, 3) triangles: the face mesh with its holes filled, and a Delaunay mesh from its contour outwards."""
    ring = np.concatenate([FACE_OVAL, np.arange(_SURFACE, len(source))])
    outer = ring[scipy.spatial.Delaunay(source[ring]).simplices]
    # Triangles with all corners on the contour and their middle inside it would lie under the face.
    oval = source[FACE_OVAL].astype(np.float32)
    middle = source[outer].mean(axis=1)
    under = np.array([cv2.pointPolygonTest(oval, (float(x), float(y)), False) > 0 for x, y in middle])
    under &= (outer < _SURFACE).all(axis=1)
    return np.asarray(np.concatenate([face_triangles(), outer[~under]]), np.int32)


@lru_cache(maxsize=1)
def face_triangles() -> npt.NDArray[np.int32]:
    """(F, 3) triangles of the face mesh, the holes of eyes and mouth filled."""
    _, cells = canonical_face()
    holes = [fill_hole(contour) for contour in (INNER_LIP_CONTOUR, LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR)]
    return np.asarray(np.concatenate([cells, *holes]), np.int32)
