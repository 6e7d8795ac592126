"""Letters that run along a bar before a face, at a steady pace. The whole bar keeps its own pixels.

Two frames a fifth of a second apart are compared: what belongs to the face is then where the head has taken it, what
stands still is where it was, and letters that run are somewhere to the left or right of it. Where that is the better
account of many cells before the face, and is so again and again with the same pace, their rows are those of a ticker.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import scipy

from talkinghead.tracking.face_cells import CellsApart, FaceCells, Look, compare_looks, find_front, leave_unexplained
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import KeptPart
from talkinghead.types import BoolArray, ImageArray

_PACES = (0.05, 1.1)  # eye distances by which letters run in that time
_FINE = (-1.0, -0.5, 0.0, 0.5, 1.0)  # cells about what they should have run, that are tried
_SEEN = 5.0  # grey levels by which the best account of a cell must be better than the second
_CLEAR = 4.0  # times as much, by which it is clear
_BETTER = 0.5  # of what the second leaves unexplained, the share that the best one leaves at most
_LEAST = 0.025  # square eye distances of clear cells that tell of letters
_MOSTLY = 3  # times as many cells of a row for letters as against them
_SOME = 0.1  # of the cells of the row with the most of them
_AGREE, _MISSES = 4, 2  # comparisons that make a ticker; as many in a row may tell of none
_SOON_S = 0.2  # after they were seen last, letters are still there unless a comparison tells otherwise
_LOST_S = 2.0  # after which letters that were not seen are others
_CLOSED, _APART = 0.13, 0.5  # eye distances between rows of one ticker; between columns
_PADDED = 0.3  # eye distances of bar above and below letters, at most
_LIKE, _MUCH, _BETWEEN = 10.0, 0.85, 0.15  # grey levels about the bar's colour; of cells of a row of it, and of letters


@dataclass(frozen=True)
class _Account:
    """How well a shift of letters explains cells (h, w), all bool.

    Attributes:
        shift: cells to the right.
        surely: where it does so best.
        clear: where it does so by far.
        against: where another account is the better one.
    """

    shift: float
    surely: BoolArray
    clear: BoolArray
    against: BoolArray

    def rows(self, front: BoolArray) -> BoolArray:
        """(h,) which rows have letters, by what is before the face, ``front`` (h, w)."""
        surely, against = ((each & front).sum(axis=1) for each in (self.surely, self.against))
        return np.asarray(surely > _MOSTLY * against)


@dataclass
class _Run:
    """Letters that may be running.

    Attributes:
        pace: cells to the right per frame.
        cells: of the frame in which they were seen first.
        last: of the one in which they were seen last.
        counts: (4, H, W) of each cell of the whole frame in how many comparisons letters were surely there, and were
            not, and the same before the face.
        agreed: how many comparisons tell of them.
        missed: how many in a row do not.
        least: cells by which letters ran between two frames, at least: as many columns where they come in tell nothing.
    """

    pace: float
    cells: FaceCells
    last: FaceCells
    counts: npt.NDArray[np.uint16]
    agreed: int = 0
    missed: int = 0
    least: float = np.inf

    def add(self, account: _Account, before: FaceCells, now: FaceCells) -> None:
        box, front = _box(now), find_front(before, now)
        for count, seen in zip(self.counts, (account.surely, account.against)):
            count[box] += seen
        for count, seen in zip(self.counts[2:], (account.surely, account.against)):
            count[box] += seen & front
        self.pace = account.shift / (now.number - before.number)
        self.least = min(self.least, abs(account.shift))
        self.last, self.agreed, self.missed = now, self.agreed + 1, 0

    def rows(self) -> BoolArray:
        """(H,) which rows of the frame the letters are in, as far as the face shows."""
        return _rows_of(*self.counts[2:])


@dataclass
class TickerFinder:
    """Finds letters that run before a face; to be shown the frames in order.

    Attributes:
        fps: frames per second.
        parts: what was found, in order.
    """

    fps: float
    parts: list[KeptPart] = field(default_factory=list)
    _number: int = 0
    _pairs: CellsApart = field(init=False)
    _run: _Run | None = None

    def __post_init__(self) -> None:
        self._pairs = CellsApart(self.fps)

    def __call__(self, frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
        """Compare what is seen in some frames in a row."""
        for frame, face in zip(frames, faces):
            if face is not None:  # a ticker runs on across cuts
                self._number = frame.number
                pair = self._pairs.read(frame, np.asarray(face.mesh[:, :2], np.float64))
                if pair is not None:
                    self._compare(*pair, frame.image)

    def finish(self) -> tuple[KeptPart, ...]:
        """All that was found."""
        self._finish()
        return tuple(self.parts)

    def _compare(self, before: FaceCells, now: FaceCells, image: ImageArray) -> None:
        run = self._run
        if run is not None and (now.cell != run.cells.cell or now.number - run.last.number > _LOST_S * self.fps):
            self._finish()
        other = leave_unexplained(before, now)
        if self._run is not None:
            account = _explain(self._run.pace * (now.number - before.number), before, now, other)
            if np.count_nonzero(account.clear[self._run.rows()[_box(now)[0]]]) >= _LEAST * now.unit**2:
                self._run.add(account, before, now)
                return
            self._run.missed += 1
            if self._run.missed <= _MISSES:
                return
            self._finish()
        shift = _search(before, now, other)
        if shift is None:
            return
        account, front = _explain(shift, before, now, other), find_front(before, now)
        if np.count_nonzero((account.clear & front)[account.rows(front)]) >= _LEAST * now.unit**2:
            size = [side // now.cell for side in image.shape[:2]]
            self._run = _Run(0.0, before, now, np.zeros((4, *size), np.uint16))
            self._run.add(account, before, now)

    def _finish(self) -> None:
        run, self._run = self._run, None
        if run is not None and run.agreed >= _AGREE:
            last = run.last.number
            soon = not run.missed and self._number - last < _SOON_S * self.fps
            self.parts.extend(_find_bars(run, self._number if soon else last))


def _search(before: FaceCells, now: FaceCells, other: Look) -> int | None:
    """By how many cells letters before the face have run to the right, if any have."""
    front = find_front(before, now)
    rows = np.flatnonzero(front.any(axis=1))
    if not len(rows):
        return None
    box = np.s_[rows[0] : rows[-1] + 1]
    was, new, weight = before.look[box], now.look[box], front[box].astype(np.float32)
    unexplained = _BETTER * other[box] * weight
    columns = was.shape[1]
    best, found = 0.0, None
    for far in range(max(2, round(_PACES[0] * now.unit)), min(round(_PACES[1] * now.unit), columns // 2)):
        for shift in (far, -far):
            here, there = (
                np.s_[:, max(0, shift) : columns + min(0, shift)],
                np.s_[:, max(0, -shift) : columns - max(0, shift)],
            )
            left = cv2.absdiff(new[here], was[there]) * weight[here]
            gain = (unexplained[here] - left).sum(axis=1)
            if (total := float(gain[gain > 0].sum())) > best:
                best, found = total, shift
    return found


def _explain(shift: float, before: FaceCells, now: FaceCells, other: Look) -> _Account:
    """What letters that have run by about so many cells explain better than what else there is, which leaves (h, w)."""
    front, accounts = find_front(before, now), []
    for fine in _FINE:
        far = shift + fine
        left = compare_looks(now.look, before.move_by(np.array([[1, 0, far], [0, 1.0, 0]])))
        known = np.zeros(left.shape, bool)
        known[:, max(0, int(np.ceil(far)) + 1) : left.shape[1] + min(0, int(np.floor(far)) - 1)] = True
        surely = known & (other > _SEEN + left) & (left < _BETTER * other)
        clear = known & (other > _CLEAR * _SEEN) & (left < _BETTER**2 * other)
        accounts.append(_Account(far, surely, clear, known & (left > _SEEN + other)))
    return max(accounts, key=lambda each: np.count_nonzero(each.surely & front))


def _find_bars(run: _Run, last: int) -> Iterator[KeptPart]:
    """The rows of the letters, as wide as they run, and what else is of the colour between them."""
    unit, cell = run.cells.unit, run.cells.cell
    surely, against, inner = run.counts[:3]
    # Beside the chin, letters reach further down than before it.
    rows = scipy.ndimage.binary_closing(
        run.rows() | _rows_of(surely, against), np.ones(2 * round(_CLOSED * unit / 2) + 1)
    )
    for band in _stretches(rows):
        seen = _rows_of(surely[band].T, against[band].T)
        width = 2 * round(_APART * unit / 2) + 1
        columns = scipy.ndimage.binary_closing(np.pad(seen, width), np.ones(width))[width:-width]
        for across in _stretches(columns):
            if inner[band, across].sum() < _AGREE * _LEAST * unit**2:
                continue
            more = round(run.least) + 1
            left = max(0, across.start - (more if run.pace > 0 else 1))
            right = min(surely.shape[1], across.stop + (more if run.pace < 0 else 1))
            whole = _pad(band, across, run)
            mask = np.ones((whole.stop - whole.start, right - left), bool)
            yield KeptPart(run.cells.number, last, (left * cell, whole.start * cell), cell, mask)


def _pad(band: slice, across: slice, run: _Run) -> slice:
    """The rows of letters, and those above and below that are of one colour, which is there between letters, too."""
    grey = np.full((2, *run.counts.shape[1:]), np.nan, np.float32)
    for layer, cells in zip(grey, (run.cells, run.last)):
        layer[_box(cells)] = cells.look
    grey = grey[:, :, across]
    most = round(_PADDED * run.cells.unit)

    def count_rows(rows: range) -> int:
        """How many in a row are the bar's."""
        colour = None
        for count, row in enumerate(rows[:most]):
            colours = [layer[row][np.isfinite(layer[row])] for layer in grey]
            if any(len(each) == 0 for each in colours):
                return count
            colour = float(np.median(colours[0])) if colour is None else colour
            if any(np.mean(np.abs(each - colour) < _LIKE) < _MUCH for each in colours):
                return count
            if count == 0 and np.nanmean(np.abs(grey[:, band] - colour) < _LIKE) < _BETWEEN:
                return 0
        return min(most, len(rows))

    above, below = count_rows(range(band.start - 1, -1, -1)), count_rows(range(band.stop, grey.shape[1]))
    return slice(band.start - above, band.stop + below)


def _rows_of(surely: npt.NDArray[np.uint16], against: npt.NDArray[np.uint16]) -> BoolArray:
    """(H,) the rows in which letters are by counts (H, W) for and against them."""
    yes, no = surely.sum(axis=1), against.sum(axis=1)
    return np.asarray((yes > _MOSTLY * no) & (yes > _SOME * yes.max()))


def _stretches(marked: BoolArray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.pad(marked.astype(np.int8), 1)))
    return [slice(first, last) for first, last in zip(edges[::2].tolist(), edges[1::2].tolist())]


def _box(cells: FaceCells) -> tuple[slice, slice]:
    """Where cells are among all of the frame."""
    left, top = (side // cells.cell for side in cells.corner)
    height, width = cells.look.shape
    return np.s_[top : top + height, left : left + width]
