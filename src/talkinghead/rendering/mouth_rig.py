"""The rig of a face in one frame of a video: the mesh, and rings around it that follow the jaw.

Its vertices and triangles are the same in every frame, so that it is made in no time.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from talkinghead.face.deform import mesh_from_landmarks
from talkinghead.face.landmarks import FACE_OVAL, MESH_OF_68, canonical_face
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.motion.smoothing import smoothstep
from talkinghead.rendering.rig import JAW_BAND, Rig, face_triangles
from talkinghead.types import FloatArray, IndexArray, Pose, Window

_SURFACE = 468
_RINGS = (0.07, 0.14, JAW_BAND + 0.02)  # face widths outside the face's contour; the last one stays where it is
_LIDS, _CHEEKS = 0.15, 0.4  # eye distances below the eyes: above the first nothing moves, below the second all follows
_NEARER = 0.2  # face widths of depth for each outwards, as in ``build_rig``


def build_mouth_rig(mesh: FloatArray, pose: Pose, corner: tuple[int, int] = (0, 0)) -> Rig:
    """The rig of a face in a frame; of a face that the frame cuts off, what is outside of the frame moves, too.

    Args:
        mesh: (478, 3) px.
        pose: of the head, whose unit and origin are those of the landmarks that move the rig.
        corner: (left, top) px of the window of the frame in whose px the rig is wanted.
    """
    camera = _vertices(mesh)
    shape = pose.head_from_camera(camera)
    count = len(camera)
    shift = np.array([*corner, 0.0])
    return Rig(
        source=camera[:, :2] - corner,
        shape=shape,
        follow=np.ones(count),
        deform=_deform_weights(),
        lids=np.zeros((count, 3)),
        triangles=_triangles(),
        matrix=matrix_from_rotation(pose.rotation),
        origin=pose.translation - shift,
        scale=pose.scale,
        landmarks=shape[MESH_OF_68],
    )


def mouth_window(mesh: FloatArray, size: tuple[int, int]) -> Window:
    """The part of a frame of (width, height) px that may change when the mouth of a face (478, 3) px is redrawn.

    Its sides are even, as the chroma of a video is.
    """
    moved = _vertices(mesh)[_surroundings(), :2]
    low = (np.floor(moved.min(axis=0)).astype(int) // 2 * 2).clip(0, size)
    high = np.minimum(np.ceil(moved.max(axis=0)).astype(int) // 2 * 2 + 2, size).clip(low)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    return Window(left, top, width, height)


def _vertices(mesh: FloatArray) -> FloatArray:
    """(V, 3) px the vertices of the rig of a face."""
    mesh = np.asarray(mesh, np.float64)
    oval = mesh[FACE_OVAL]
    outwards = oval[:, :2] - oval[:, :2].mean(axis=0)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    steps = np.column_stack([outwards, np.full(len(oval), -_NEARER)]) * np.ptp(oval[:, 0])
    return np.concatenate([mesh[:_SURFACE], *(oval + ring * steps for ring in _RINGS)])


@lru_cache(maxsize=1)
def _surroundings() -> IndexArray:
    """The vertices that may move, and their neighbours."""
    moves = (_deform_weights() > 0).any(axis=1)
    triangles = _triangles()
    return np.unique(triangles[np.asarray(moves)[triangles].any(axis=1)])


@lru_cache(maxsize=1)
def _deform_weights() -> FloatArray:
    """(V, 68) how far each vertex follows the landmarks."""
    height = canonical_face()[0][:_SURFACE, 1]
    skin = mesh_from_landmarks()[:_SURFACE] * smoothstep((height - _LIDS) / (_CHEEKS - _LIDS))[:, None]
    fades = 1 - smoothstep(np.array(_RINGS) / JAW_BAND)
    return np.concatenate([skin, *(fade * skin[FACE_OVAL] for fade in fades)])


@lru_cache(maxsize=1)
def _triangles() -> npt.NDArray[np.int32]:
    """(F, 3) the face mesh with its holes filled, and bands from its contour outwards."""
    count = len(FACE_OVAL)
    rings = [FACE_OVAL, *(_SURFACE + count * ring + np.arange(count) for ring in range(len(_RINGS)))]
    bands = []
    for inner, outer in itertools.pairwise(rings):
        inner_next, outer_next = np.roll(inner, -1), np.roll(outer, -1)
        bands += [np.stack([inner, inner_next, outer], axis=1), np.stack([inner_next, outer_next, outer], axis=1)]
    return np.asarray(np.concatenate([face_triangles(), *bands]), np.int32)
