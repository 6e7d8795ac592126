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

from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.tracking.face_cells import (
    FaceCells,
    Look,
    close_cells,
    compare_looks,
    disc,
    eye_distance,
    read_cells,
    straighten_cells,
)
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import StillPart
from talkinghead.types import BoolArray, FloatArray, IndexArray

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
_RECENT = 8  # parts, one of which may last
_LEAST = 0.025  # square eye distances of clear cells inside the face that make a part ...
_LEAST_OFTEN = 0.06  # ... and of cells, clear or not, that stand still often:
_OFTEN, _TIMES = 0.6, 4  # in that share of the pictures, and in as many at least


@dataclass
class _Block:
    """What is known of a part of the frame.

    Attributes:
        first: number of the first frame that was compared.
        cells: of the frame that the next one is compared with.
        pairs: how many frames were compared.
        counts: (3, h, w) in how many of them each cell stood still, clearly did so, and told anything.
        inner: the same where the cell surely showed the face.
        shown: (h, w) float32, what each cell showed when it stood still last.
    """

    first: int
    cells: FaceCells
    pairs: int = 0
    counts: npt.NDArray[np.uint8] = field(init=False)
    inner: npt.NDArray[np.uint8] = field(init=False)
    shown: Look = field(init=False)

    def __post_init__(self) -> None:
        self.counts, self.inner = (np.zeros((3, *self.cells.look.shape), np.uint8) for _ in range(2))
        self.shown = self.cells.look


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
        if block is not None and frame.number - block.cells.number < _LATER_S * self.fps:
            return
        if block is None or not block.cells.lie_around(mesh, frame.image):
            self._finish()
            self._open(frame, mesh)
            return
        before = block.cells
        move = before.head_move_to(before.place(mesh))
        lower = before.mesh[FACE_OVAL[9:28]]
        away = float(np.median(np.linalg.norm(lower @ move[:, :2].T + move[:, 2] - lower, axis=1))) * before.cell
        waited = (frame.number - before.number) / self.fps
        late = waited > _OLDEST_S
        if away < max(_MOVED_PX, _MOVED[waited > _MOVED_S] * eye_distance(mesh)) and not late:
            return
        now = before.read(frame, mesh)
        if not late:
            _compare(block, now, before.move_by(move))
        block.cells = now
        if block.pairs >= _PAIRS:
            self._finish()
            self._open(frame, mesh)

    def _open(self, frame: ShotFrame, mesh: FloatArray) -> None:
        cells = read_cells(frame, mesh)
        self._block = None if cells is None else _Block(frame.number, cells)

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


def _compare(block: _Block, now: FaceCells, moved: Look) -> None:
    """Note for each cell which account is the better one: that it moves with the head, or that it stands still."""
    as_still, as_moved = (compare_looks(now.look, each) for each in (block.cells.look, moved))
    inside = now.inside & block.cells.inside
    above = inside.copy()
    above[max(0, round(now.mesh[0, 1])) :] = False  # the upper lip
    if as_still[above].sum() <= as_moved[above].sum():
        return  # the face has hardly moved, the tracker errs
    still, moves = as_moved > _SEEN + as_still, as_still > _SEEN + as_moved
    surely = still & (as_still < _BETTER * as_moved)
    clearly = (as_moved > _CLEAR * _SEEN) & (as_still < _BETTER**2 * as_moved)
    counts = np.stack([surely, clearly, still | moves])
    block.counts += counts
    block.inner += counts * inside
    block.shown = np.where(surely, now.look, block.shown)
    block.pairs += 1


def _find_parts(block: _Block) -> Iterator[StillPart]:
    cells, unit = block.cells, block.cells.unit
    sure, inner = (
        (still + clear >= _VOTES) & (still >= _MOSTLY * told) for still, clear, told in (block.counts, block.inner)
    )
    clear = inner & (block.inner[1] >= _FEWEST)
    often = inner & (block.inner[0] >= max(_TIMES, _OFTEN * block.pairs))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(close_cells(inner, _CLOSED * unit))
    mask = np.zeros(sure.shape, bool)
    for number in range(1, count):
        mine = labels == number
        enough = np.count_nonzero(clear & mine) >= _LEAST * unit**2
        if enough or np.count_nonzero(often & mine) >= _LEAST_OFTEN * unit**2:
            mask |= _follow(sure, mine, boxes[number], unit)
    mask = scipy.ndimage.binary_fill_holes(close_cells(mask, _CLOSED * unit))
    # Words side by side are one part.
    together = cv2.dilate(mask.astype(np.uint8), disc(_APART * unit / 2))
    count, labels = cv2.connectedComponents(together)
    for number in range(1, count):
        mine = straighten_cells(mask & (labels == number))
        left, top, width, height = cv2.boundingRect(mine.astype(np.uint8))
        box = np.s_[top : top + height, left : left + width]
        corner = (cells.corner[0] + left * cells.cell, cells.corner[1] + top * cells.cell)
        look = block.shown[box].round().astype(np.uint8)
        yield StillPart(block.first, cells.number, corner, cells.cell, mine[box], (mine & inner)[box], look)


def _follow(sure: BoolArray, part: BoolArray, box: IndexArray, unit: float) -> BoolArray:
    """What belongs to a part outside the face: beside it, above it and below it, but not across its corners."""
    left, top, width, height = box[:4].tolist()
    near = cv2.dilate(part.astype(np.uint8), disc(_REACH * unit)) > 0
    rows, columns = np.zeros((2, max(sure.shape)), bool)
    rows[top : top + height], columns[left : left + width] = True, True
    cross = rows[: sure.shape[0], None] | columns[None, : sure.shape[1]]
    return np.asarray(part | (sure & near & cross))
