"""Pictures in a row: held in memory, or read from a file again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from talkinghead.types.arrays import FloatArray, ImageArray, check_array, check_fps


class Window(NamedTuple):
    """A rectangle of a picture, in px."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.width, self.height

    def of(self, image: np.ndarray[Any, Any]) -> Any:
        """That part of a picture (H, W, ...)."""
        return image[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True)
class Frames:
    """Pictures in a row. ``images``: (T, H, W, 3) uint8 RGB; ``fps``: frames per second."""

    images: ImageArray
    fps: float

    def __post_init__(self) -> None:
        check_array(self.images, (None, None, None, 3), "images", "u")
        check_fps(self.fps)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.images.shape[2], self.images.shape[1]

    def __getitem__(self, rows: slice) -> Frames:
        return Frames(self.images[rows], self.fps)

    def view(self, number: int, window: Window) -> ImageArray:
        """(h, w, 3) a window of a picture; it shares its memory."""
        return np.asarray(window.of(self.images[number]))

    def colours_at(self, number: int, points: FloatArray) -> FloatArray:
        """(N, 3) RGB in [0, 255] of a picture at points (N, 2) px."""
        column, row = points.round().astype(int).clip(0, np.array(self.size) - 1).T
        return np.asarray(self.images[number][row, column], np.float64)

    def with_views(self, changes: Mapping[int, tuple[Window, ImageArray, ImageArray]]) -> Frames:
        """The same pictures but for windows of some of them.

        Args:
            changes: for a picture's number a window, what ``view`` gave of it, and what it is to be.
        """
        images = self.images.copy()
        for number, (window, _, after) in changes.items():
            window.of(images[number])[:] = after
        return Frames(images, self.fps)


class VideoSource(Protocol):
    """A video that can be read again and again in constant memory, as ``Sound`` is for sound.

    Attributes:
        fps: frames per second, constant.
        size: (width, height) in px, upright and with square pixels.
        num_frames: how many frames ``chunks`` gives.
        digest: what its content is known by: other pictures or another rate have another.
        joins: the frames, but for the first, with which another file or stretch begins.
    """

    @property
    def fps(self) -> float:
        """Frames per second."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        ...

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        ...

    @property
    def digest(self) -> str:
        """What the content is known by."""
        ...

    @property
    def joins(self) -> tuple[int, ...]:
        """The frames with which another file or stretch begins."""
        ...

    def chunks(self) -> Iterator[Frames]:
        """The frames from the start, in order, a few at a time."""
        ...

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such frame.
        """
        ...


@dataclass(frozen=True)
class ColourTags:
    """How a file codes its colours, by the numbers of ITU-T H.273.

    Attributes:
        primaries: the colours of red, green and blue.
        transfer: the curve.
        matrix: from RGB to YUV.
    """

    primaries: int
    transfer: int
    matrix: int
