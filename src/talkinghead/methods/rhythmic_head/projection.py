"""The 3D-aware module: the most frontal frame unprojected to a textured mesh, and projected in another pose.

Source: Chen et al. 2020, section 4.1, equation 1. Where we differ: mesh and texture come from the tracker and the face
    model fitted to it, not from an unprojection network trained on 300W-LP; the mesh takes the wanted expression as
    well as the pose; and it has teeth behind its lips.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from talkinghead.face.pose import rotation_from_matrix
from talkinghead.methods.rhythmic_head.references import Path, ReferenceFrames
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.mesh_render import CAVITY, TEETH, DrawnFace, draw_face, unwrap
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_LEAST_FACING = 0.15  # cosine at which the camera sees skin too flatly to know its colour
_ROOM = 2  # px about the face in the window that is drawn


class ProjectedFace:
    """A portrait's most frontal picture as a mesh.

    Args:
        portrait: with K pictures.
        references: these pictures.
        size: side of the network's picture in px.
    """

    def __init__(self, portrait: Portrait, references: ReferenceFrames, *, size: int) -> None:
        row = references.frontal
        image = portrait.frames.images[row]
        frontal = Portrait(Frames(image[None], portrait.frames.fps), portrait.track[row : row + 1])
        self._rig = references.rigs[row]
        self._scene = FaceScene(frontal, size=size, crop=references.crop)
        facing = unwrap(image, frontal.mesh)[1]
        self._known = 255 * (facing > _LEAST_FACING).astype(np.uint8)

    def draw(self, motion: Motion, path: Path) -> ImageArray:
        """(T, S, S, 4) uint8: the face in each row of a motion, and 255 where its colour is known, 0 in holes.

        Args:
            motion: of the portrait.
            path: of the same rows.
        """
        side = self._scene.size
        pictures = np.zeros((len(motion), side, side, 4), np.uint8)
        for picture, mesh, teeth in zip(pictures, *self._place(motion, path), strict=True):
            points = np.concatenate([mesh, teeth])[:, :2]
            left, top = np.clip(np.floor(points.min(axis=0)).astype(int) - _ROOM, 0, side - 1)
            right, bottom = np.clip(np.ceil(points.max(axis=0)).astype(int) + _ROOM + 1, 1, side)
            if right <= left or bottom <= top:
                continue
            face = draw_face(mesh, teeth, self._scene.skin, size=(right - left, bottom - top), corner=(left, top))
            window = picture[top:bottom, left:right]
            window[..., :3] = np.round(255 * face.picture)
            window[..., 3] = self._find_known(face)
        return pictures

    def _find_known(self, face: DrawnFace) -> ImageArray:
        """(H, W) uint8: 255 where the frame shows the colour of a drawn face; teeth count as known."""
        known = cv2.remap(self._known, face.places[..., 0], face.places[..., 1], cv2.INTER_LINEAR)
        known[~face.covered | (face.places[..., 0] == CAVITY)] = 0
        known[face.covered & (face.places[..., 0] == TEETH)] = 255
        return np.asarray(known)

    def _place(self, motion: Motion, path: Path) -> tuple[FloatArray, FloatArray]:
        """Skin (T, 468, 3) and teeth (T, M, 3) in px of the network's picture."""
        rig, crop = self._rig, self._scene.crop
        seen = replace(
            motion,
            rotation=rotation_from_matrix(path.matrix @ rig.matrix.T),
            translation=(path.place - rig.origin) / rig.scale,
            expression=None,
            scale=None,  # the mesh grows below
        )
        middle = crop.points(path.place)[:, None]
        growth = (path.scale / rig.scale)[:, None, None]
        skin, teeth = ((points - middle) * growth + middle for points in self._scene.place(seen))
        return skin, teeth
