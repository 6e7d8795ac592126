"""Landmarks by hand: from the file that keeps them to a portrait."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.kind import is_drawing
from talkinghead.face.landmarks import LEFT_OUTER_EYE_CORNER, MESH_OF_68, RIGHT_OUTER_EYE_CORNER
from talkinghead.face.placed import mesh_through
from talkinghead.foreign import read_json
from talkinghead.media.files import existing_file, write_beside
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.portrait import find_mesh
from talkinghead.tracking.track import make_track
from talkinghead.types import NUM_LANDMARKS, FloatArray, Frames, ImageArray, Portrait

FORMAT = 1
_STILL_RATE = 25.0  # a single picture has no rate of its own
_LARGEST_FILE = 1_000_000  # bytes; three shapes take some 5 kB
_LEAST_EYE_DISTANCE = 4.0  # px
_SAME_FACE = 0.6  # eye distances that the tracker's landmarks may lie from those placed, on average, to be of that face


@dataclass(frozen=True)
class Placed:
    """Landmarks that were placed in a picture.

    Attributes:
        picture: (width, height) px.
        points: (68, 2) px, the face as pictured.
        closed: (68, 2) px the same face with its mouth closed; None: the lips of ``points`` are brought together.
        open: (68, 2) px the same face with its mouth as wide open as it may be; None: as wide as the speech asks.
    """

    picture: tuple[int, int]
    points: FloatArray
    closed: FloatArray | None = None
    open: FloatArray | None = None

    def as_json(self) -> dict[str, Any]:
        """What the file holds: ``{"format": 1, "picture": [width, height], "points": [[x, y], ...]}``.

        ``"closed"`` and ``"open"`` are there, in the form of the points, where those shapes were placed.
        """
        shapes = {"points": self.points, "closed": self.closed, "open": self.open}
        rows = {name: shape.round(2).tolist() for name, shape in shapes.items() if shape is not None}
        return {"format": FORMAT, "picture": list(self.picture), **rows}


def parse_placed(content: object, size: tuple[int, int], *, name: str) -> Placed:
    """Landmarks from the parsed content of a file.

    Args:
        content: see ``Placed.as_json``.
        size: (width, height) px of the picture that they must belong to.
        name: of the file, for errors.

    Raises:
        InputError: it has another form, belongs to a picture of another size, or its points cannot be a face's.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT or "points" not in content:
        raise InputError(f'{name} is no file of landmarks with "format": 1: make one with talkinghead landmarks.')
    if content.get("picture") != list(size):
        raise InputError(
            f"{name} belongs to a picture of {_size(content.get('picture'))} and FACE has {_size(list(size))}: "
            f"place the landmarks in this picture."
        )
    shapes = {
        key: _shape(content[key], key, size, name)
        for key in ("points", "closed", "open")
        if key == "points" or content.get(key) is not None
    }
    return Placed(size, shapes["points"], shapes.get("closed"), shapes.get("open"))


def _size(size: object) -> str:
    if isinstance(size, list) and len(size) == 2:
        return f"{size[0]!s:.10} x {size[1]!s:.10} px"
    return "unknown size"


def _shape(rows: object, key: str, size: tuple[int, int], name: str) -> FloatArray:
    count = len(rows) if isinstance(rows, list) else 0
    if count != NUM_LANDMARKS:
        raise InputError(f'{name} has {count} points in "{key}": a face has {NUM_LANDMARKS}.')
    try:
        points = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.shape != (NUM_LANDMARKS, 2) or not np.isfinite(points).all():
        raise InputError(f'{name} has a point in "{key}" that is not two numbers: give each as [x, y] in px.')
    outside = np.flatnonzero(((points < 0) | (points > np.array(size) - 1)).any(axis=1))
    if len(outside):
        raise InputError(
            f'{name} has {len(outside)} points in "{key}" outside the picture of {_size(list(size))}, '
            f"the first being number {outside[0] + 1}: place them inside it."
        )
    corners = points[[LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER]]
    if np.linalg.norm(corners[1] - corners[0]) < _LEAST_EYE_DISTANCE:
        raise InputError(f'{name} has the outer eye corners on each other in "{key}": place them apart.')
    return points


def read_placed(path: str | os.PathLike[str], size: tuple[int, int]) -> Placed:
    """Landmarks from a file, for a picture of (width, height) px.

    Raises:
        InputError: the file cannot be read, is not JSON, or see ``parse_placed``.
    """
    path = existing_file(path)
    remedy = "make one with talkinghead landmarks."
    content = read_json(path, kind="a file of landmarks", remedy=remedy, largest=_LARGEST_FILE)
    return parse_placed(content, size, name=str(path))


def save_placed(placed: Placed, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write landmarks as JSON, at once and whole.

    Raises:
        InputError: the disk is full, or the file exists and ``overwrite`` is off.
    """
    path = Path(path)
    with write_beside(path, overwrite) as part:
        part.write_text(json.dumps(placed.as_json()) + "\n", encoding="utf-8")
    return path


def automatic_landmarks(image: ImageArray, *, face: int | None = None) -> FloatArray:
    """(68, 2) px the landmarks that the tracker finds in a picture (H, W, 3), moved inside it where they are not.

    Raises:
        InputError: no face is found, or not number ``face``.
    """
    mesh, _ = find_mesh(image, face=face, covered=True)
    return np.asarray(mesh[MESH_OF_68, :2].clip(0, np.array(image.shape[1::-1]) - 1))


def portrait_from_placed(image: ImageArray, placed: Placed, *, drawing: bool | None = None) -> Portrait:
    """A portrait whose face lies where its landmarks were placed.

    Where the tracker sees that face, too, its mesh is bent to them and says how the head is turned; elsewhere the mean
    face is, and the picture is taken for a drawing.

    Args:
        image: (H, W, 3) uint8 RGB.
        placed: the landmarks.
        drawing: whether it is a drawing; None: look.

    Raises:
        ValueError: the picture is of another size than that of the landmarks.
    """
    if placed.picture != image.shape[1::-1]:
        raise ValueError(f"the landmarks are those of a picture of {placed.picture} px, got {image.shape[1::-1]}")
    seen = _find_face_there(image, placed.points)
    mesh = mesh_through(placed.points, seen)
    track = make_track(mesh[None], np.ones(1, dtype=bool), _STILL_RATE)
    if drawing is None:
        drawing = seen is None or is_drawing(image, mesh)
    return Portrait(Frames(image[None], _STILL_RATE), track, drawing=drawing, person=person_mask(image, mesh))


def _find_face_there(image: ImageArray, points: FloatArray) -> FloatArray | None:
    """The face (478, 3) that the tracker sees where points (68, 2) were placed, or None."""
    unit = np.linalg.norm(points[RIGHT_OUTER_EYE_CORNER] - points[LEFT_OUTER_EYE_CORNER])
    faces = find_faces(image)
    away = np.linalg.norm(faces[:, MESH_OF_68, :2] - points, axis=-1).mean(axis=1)
    return np.asarray(faces[away.argmin()]) if len(away) and away.min() < _SAME_FACE * unit else None
