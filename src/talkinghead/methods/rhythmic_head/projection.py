"""The 3D-aware module: the most frontal frame unprojected to a textured mesh, and projected in another pose.

Source: Chen et al. 2020, section 4.1, equation 1. Where we differ: mesh and texture come from the tracker and the face
    model fitted to it, not from an unprojection network trained on 300W-LP; the mesh takes the wanted expression as
    well as the pose; and it has teeth behind its lips.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.pose import rotation_from_matrix
from talkinghead.methods.rhythmic_head.references import Path, ReferenceFrames
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.mesh_render import Skin, draw_face, unwrap
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_LEAST_FACING = 0.15  # cosine at which the camera sees skin too flatly to know its colour
_WHITE = np.vstack([np.full((1, 3), 1 / 0.282095), np.zeros((8, 3))])  # the same light from everywhere


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
        known = np.repeat((facing > _LEAST_FACING).astype(np.float32)[..., None], 3, axis=2)
        self._known = Skin(known, np.ones(3), _WHITE)

    def draw(self, motion: Motion, path: Path) -> ImageArray:
        """(T, S, S, 4) uint8: the face in each row of a motion, and 255 where its colour is known, 0 in holes.

        Args:
            motion: of the portrait.
            path: of the same rows.
        """
        size = (self._scene.size,) * 2
        pictures = []
        for mesh, teeth in zip(*self._place(motion, path), strict=True):
            face = draw_face(mesh, teeth, self._scene.skin, size=size)
            known = draw_face(mesh, teeth, self._known, size=size).picture[..., :1] * face.covered[..., None]
            pictures.append(np.concatenate([face.picture, known], axis=2))
        return np.round(255 * np.stack(pictures)).astype(np.uint8)

    def _place(self, motion: Motion, path: Path) -> tuple[FloatArray, FloatArray]:
        """Skin (T, 468, 3) and teeth (T, M, 3) in px of the network's picture."""
        rig, crop = self._rig, self._scene.crop
        seen = replace(
            motion,
            rotation=rotation_from_matrix(path.matrix @ rig.matrix.T),
            translation=(path.place - rig.origin) / rig.scale,
            expression=None,
        )
        middle = crop.points(path.place)[:, None]
        growth = (path.scale / rig.scale)[:, None, None]
        skin, teeth = ((points - middle) * growth + middle for points in self._scene.place(seen))
        return skin, teeth
