"""Frames -> where the tracker sees one face in each of them, as it sees it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from talkinghead.errors import InputError
from talkinghead.tracking.find import box_of, crop_around, find_faces, through_affine
from talkinghead.tracking.mesh import FaceMesh
from talkinghead.types import NUM_MESH, BoolArray, FloatArray, Frames, ImageArray

_SMALL_FACE = 0.3  # face over frame: below, the mesh is read on an enlarged crop
_RETRY_EVERY = 5  # frames between searches while the face is lost ...
_THOROUGH_EVERY = 25  # ... and between thorough ones, which are slow, while none has been seen yet


def choose_face(faces: FloatArray, face: int | None) -> FloatArray:
    """One of several faces (F, 478, 3): the largest, or number ``face`` (1 is the leftmost).

    Raises:
        InputError: there is no face of that number.
    """
    if face is None:
        sizes = np.ptp(faces[..., 0], axis=1) * np.ptp(faces[..., 1], axis=1)
        return np.asarray(faces[sizes.argmax()])
    if not 1 <= face <= len(faces):
        raise InputError(
            f"--face {face}: the picture shows {len(faces)} face(s); choose 1 to {len(faces)}, from the left."
        )
    return np.asarray(faces[face - 1])


class FaceFollower:
    """The mesh of one face from frame to frame, on a crop where the face is small.

    Args:
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        last: (478, 3) px where the face was seen last, for a follower that goes on where another one stopped.
    """

    def __init__(self, face: int | None, *, last: FloatArray | None = None) -> None:
        self._face = face
        self._mesh: FaceMesh | None = None
        self._box: FloatArray | None = None  # the crop's box; None: the whole frame
        self._last = last
        self._met = last is not None
        self._shots = 1
        self._lost = 0

    def __call__(self, image: ImageArray) -> FloatArray | None:
        """(478, 3) px of the face in the next frame (H, W, 3), or None where it is not seen."""
        if self._mesh is None and (self._lost % _RETRY_EVERY or not self._search(image)):
            self._lost += 1
            return None
        found = self._read(image)
        if found is None:
            self.close()
            self._lost = 1
            return None
        self._last, self._met, self._lost = found, True, 0
        self._recentre(found)
        return found

    def forget(self) -> None:
        """Choose a face anew: in the next shot, the same number where there are as many, else the largest."""
        self.close()
        self._last, self._lost = None, 0
        self._shots += 1

    def _search(self, image: ImageArray) -> bool:
        faces = find_faces(image, thorough=not self._met and self._lost % _THOROUGH_EVERY == 0)
        if not len(faces):
            return False
        if self._last is None:
            fewer = self._shots > 1 and (self._face or 0) > len(faces)
            chosen = choose_face(faces, None if fewer else self._face)
        else:
            centre = self._last.mean(axis=0)
            chosen = faces[np.argmin([np.linalg.norm(points.mean(axis=0) - centre) for points in faces])]
        small = np.ptp(chosen[:, 0]) < _SMALL_FACE * image.shape[1] or len(faces) > 1
        self._box = box_of(chosen) if small else None
        self._mesh = FaceMesh(video=True)
        return True

    def _read(self, image: ImageArray) -> FloatArray | None:
        assert self._mesh is not None
        if self._box is None:
            found = self._mesh(image)
            return found[0] if len(found) else None
        crop, image_from_crop = crop_around(image, self._box)
        found = self._mesh(crop)
        return through_affine(found[0], image_from_crop) if len(found) else None

    def _recentre(self, found: FloatArray) -> None:
        if self._box is None:
            return
        box = box_of(found)
        size = max(box[2:] - box[:2])
        drift = np.linalg.norm((box[:2] + box[2:] - self._box[:2] - self._box[2:]) / 2)
        growth = size / max(self._box[2:] - self._box[:2])
        if drift > 0.3 * size or not 0.7 < growth < 1.4:
            self._box = box

    def close(self) -> None:
        """Free the mesh network; the next frame begins with a search."""
        if self._mesh is not None:
            self._mesh.close()
            self._mesh = None


def read_mesh(chunks: Iterable[Frames], *, face: int | None = None) -> tuple[FloatArray, BoolArray, float]:
    """What the tracker sees, as it sees it.

    Args:
        chunks: the frames, in order.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.

    Returns:
        landmarks (T, 478, 3) px with NaN rows where no face was found, found (T,) bool, frames per second.
    """
    follow = FaceFollower(face)
    rows, fps = [], 0.0
    try:
        for chunk in chunks:
            fps = chunk.fps
            for image in chunk.images:
                row = follow(image)
                rows.append(np.full((NUM_MESH, 3), np.nan) if row is None else row)
    finally:
        follow.close()
    landmarks = np.stack(rows) if rows else np.zeros((0, NUM_MESH, 3))
    return landmarks, np.isfinite(landmarks[:, 0, 0]), fps
