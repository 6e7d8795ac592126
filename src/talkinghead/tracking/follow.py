"""Frames -> where the tracker sees one face in each of them, as it sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.mesh import read_squares
from talkinghead.tracking.regions import are_near, squares_of_landmarks
from talkinghead.tracking.visibility import read_faces_and_mouths
from talkinghead.types import NUM_MESH, BoolArray, FloatArray, Frames, ImageArray

_TOGETHER = 32  # frames that are read together
_KEY_EVERY = 4  # frames of a block: where the face is in these tells where it is between them
_LOOKS = 4  # at a frame, until the face is where it was thought to be
_ANOTHER_LOOK = 0.1  # of the square's side, or rad, by which it may be elsewhere
_RETRY_EVERY = 5  # frames between searches while the face is lost ...
_THOROUGH_EVERY = 25  # ... and between thorough ones, which are slow, while none has been seen yet


ChooseFace = Callable[[ImageArray, FloatArray], int]
"""A picture (H, W, 3) and the faces (F, 478, 3) px in it, from the left -> the number of one, from 0 on."""


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


class SeenFace(NamedTuple):
    """A face in a frame.

    Attributes:
        mesh: (478, 3) px.
        mouth: log odds that the mouth is seen, see ``tracking.visibility``.
    """

    mesh: FloatArray
    mouth: float


class FaceFollower:
    """One face from frame to frame.

    Args:
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        last: (478, 3) px where the face was seen last, for a follower that goes on where another one stopped.
        choose: which face at the start of each shot, instead of ``face``.
    """

    def __init__(self, face: int | None, *, last: FloatArray | None = None, choose: ChooseFace | None = None) -> None:
        self._face, self._choose = face, choose
        self._square: FloatArray | None = None  # (4,) in which the face is read next; None: it has to be searched for
        self._last = last
        self._met = last is not None
        self._shots = 1
        self._lost = 0

    def __call__(self, images: Sequence[ImageArray]) -> list[SeenFace | None]:
        """The face in each of the next frames (H, W, 3), or None where it is not seen.

        Frames of one shot that are given together are read together, which is several times as fast.
        """
        rows: list[SeenFace | None] = []
        while len(rows) < len(images):
            checkpoint()
            coming = images[len(rows) : len(rows) + _TOGETHER]
            if self._square is None and (self._lost % _RETRY_EVERY or not self._search(coming[0])):
                self._lost += 1
                rows.append(None)
                continue
            found = self._read(coming)
            rows += found
            if len(found):
                self._last, self._met, self._lost = found[-1].mesh, True, 0
                self._square = squares_of_landmarks(found[-1].mesh[None])[0]
            if len(found) < len(coming):
                self._square, self._lost = None, 1
                rows.append(None)
        return rows

    def forget(self) -> None:
        """Choose a face anew: in the next shot, the same number where there are as many, else the largest."""
        self._square, self._last, self._lost = None, None, 0
        self._shots += 1

    def _search(self, image: ImageArray) -> bool:
        faces = find_faces(image, thorough=not self._met and self._lost % _THOROUGH_EVERY == 0)
        if not len(faces):
            return False
        if self._last is None and self._choose is not None:
            chosen = faces[self._choose(image, faces)]
        elif self._last is None:
            fewer = self._shots > 1 and (self._face or 0) > len(faces)
            chosen = choose_face(faces, None if fewer else self._face)
        else:
            centre = self._last.mean(axis=0)
            chosen = faces[np.argmin([np.linalg.norm(points.mean(axis=0) - centre) for points in faces])]
        self._square = squares_of_landmarks(chosen[None])[0]
        return True

    def _read(self, images: Sequence[ImageArray]) -> list[SeenFace]:
        """The face in the first of the images, up to one in which there is none."""
        assert self._square is not None
        squares = _guess_squares(images, self._square) if len(images) > 1 else None
        rows: list[SeenFace] = []
        if squares is not None:
            landmarks, present, mouths = read_faces_and_mouths(images, squares)
            # Where the face is not where it was thought to be, the rest is read frame by frame.
            right = present & are_near(squares, squares_of_landmarks(landmarks), _ANOTHER_LOOK)
            sure = len(images) if right.all() else int(right.argmin())
            rows = [SeenFace(*parts) for parts in zip(landmarks[:sure], mouths.tolist())]
        square = squares_of_landmarks(rows[-1].mesh[None]) if rows else self._square[None]
        for image in images[len(rows) :]:
            checkpoint()
            landmarks, present, mouths = read_faces_and_mouths([image], square)
            if not present[0]:
                break
            rows.append(SeenFace(landmarks[0], float(mouths[0])))
            square = squares_of_landmarks(landmarks)
        return rows


def _guess_squares(images: Sequence[ImageArray], square: FloatArray) -> FloatArray | None:
    """(N, 4) squares of a face in frames from those that it has in every fourth; None where these are not sure.

    Args:
        images: the frames.
        square: (4,) where it was just before them.
    """
    keys = np.arange(len(images))[_KEY_EVERY - 1 :: _KEY_EVERY]
    keys = np.union1d(keys, [len(images) - 1])
    guess = np.repeat(square[None], len(keys), axis=0)
    open_ = np.arange(len(keys))
    for _ in range(_LOOKS):
        landmarks, present = read_squares([images[number] for number in keys[open_]], guess[open_], refine=False)
        if not present.all():
            return None
        seen = squares_of_landmarks(landmarks)
        right = are_near(guess[open_], seen, _ANOTHER_LOOK)
        guess[open_] = seen
        open_ = open_[~right]
        if not len(open_):
            break
    else:
        return None
    known = np.concatenate([square[None], guess])
    known[:, 3] = np.unwrap(known[:, 3])
    times = np.concatenate([[-1], keys])
    return np.stack([np.interp(np.arange(len(images)), times, column) for column in known.T], axis=1)


def read_mesh(chunks: Iterable[Frames], *, face: int | None = None) -> tuple[FloatArray, BoolArray, float]:
    """What the tracker sees, as it sees it.

    Args:
        chunks: the frames, in order.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.

    Returns:
        landmarks (T, 478, 3) px with NaN rows where no face was found, found (T,) bool, frames per second.
    """
    follow = FaceFollower(face)
    rows: list[FloatArray] = []
    fps = 0.0
    for chunk in chunks:
        fps = chunk.fps
        rows += [np.full((NUM_MESH, 3), np.nan) if row is None else row.mesh for row in follow(list(chunk.images))]
    landmarks = np.stack(rows) if rows else np.zeros((0, NUM_MESH, 3))
    return landmarks, np.isfinite(landmarks[:, 0, 0]), fps
