"""The lower face of a frame, and what is around it, in cells: what those who look for titles and tickers compare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import FACE_OVAL, STABLE
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import mean_cells
from talkinghead.types import BoolArray, FloatArray, ImageArray, Window

_CELLS = 56  # per eye distance
_AROUND = 0.45  # eye distances beside the lower face that are looked at, too
_WITHIN = 0.08  # eye distances inside the outline of the face, at which it is surely the face that is seen
_BELOW = 0.3  # eye distances below the face, that may be hidden chin
_LATER_S, _LATEST_S = 0.2, 0.45  # between frames that are compared
_CONVEX = 1.5  # size of a convex hull relative to what it is around, up to which it is taken
_SMALLEST = 8  # cells to a side

Look = npt.NDArray[np.float32]
"""(h, w) grey levels of cells."""


@dataclass(frozen=True)
class FaceCells:
    """A part of a frame in cells.

    Attributes:
        number: of the frame.
        corner: (left, top) px, whole cells.
        cell: px of a side of a cell.
        mesh: (478, 2) cells of the face.
        look: (h, w) float32 grey.
    """

    number: int
    corner: tuple[int, int]
    cell: int
    mesh: FloatArray
    look: Look

    @cached_property
    def unit(self) -> float:
        """Cells between the eyes."""
        return eye_distance(self.mesh)

    @cached_property
    def inside(self) -> BoolArray:
        """(h, w) which cells surely show the face, or what lies over it."""
        face = np.zeros(self.look.shape, np.uint8)
        cv2.fillPoly(face, [self.mesh[FACE_OVAL].round().astype(np.int32)], 1)
        return np.asarray(cv2.erode(face, disc(_WITHIN * self.unit), borderValue=0) > 0)

    def lie_around(self, mesh: FloatArray, image: ImageArray) -> bool:
        """Whether the same cells lie around the lower face of a mesh (478, 2) px in a picture (H, W, 3)."""
        window = _window(mesh, image, self.cell)
        have = np.array([*self.corner, *(np.array(self.look.shape[::-1]) * self.cell + self.corner)])
        want = np.array([window.left, window.top, window.right, window.bottom])
        return bool(np.abs(have - want).max() < 0.6 * _AROUND * eye_distance(mesh) + self.cell)

    def place(self, mesh: FloatArray) -> FloatArray:
        """(478, 2) cells of a mesh (478, 2) px."""
        return np.asarray((mesh - self.corner + 0.5) / self.cell - 0.5)

    def read(self, frame: ShotFrame, mesh: FloatArray) -> FaceCells:
        """The same cells of another frame, in which the face has a mesh (478, 2) px."""
        look = _read_look(frame, self.corner, self.look.shape, self.cell)
        return FaceCells(frame.number, self.corner, self.cell, self.place(mesh), look)

    def head_move_to(self, mesh: FloatArray) -> FloatArray:
        """(2, 3) that brings the head onto that of another mesh (478, 2) cells, lips and jaw left aside."""
        points = np.column_stack([self.mesh[STABLE], np.ones(len(STABLE))])
        return np.asarray(np.linalg.lstsq(points, mesh[STABLE], rcond=None)[0].T)

    def move_by(self, move: FloatArray) -> Look:
        """(h, w) the look, moved by (2, 3) cells."""
        size = self.look.shape[::-1]
        moved = cv2.warpAffine(self.look, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)


def read_cells(frame: ShotFrame, mesh: FloatArray) -> FaceCells | None:
    """The lower face of a frame with a face (478, 2) px; None if too little of it is in the picture."""
    cell = max(1, round(eye_distance(mesh) / _CELLS))
    window = _window(mesh, frame.image, cell)
    shape = ((window.bottom - window.top) // cell, (window.right - window.left) // cell)
    if min(shape) < _SMALLEST:
        return None
    corner = (window.left, window.top)
    look = _read_look(frame, corner, shape, cell)
    return FaceCells(frame.number, corner, cell, (mesh - corner + 0.5) / cell - 0.5, look)


@dataclass
class CellsApart:
    """Cells of the face in frames a fifth of a second apart.

    Attributes:
        fps: frames per second.
    """

    fps: float
    _before: FaceCells | None = None

    def read(self, frame: ShotFrame, mesh: FloatArray) -> tuple[FaceCells, FaceCells] | None:
        """The same cells of an earlier frame and of this one, with a face (478, 2) px.

        Returns:
            None if it is not yet time, or the face has been elsewhere.
        """
        before = self._before
        waited = 0.0 if before is None else (frame.number - before.number) / self.fps
        if before is not None and waited < _LATER_S:
            return None
        if before is None or waited > _LATEST_S or not before.lie_around(mesh, frame.image):
            self._before = read_cells(frame, mesh)
            return None
        self._before = before.read(frame, mesh)
        return before, self._before


def find_front(before: FaceCells, now: FaceCells) -> BoolArray:
    """(h, w) which cells show the face, or what lies over it, in both, or are just below: a bar seems to end a chin."""
    inside = (before.inside & now.inside).astype(np.uint8)
    below = round(_BELOW * now.unit)
    return np.asarray(cv2.dilate(inside, np.ones((below + 1, 1), np.uint8), anchor=(0, below)) > 0)


def leave_unexplained(before: FaceCells, now: FaceCells) -> Look:
    """(h, w) by how many grey levels cells are other than if they stood still, and than if they moved with the head."""
    moved = before.move_by(before.head_move_to(now.mesh))
    return np.minimum(compare_looks(now.look, before.look), compare_looks(now.look, moved))


def compare_looks(one: Look, other: Look) -> Look:
    """(h, w) by how many grey levels two looks differ around each cell."""
    return np.asarray(cv2.blur(cv2.absdiff(one, other), (3, 3)), np.float32)


def disc(radius: float) -> npt.NDArray[np.uint8]:
    """A disc as a structuring element, of one cell around its middle at least."""
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def close_cells(cells: BoolArray, across: float) -> ImageArray:
    """Cells (h, w), and those between them that are less apart than that; uint8."""
    margin = max(1, round(across / 2))
    padded = cv2.copyMakeBorder(cells.astype(np.uint8), *(4 * (margin,)), cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc(across / 2))
    return np.asarray(closed[margin:-margin, margin:-margin])


def straighten_cells(cells: BoolArray) -> BoolArray:
    """Cells (h, w), or their convex hull if that is hardly larger, as of bars, boxes and lines of text."""
    rows, columns = np.nonzero(cells)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
    filled = cv2.fillConvexPoly(np.zeros(cells.shape, np.uint8), hull, 1) > 0
    return filled if np.count_nonzero(filled) <= _CONVEX * len(rows) else cells


def eye_distance(mesh: FloatArray) -> float:
    """Between the outer corners of the eyes of a mesh (478, 2 or 3), in its units."""
    return float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))


def _window(mesh: FloatArray, image: ImageArray, cell: int) -> Window:
    """The lower face and what is around it, in whole cells, as far as the picture goes."""
    unit = eye_distance(mesh)
    lower = mesh[FACE_OVAL]
    low = np.array([lower[:, 0].min(), mesh[[70, 300], 1].mean()]) - (_AROUND * unit, 0)
    high = lower.max(axis=0) + _AROUND * unit
    size = np.array(image.shape[1::-1])
    low, high = (np.floor(each / cell).astype(int).clip(0, size // cell) * cell for each in (low, high))
    return Window(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _read_look(frame: ShotFrame, corner: tuple[int, int], shape: tuple[int, ...], cell: int) -> Look:
    return mean_cells(frame.image, corner, (shape[1], shape[0]), cell).astype(np.float32)
