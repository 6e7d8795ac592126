"""What stands still before a moving face: titles, logos, microphones on their stands. It keeps its own pixels.

The face is compared with itself a little earlier, when the head was elsewhere. What belongs to it is then where the
head has taken it; what lies over the picture is where it was. Cells in which the second is the better account again and
again, beside those between them, make a part that stands still.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.face.landmarks import FACE_OVAL, STABLE
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import StillPart, mean_cells
from talkinghead.types import BoolArray, FloatArray, ImageArray, IndexArray, Window

_CELLS = 56  # per eye distance
_AROUND = 0.45  # eye distances beside the lower face that are looked at, too
_LATER_S, _OLDEST_S = 0.2, 8.0  # than the picture with which a face is compared
_MOVED, _MOVED_S = (0.03, 0.012), 1.5  # eye distances by which the head is elsewhere then: for so long, and after that
_MOVED_PX = 1.2
_PAIRS, _FEWEST = 8, 2  # pictures that are compared before it is decided; as few tell something
_VOTES = 3  # of them for a cell that stands still, where a clear one counts twice
_SEEN = 5.0  # grey levels by which the better account of a cell must be better
_CLEAR = 4.0  # times as much, by which it is clear
_BETTER = 0.5  # of what the worse one leaves unexplained, the share that the better one leaves at most
_MOSTLY = 0.7  # of the pictures in which a cell tells something
_CLOSED, _APART = 0.13, 0.5  # eye distances between cells that belong to a part as well; between those of one part
_REACH = 0.6  # eye distances outside the face to which a part is followed
_WITHIN = 0.08  # eye distances inside the outline of the face, at which it is surely the face that is seen
_CONVEX = 1.5  # size of a convex hull relative to what it is around, up to which it is taken
_RECENT = 8  # parts, one of which may last
_LEAST = 0.025  # square eye distances of clear cells inside the face that make a part


@dataclass
class _Block:
    """What is known of a part of the frame.

    Attributes:
        corner: (left, top) px.
        cell: px of a side of a cell.
        first: number of the first frame that was compared.
        number: of the frame that the next one is compared with.
        mesh: (478, 2) cells of the face in it.
        look: (h, w) float32 grey.
        pairs: how many frames were compared.
        counts: (3, h, w) in how many of them each cell stood still, clearly did so, and told anything.
        inner: the same where the cell surely showed the face.
        shown: (h, w) float32, what each cell showed when it stood still last.
    """

    corner: tuple[int, int]
    cell: int
    first: int
    number: int
    mesh: FloatArray
    look: npt.NDArray[np.float32]
    pairs: int = 0
    counts: npt.NDArray[np.uint8] = field(init=False)
    inner: npt.NDArray[np.uint8] = field(init=False)
    shown: npt.NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self.counts, self.inner = (np.zeros((3, *self.look.shape), np.uint8) for _ in range(2))
        self.shown = self.look


@dataclass
class StillFinder:
    """Finds what stands still before a face; to be shown the frames in order.

    Attributes:
        fps: frames per second.
        parts: what was found, in order.
    """

    fps: float
    parts: list[StillPart] = field(default_factory=list)
    _block: _Block | None = None

    def __call__(self, frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
        """Compare what is seen in some frames in a row."""
        for frame, face in zip(frames, faces):
            if face is not None:  # a title that comes may look like a cut, and a true one tells of nothing that stands
                self._look(frame, np.asarray(face.mesh[:, :2], np.float64))

    def finish(self) -> tuple[StillPart, ...]:
        """All that was found."""
        self._finish()
        return tuple(self.parts)

    def _look(self, frame: ShotFrame, mesh: FloatArray) -> None:
        block = self._block
        if block is not None and frame.number - block.number < _LATER_S * self.fps:
            return
        if block is None or not _holds(block, mesh, frame.image):
            self._finish()
            self._block = _open(frame, mesh)
            return
        unit = _eye_distance(mesh)
        placed = (mesh - block.corner + 0.5) / block.cell - 0.5
        move = _affine(block.mesh, placed)
        lower = block.mesh[FACE_OVAL[9:28]]
        away = float(np.median(np.linalg.norm(lower @ move[:, :2].T + move[:, 2] - lower, axis=1))) * block.cell
        waited = (frame.number - block.number) / self.fps
        late = waited > _OLDEST_S
        if away < max(_MOVED_PX, _MOVED[waited > _MOVED_S] * unit) and not late:
            return
        look = mean_cells(frame.image, block.corner, block.look.shape[::-1], block.cell).astype(np.float32)
        if not late:
            _compare(block, look, placed, move)
        block.look, block.mesh, block.number = look, placed, frame.number
        if block.pairs >= _PAIRS:
            self._finish()
            self._block = _open(frame, mesh)

    def _finish(self) -> None:
        block, self._block = self._block, None
        if block is None or block.pairs < _FEWEST:
            return
        for part in _find_parts(block):
            known = self.parts[-_RECENT:]
            longer = [each.extend(part, self.fps) for each in known]
            place = next((number for number, each in enumerate(longer) if each is not None), None)
            if place is None:
                self.parts.append(part)
            else:
                self.parts[len(self.parts) - len(known) + place] = cast(StillPart, longer[place])


def _open(frame: ShotFrame, mesh: FloatArray) -> _Block | None:
    cell = max(1, round(_eye_distance(mesh) / _CELLS))
    window = _window(mesh, frame.image, cell)
    size = ((window.right - window.left) // cell, (window.bottom - window.top) // cell)
    if min(size) < 8:
        return None
    corner = (window.left, window.top)
    look = mean_cells(frame.image, corner, size, cell).astype(np.float32)
    return _Block(corner, cell, frame.number, frame.number, (mesh - corner + 0.5) / cell - 0.5, look)


def _window(mesh: FloatArray, image: ImageArray, cell: int) -> Window:
    """The lower face and what is around it, in whole cells, as far as the picture goes."""
    unit = _eye_distance(mesh)
    lower = mesh[FACE_OVAL]
    low = np.array([lower[:, 0].min(), mesh[[70, 300], 1].mean()]) - (_AROUND * unit, 0)
    high = lower.max(axis=0) + _AROUND * unit
    size = np.array(image.shape[1::-1])
    low, high = (np.floor(each / cell).astype(int).clip(0, size // cell) * cell for each in (low, high))
    return Window(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _holds(block: _Block, mesh: FloatArray, image: ImageArray) -> bool:
    """Whether a block still lies around the lower face."""
    unit, window = _eye_distance(mesh), _window(mesh, image, block.cell)
    have = np.array([*block.corner, *(np.array(block.look.shape[::-1]) * block.cell + block.corner)])
    want = np.array([window.left, window.top, window.right, window.bottom])
    return bool(np.abs(have - want).max() < 0.6 * _AROUND * unit + block.cell)


def _compare(block: _Block, look: npt.NDArray[np.float32], mesh: FloatArray, move: FloatArray) -> None:
    """Note for each cell which account is the better one: that it moves with the head, or that it stands still."""
    size = look.shape[::-1]
    moved = cv2.warpAffine(block.look, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    as_still, as_moved = (cv2.blur(cv2.absdiff(look, each), (3, 3)) for each in (block.look, moved))
    inside = _inside(look.shape, mesh) & _inside(look.shape, block.mesh)
    above = inside.copy()
    above[max(0, round(mesh[0, 1])) :] = False  # the upper lip
    if as_still[above].sum() <= as_moved[above].sum():
        return  # the face has hardly moved, the tracker errs
    still, moves = as_moved > _SEEN + as_still, as_still > _SEEN + as_moved
    surely = still & (as_still < _BETTER * as_moved)
    clearly = (as_moved > _CLEAR * _SEEN) & (as_still < _BETTER**2 * as_moved)
    counts = np.stack([surely, clearly, still | moves])
    block.counts += counts
    block.inner += counts * inside
    block.shown = np.where(surely, look, block.shown)
    block.pairs += 1


def _find_parts(block: _Block) -> Iterator[StillPart]:
    unit = _eye_distance(block.mesh)
    sure, inner = (
        (still + clear >= _VOTES) & (still >= _MOSTLY * told) for still, clear, told in (block.counts, block.inner)
    )
    clear = inner & (block.inner[1] >= _FEWEST)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(_close(inner, _CLOSED * unit))
    mask = np.zeros(sure.shape, bool)
    for number in range(1, count):
        if np.count_nonzero(clear & (labels == number)) >= _LEAST * unit**2:
            mask |= _follow(sure, labels == number, boxes[number], unit)
    mask = scipy.ndimage.binary_fill_holes(_close(mask, _CLOSED * unit))
    # Words side by side are one part.
    together = cv2.dilate(mask.astype(np.uint8), _disc(_APART * unit / 2))
    count, labels = cv2.connectedComponents(together)
    for number in range(1, count):
        mine = _straighten(mask & (labels == number))
        left, top, width, height = cv2.boundingRect(mine.astype(np.uint8))
        box = np.s_[top : top + height, left : left + width]
        corner = (block.corner[0] + left * block.cell, block.corner[1] + top * block.cell)
        look = block.shown[box].round().astype(np.uint8)
        yield StillPart(block.first, block.number, corner, block.cell, mine[box], (mine & inner)[box], look)


def _follow(sure: BoolArray, part: BoolArray, box: IndexArray, unit: float) -> BoolArray:
    """What belongs to a part outside the face: beside it, above it and below it, but not across its corners."""
    left, top, width, height = box[:4].tolist()
    near = cv2.dilate(part.astype(np.uint8), _disc(_REACH * unit)) > 0
    rows, columns = np.zeros((2, max(sure.shape)), bool)
    rows[top : top + height], columns[left : left + width] = True, True
    cross = rows[: sure.shape[0], None] | columns[None, : sure.shape[1]]
    return np.asarray(part | (sure & near & cross))


def _straighten(cells: BoolArray) -> BoolArray:
    """Cells (h, w), or their convex hull if that is hardly larger, as of bars, boxes and lines of text."""
    rows, columns = np.nonzero(cells)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
    filled = cv2.fillConvexPoly(np.zeros(cells.shape, np.uint8), hull, 1) > 0
    return filled if np.count_nonzero(filled) <= _CONVEX * len(rows) else cells


def _close(cells: BoolArray, across: float) -> ImageArray:
    """Cells (h, w), and those between them that are less apart than that."""
    margin = max(1, round(across / 2))
    padded = cv2.copyMakeBorder(cells.astype(np.uint8), *(4 * (margin,)), cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(across / 2))
    return np.asarray(closed[margin:-margin, margin:-margin])


def _inside(shape: tuple[int, ...], mesh: FloatArray) -> BoolArray:
    """Which cells (h, w) surely show the face (478, 2)."""
    face = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(face, [mesh[FACE_OVAL].round().astype(np.int32)], 1)
    return np.asarray(cv2.erode(face, _disc(_WITHIN * _eye_distance(mesh)), borderValue=0) > 0)


def _affine(before: FloatArray, after: FloatArray) -> FloatArray:
    """(2, 3) that brings the head of one mesh (478, 2) onto that of another, lips and jaw left aside."""
    points = np.column_stack([before[STABLE], np.ones(len(STABLE))])
    return np.asarray(np.linalg.lstsq(points, after[STABLE], rcond=None)[0].T)


def _disc(radius: float) -> npt.NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _eye_distance(mesh: FloatArray) -> float:
    return float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
