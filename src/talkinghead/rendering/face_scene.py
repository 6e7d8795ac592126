"""A portrait's face as a textured mesh that a motion moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from talkinghead.face.fitting import FaceFitter
from talkinghead.face.model import load_face_model
from talkinghead.motion.expressions import expression_of
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.mesh_render import DrawnFace, Skin, draw_face
from talkinghead.rendering.skin import fit_skin
from talkinghead.tracking.fit import fit_face
from talkinghead.types import FloatArray, Motion, Portrait

_SURFACE = 468


class FaceScene:
    """A portrait's face, drawn with its teeth by ``mesh_render``.

    Args:
        portrait: the portrait.
        size: side of the picture that is drawn, in px.
        skin: of the person; None: what the portrait alone shows.
        crop: the square of the picture that is drawn; None: that of the portrait's head.
    """

    def __init__(self, portrait: Portrait, *, size: int, skin: Skin | None = None, crop: Crop | None = None) -> None:
        self.head = HeadScene(portrait, size=size)
        self.crop = self.head.crop if crop is None else crop
        self.size = size
        self._identity, fitted = fit_face(portrait.track)
        assert fitted.expression is not None
        model = load_face_model()
        face = model.mesh(self._identity, fitted.expression[portrait.best])[None, :_SURFACE]
        self._similarity = FaceFitter(model).similarity(face, self.head.rig.shape[None, :_SURFACE])
        self.skin = fit_skin([self.head.image], [portrait.mesh]) if skin is None else self._relight(skin, portrait)

    def draw(self, motion: Motion, *, corner: tuple[int, int] = (0, 0), side: int | None = None) -> Iterator[DrawnFace]:
        """The face in each row of a motion, its eyes open; one at a time, as each takes much memory.

        Args:
            motion: how it moves.
            corner: (left, top) px of the square from which on it is drawn.
            side: px of what is drawn; None: all of the square.
        """
        size = (side or self.size,) * 2
        for mesh, teeth in zip(*self.place(motion), strict=True):
            yield draw_face(mesh, teeth, self.skin, size=size, corner=corner)

    def place(self, motion: Motion) -> tuple[FloatArray, FloatArray]:
        """(T, 468, 3) and (T, M, 3) px of the square: skin and teeth in each row of a motion, the eyes open."""
        meshes = self.crop.points(self.head.rig.place(motion)[1][:, :_SURFACE])
        return meshes, self.crop.points(self.head.rig.pose(self._teeth(motion), motion))

    def _relight(self, skin: Skin, portrait: Portrait) -> Skin:
        """A person's skin under the light of this picture: cameras balance their colours anew in each recording."""
        crop, size = self.head.crop, (self.size, self.size)
        drawn = draw_face(crop.points(portrait.mesh[:_SURFACE]), np.zeros((0, 3)), skin, size=size)
        real = self.head.head.picture[drawn.covered].mean(axis=0) / 255
        return replace(skin, light=skin.light * real / np.maximum(drawn.picture[drawn.covered].mean(axis=0), 0.01))

    def _teeth(self, motion: Motion) -> FloatArray:
        """(T, M, 3) the teeth in the head frame of the rig: the lower ones follow the jaw."""
        matrix, shift = self._similarity
        teeth = load_face_model().teeth_mesh(self._identity, expression_of(motion))
        return np.asarray(teeth @ matrix[0] + shift[0])
