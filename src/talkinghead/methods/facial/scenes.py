"""What rendering-to-video is given of a portrait and a motion: rendered faces with eye attention maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.fitting import FaceFitter
from talkinghead.face.model import load_face_model
from talkinghead.motion.expressions import expression_of
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.mesh_render import DrawnFace, Skin, draw_face
from talkinghead.rendering.skin import fit_skin
from talkinghead.tracking.fit import fit_face
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait

_SURFACE = 468


class FaceScene:
    """A portrait's face as a textured mesh that moves.

    Args:
        portrait: the portrait.
        size: side of the network's picture in px.
        skin: of the person; None: what the portrait alone shows.
    """

    def __init__(self, portrait: Portrait, *, size: int, skin: Skin | None = None) -> None:
        self.head = HeadScene(portrait, size=size)
        self.size = size
        self._identity, fitted = fit_face(portrait.track)
        assert fitted.expression is not None
        model = load_face_model()
        face = model.mesh(self._identity, fitted.expression[portrait.best])[None, :_SURFACE]
        self._similarity = FaceFitter(model).similarity(face, self.head.rig.shape[None, :_SURFACE])
        self.skin = fit_skin([self.head.image], [portrait.mesh]) if skin is None else self._relight(skin, portrait)

    def draw(self, motion: Motion) -> list[DrawnFace]:
        """The face in each row of a motion, in the network's square, its eyes open."""
        rig, crop = self.head.rig, self.head.crop
        meshes = crop.points(rig.place(motion)[1][:, :_SURFACE])
        teeth = crop.points(rig.pose(self._teeth(motion), motion))
        size = (self.size, self.size)
        return [draw_face(*pair, self.skin, size=size) for pair in zip(meshes, teeth, strict=True)]

    def maps(self, motion: Motion) -> ImageArray:
        """(T, S, S, 4) uint8: rendered faces, and the regions of the eyes as bright as the eyes are shut.

        Source: Zhang et al. 2021, section 3.3: "we apply the normalized blinking value to the pixels in the eye
            attention map".
        """
        drawn = self.draw(motion)
        rows = [
            np.concatenate([face.picture, (blink * face.eyes)[..., None]], axis=2)
            for face, blink in zip(drawn, motion.blink, strict=True)
        ]
        return np.round(np.stack(rows) * 255).astype(np.uint8)

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
