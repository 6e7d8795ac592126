"""Something that stands still before a face: where it is, and in which frames it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from talkinghead.types import BoolArray, FloatArray, ImageArray, IndexArray, Window

_RIM = 1  # cells around a part that are kept with it
_ALIKE = (0.4, 0.75)  # correlation with what was seen before: from none of a part to all
_FEWEST = 8  # cells that tell whether it is there
_SAME = 0.8  # of the cells of two parts that are one
_NEAR_S = 4.0  # before and after which a part may be there, too


@dataclass(frozen=True)
class KeptPart:
    """A part of the frame that keeps its pixels for a while.

    Attributes:
        start: the first frame in which it was seen.
        stop: the last one.
        corner: (left, top) px of its box in the frame, whole cells.
        cell: px of a side of a cell.
        mask: (h, w) bool, which cells keep their pixels.
    """

    start: int
    stop: int
    corner: tuple[int, int]
    cell: int
    mask: BoolArray

    def may_show(self, frame: int, fps: float) -> bool:
        """Whether the part may be there in a frame."""
        del fps
        return self.start <= frame <= self.stop

    def in_window(self, image: ImageArray, window: Window) -> FloatArray | None:
        """How much of each pixel of a window is the part's; None if it is not there.

        Args:
            image: (h, w, 3) uint8, what the frame shows in the window.
            window: of the frame.

        Returns:
            (h, w) float32 in [0, 1].
        """
        share = self._find(image, window)
        if share == 0:
            return None
        margin = 3 * _RIM
        soft = cv2.dilate(np.pad(self.mask.astype(np.float32), margin), np.ones((2 * _RIM + 1,) * 2, np.uint8))
        soft = np.minimum(1, 2 * cv2.GaussianBlur(soft, (0, 0), _RIM / 2))
        corner = np.array(self.corner) - (window.left, window.top) - margin * self.cell + (self.cell - 1) / 2
        pixel_from_cell = np.column_stack([self.cell * np.eye(2), corner])
        return np.asarray(share * cv2.warpAffine(soft, pixel_from_cell, window.size, flags=cv2.INTER_LINEAR))

    def _find(self, image: ImageArray, window: Window) -> float:
        """How surely the part is there."""
        first, last = self._box_in(window)
        return float(image.size > 0 and bool((last > first).all()))

    def _box_in(self, window: Window) -> tuple[IndexArray, IndexArray]:
        """The first whole cells (column, row) in a window, and the ones after the last."""
        sides = np.array([window.left, window.top, window.right, window.bottom]) - np.tile(self.corner, 2)
        return np.maximum(-(-sides[:2] // self.cell), 0), np.minimum(sides[2:] // self.cell, self.mask.shape[::-1])


@dataclass(frozen=True)
class StillPart(KeptPart):
    """Something that stands still before a face for a while.

    Attributes:
        sure: (h, w) bool, the cells of the mask that were seen to stand still before the face.
        look: (h, w) uint8, grey, what they show.
    """

    sure: BoolArray
    look: ImageArray

    def _find(self, image: ImageArray, window: Window) -> float:
        """How surely the part is there."""
        first, last = self._box_in(window)
        if (last <= first).any():
            return 0.0
        box = np.s_[first[1] : last[1], first[0] : last[0]]
        sure = self.sure[box]
        if np.count_nonzero(sure) < _FEWEST:
            return 0.0
        left, top = (first * self.cell + self.corner - (window.left, window.top)).tolist()
        width, height = (last - first).tolist()
        alike = _correlate(mean_cells(image, (left, top), (width, height), self.cell)[sure], self.look[box][sure])
        return float(np.clip((alike - _ALIKE[0]) / (_ALIKE[1] - _ALIKE[0]), 0, 1))

    def is_in(self, image: ImageArray) -> float:
        """How surely a whole frame (H, W, 3) shows the part, from 0 to 1."""
        return self._find(image, Window(0, 0, image.shape[1], image.shape[0]))

    def extend(self, other: StillPart, fps: float) -> StillPart | None:
        """The same until another one ends; None unless that is the same a little later."""
        late = other.start - self.stop > _NEAR_S * fps
        if late or other.cell != self.cell or self._overlap(other) < _SAME:
            return None
        return replace(self, stop=other.stop)

    def _overlap(self, other: StillPart) -> float:
        """Cells of both, relative to those of the larger one."""
        shift = (np.array(other.corner) - self.corner) // self.cell
        low = np.maximum(shift, 0)
        high = np.minimum(shift + other.mask.shape[::-1], self.mask.shape[::-1])
        if (high <= low).any():
            return 0.0
        mine = self.mask[low[1] : high[1], low[0] : high[0]]
        theirs = other.mask[low[1] - shift[1] : high[1] - shift[1], low[0] - shift[0] : high[0] - shift[0]]
        larger = max(np.count_nonzero(self.mask), np.count_nonzero(other.mask))
        return np.count_nonzero(mine & theirs) / larger

    def may_show(self, frame: int, fps: float) -> bool:
        """Whether the part may be there in a frame."""
        return self.start - _NEAR_S * fps <= frame <= self.stop + _NEAR_S * fps


def keep_stills(parts: Sequence[KeptPart], image: ImageArray, window: Window) -> FloatArray | None:
    """How much of each pixel of a window of a frame stands still; None if nothing does.

    Args:
        parts: that may be there.
        image: (h, w, 3) uint8, what the frame shows in the window.
        window: of the frame.

    Returns:
        (h, w) float32 in [0, 1].
    """
    shares = [share for part in parts if (share := part.in_window(image, window)) is not None]
    return np.maximum.reduce(shares) if shares else None


def mean_cells(image: ImageArray, corner: tuple[int, int], size: tuple[int, int], cell: int) -> ImageArray:
    """(h, w) uint8 grey: the means of cells of a picture (H, W, 3) from a corner (left, top) px on."""
    part = image[corner[1] :, corner[0] :][: size[1] * cell, : size[0] * cell]
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey if cell == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _correlate(one: ImageArray, other: ImageArray) -> float:
    """Of two times N grey levels; 0 where they are all alike."""
    first, second = (each.astype(np.float64) - each.mean() for each in (one, other))
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second) + 1e-6))
