"""Which of several faces is the one that is meant: by the shape of the face and its colours."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.face.pose import fit_pose, head_from_camera
from talkinghead.tracking.follow import choose_face
from talkinghead.tracking.raw import small_face
from talkinghead.tracking.stretches import Stretch, face_difference
from talkinghead.types import FloatArray, ImageArray


class FaceChooser:
    """Chooses a face at the start of each shot: first by a number or a picture, then the one that is most like it.

    Args:
        face: which face of the first frame with faces, 1 being the leftmost; None: the largest.
        who: a picture (H, W, 3) of the person and the mesh (478, 3) px in it; None: whoever is chosen first.
    """

    def __init__(self, face: int | None = None, who: tuple[ImageArray, FloatArray] | None = None) -> None:
        self._face = face
        self._known = None if who is None else _describe(*who)

    def __call__(self, image: ImageArray, faces: FloatArray) -> int:
        """The number, from 0 on, of one of the faces (F, 478, 3) px in a picture (H, W, 3).

        Raises:
            InputError: in the first picture, there is no face of that number.
        """
        if self._known is None:
            chosen = choose_face(faces, self._face)
            self._known = _describe(image, chosen)
            return int((faces == chosen).all(axis=(1, 2)).argmax())
        known = self._known
        return int(np.argmin([face_difference(_describe(image, face), known) for face in faces]))

    def unlike(self, stretch: Stretch) -> float:
        """How much the person of a stretch differs from the one that is meant."""
        assert self._known is not None
        return face_difference((stretch.shape, stretch.colours), self._known)


def _describe(image: ImageArray, mesh: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shape (478, 3) in the head frame and colours (12, 12, 3) in Lab of a face."""
    shape = head_from_camera(mesh[None], *fit_pose(mesh[None]))[0]
    face = small_face(image, mesh).astype(np.float32) / 255
    return shape, np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2LAB))
