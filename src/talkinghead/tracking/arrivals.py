"""Titles that come while a face is watched, known by their coming, even if the head keeps still behind them.

Something with straight edges that comes within a fifth of a second, as wide as the eyes are apart or wider, and then
stays as it is for a while, is no part of a face.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from talkinghead.tracking.face_cells import (
    CellsApart,
    FaceCells,
    Look,
    close_cells,
    find_front,
    leave_unexplained,
)
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import StillPart
from talkinghead.types import BoolArray, IndexArray

_COMES, _STAYS = 15.0, 8.0  # grey levels by which a cell changes then, at least, and later, at most
_LOOKS = 3  # a fifth of a second apart, in which it has to stay
_LEAST = 0.05  # square eye distances of it before the face
_WIDE, _HIGH = 1.0, 1.0  # eye distances, at least and at most
_CLOSED, _THIN = 0.13, 0.1  # eye distances between cells of one title; of what is too thin to be one
_FILLED, _SURE = 0.65, 0.85  # of the box around it, the share that it fills, and of its cells that of those that came
_EDGE, _SHARPER = 20.0, 2.0  # grey levels across its upper and lower edge; times as much as before it came
_ACROSS = 2  # cells on both sides of an edge
_THERE = 0.5  # how surely it has to be there to have stayed on
_GONE_S = 4.0  # after which it does not come again


@dataclass
class _Change:
    """What has changed at once.

    Attributes:
        before: the cells before.
        cells: the cells with which it was there.
        last: those that were seen last.
        came: (h, w) bool, which cells changed and have stayed as they are since.
        front: (h, w) bool, which lie before the face.
        looks: how often it was seen again.
    """

    before: FaceCells
    cells: FaceCells
    last: FaceCells
    came: BoolArray
    front: BoolArray
    looks: int = 0

    def is_seen_in(self, cells: FaceCells) -> bool:
        return (self.cells.corner, self.cells.look.shape, self.cells.cell) == (
            cells.corner,
            cells.look.shape,
            cells.cell,
        )

    def add(self, now: FaceCells) -> None:
        self.came &= cv2.absdiff(now.look, self.cells.look) < _STAYS
        self.last, self.looks = now, self.looks + 1


@dataclass
class ArrivalFinder:
    """Finds titles that come before a face; to be shown the frames in order.

    Attributes:
        fps: frames per second.
        parts: what was found, and is gone.
    """

    fps: float
    parts: list[StillPart] = field(default_factory=list)
    _pairs: CellsApart = field(init=False)
    _changes: list[_Change] = field(default_factory=list)
    _standing: list[StillPart] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pairs = CellsApart(self.fps)

    def __call__(self, frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
        """Compare what is seen in some frames in a row."""
        for frame, face in zip(frames, faces):
            if face is None:
                continue
            pair = self._pairs.read(frame, np.asarray(face.mesh[:, :2], np.float64))
            if pair is not None:
                self._follow(frame)
                self._look(*pair)

    def finish(self) -> tuple[StillPart, ...]:
        """All that was found."""
        return (*self.parts, *self._standing)

    def _follow(self, frame: ShotFrame) -> None:
        standing = []
        for part in self._standing:
            if part.is_in(frame.image) > _THERE:
                standing.append(replace(part, stop=frame.number))
            elif frame.number - part.stop > _GONE_S * self.fps:
                self.parts.append(part)
            else:
                standing.append(part)
        self._standing = standing

    def _look(self, before: FaceCells, now: FaceCells) -> None:
        waiting = []
        for change in self._changes:
            if change.is_seen_in(now):
                change.add(now)
                if change.looks < _LOOKS:
                    waiting.append(change)
                else:
                    self._standing += _find_titles(change)
        front, came = find_front(before, now), leave_unexplained(before, now) > _COMES
        if np.count_nonzero(came & front) >= _LEAST * now.unit**2:
            waiting.append(_Change(before, now, now, came, front))
        self._changes = waiting


def _find_titles(change: _Change) -> Iterator[StillPart]:
    """What of a change has the form of a title."""
    unit, cells = change.cells.unit, change.cells
    side = max(3, round(_THIN * unit) | 1)
    whole = cv2.morphologyEx(close_cells(change.came, _CLOSED * unit), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    whole = cv2.erode(whole, np.ones((3, 3), np.uint8))  # looks are compared around each cell
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(whole)
    for number in range(1, count):
        mask, box = labels == number, boxes[number]
        left, top, width, height, area = box.tolist()
        sure = mask & change.came & change.front
        if np.count_nonzero(sure) < _LEAST * unit**2 or width < _WIDE * unit or height > _HIGH * unit:
            continue
        if area < _FILLED * width * height or change.came[mask].mean() < _SURE:
            continue
        edge = _measure_edges(cells.look, box)
        if edge < max(_EDGE, _SHARPER * _measure_edges(change.before.look, box)):
            continue
        place = np.s_[top : top + height, left : left + width]
        corner = (cells.corner[0] + left * cells.cell, cells.corner[1] + top * cells.cell)
        look = change.last.look[place].round().astype(np.uint8)
        kept = np.ones((height, width), bool)  # where the title is as bright as what it hides, nothing comes
        yield StillPart(cells.number, change.last.number, corner, cells.cell, kept, sure[place], look)


def _measure_edges(look: Look, box: IndexArray) -> float:
    """Grey levels between the two sides of the upper edge of a box, plus those of the lower edge."""
    left, top, width, height = box[:4].tolist()
    rows = [row for row in (top, top + height - 1) if _ACROSS <= row < len(look) - _ACROSS]
    columns = slice(left, left + width)
    steps = [np.abs(look[row - _ACROSS, columns] - look[row + _ACROSS, columns]).mean() for row in rows]
    return float(sum(steps))
