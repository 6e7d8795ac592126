"""Pictures as a video codes them, luma and chroma apart; RGB is made only of the part that somebody looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.types.arrays import FloatArray, ImageArray, check_fps
from talkinghead.types.frames import ColourTags, Window

Plane = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Planes = tuple[Plane, Plane, Plane]

# Shares of red and blue in luma by the matrix's number in ITU-T H.273: BT.709, BT.601 (twice), BT.2020.
_LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
MATRICES = frozenset(_LUMA)
"""Numbers of the matrices between RGB and YUV that are known here."""


@dataclass(frozen=True)
class Coding:
    """How a video codes its pictures, as planes of Y, U and V, of which the last two have half the width and height.

    Attributes:
        tags: colours; ``matrix`` is one of ``MATRICES``.
        bits: of a value, 8 or 10.
        full: whether values have the full range of bits, else that of studios.
        aspect: width of a pixel over its height.
        screen: HDR10's description of the screen on which the video was graded and of its brightest light, as x265
            writes them; "" for none.
    """

    tags: ColourTags
    bits: int = 8
    full: bool = False
    aspect: Fraction = Fraction(1)
    screen: str = ""

    def matrix(self) -> tuple[FloatArray, FloatArray]:
        """Matrix (3, 3) and offset (3,) with which RGB in [0, 255] is ``yuv @ matrix.T + offset``."""
        red, blue = _LUMA[self.tags.matrix]
        green, top = 1 - red - blue, 2.0 ** (self.bits - 8)
        v_red, u_blue = 2 * (1 - red), 2 * (1 - blue)
        of_normal = np.array([[1, 0, v_red], [1, -u_blue * blue / green, -v_red * red / green], [1, u_blue, 0]])
        spans = np.full(3, 255.0) if self.full else np.array([219.0, 224.0, 224.0])
        matrix = of_normal * (255 / (spans * top))
        return matrix, -matrix @ (np.array([0.0 if self.full else 16.0, 128.0, 128.0]) * top)


@dataclass(frozen=True)
class CodedFrames:
    """Pictures in a row, as a video codes them. To be used as ``Frames``; planes are shared and never written to.

    Attributes:
        pictures: of each picture the planes Y (h, w), U and V (h / 2, w / 2), upright, uint8 or uint16.
        coding: what they mean.
        fps: frames per second.
        size: (width, height) px of the pictures as they are shown, with square pixels.
    """

    pictures: tuple[Planes, ...]
    coding: Coding
    fps: float
    size: tuple[int, int]

    def __post_init__(self) -> None:
        check_fps(self.fps)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: slice) -> CodedFrames:
        return replace(self, pictures=self.pictures[rows])

    @property
    def images(self) -> ImageArray:
        """(T, H, W, 3) uint8 RGB, with square pixels."""
        whole = Window(0, 0, *self.size)
        return np.stack([self.view(number, whole) for number in range(len(self))])

    def view(self, number: int, window: Window) -> ImageArray:
        """(h, w, 3) uint8 RGB: a window of a picture, in px as shown."""
        x, y = self._scale
        left, right = _even(window.left * x, window.right * x, self.pictures[number][0].shape[1])
        top, bottom = _even(window.top * y, window.bottom * y, self.pictures[number][0].shape[0])
        luma, *chroma = self.pictures[number]
        part = luma[top:bottom, left:right]
        size = (part.shape[1], part.shape[0])
        halves = [plane[top // 2 : -(-bottom // 2), left // 2 : -(-right // 2)].astype(np.float32) for plane in chroma]
        yuv = cv2.merge([part.astype(np.float32), *(_enlarge(half, size) for half in halves)])
        matrix, offset = self.coding.matrix()
        image = cv2.transform(yuv, np.column_stack([matrix, offset + 0.5]).astype(np.float32))
        image = image.clip(0, 255.4).astype(np.uint8)
        if (x, y) == (1, 1):
            return np.asarray(image[window.top - top : window.bottom - top, window.left - left : window.right - left])
        shown_from_part = np.array(
            [[1 / x, 0, (left + 0.5) / x - 0.5 - window.left], [0, 1 / y, (top + 0.5) / y - 0.5 - window.top]]
        )
        return np.asarray(
            cv2.warpAffine(image, shown_from_part, window.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        )

    def colours_at(self, number: int, points: FloatArray) -> FloatArray:
        """(N, 3) RGB in [0, 255] of a picture at points (N, 2) px as shown."""
        luma, u, v = self.pictures[number]
        places = ((points + 0.5) * self._scale - 0.5).round().astype(int)
        column, row = places.clip(0, np.array(luma.shape[::-1]) - 1).T
        yuv = np.stack([luma[row, column], u[row // 2, column // 2], v[row // 2, column // 2]], axis=1)
        matrix, offset = self.coding.matrix()
        return np.asarray((yuv @ matrix.T + offset).clip(0, 255))

    def with_views(self, changes: Mapping[int, tuple[Window, ImageArray, ImageArray]]) -> CodedFrames:
        """The same pictures but for windows of some of them; what does not change there keeps its values to the bit.

        Args:
            changes: for a picture's number a window, what ``view`` gave of it, and what it is to be.
        """
        pictures = list(self.pictures)
        for number, (window, before, after) in changes.items():
            pictures[number] = self._change(pictures[number], window, before, after)
        return replace(self, pictures=tuple(pictures))

    def _change(self, planes: Planes, window: Window, before: ImageArray, after: ImageArray) -> Planes:
        # The difference is added, so that no value suffers from being turned into RGB and back.
        difference = after.astype(np.float32) - before
        x, y = self._scale
        height, width = planes[0].shape
        left, right = _even(window.left * x, window.right * x, width)
        top, bottom = _even(window.top * y, window.bottom * y, height)
        part_from_shown = np.array(
            [[x, 0, (window.left + 0.5) * x - 0.5 - left], [0, y, (window.top + 0.5) * y - 0.5 - top]]
        )
        size = (right - left, bottom - top)
        if (x, y) == (1, 1):
            placed = np.zeros((size[1], size[0], 3), np.float32)
            placed[window.top - top :, window.left - left :][: window.height, : window.width] = difference
        else:
            placed = cv2.warpAffine(difference, part_from_shown, size, flags=cv2.INTER_LINEAR)
        yuv = cv2.transform(placed, np.linalg.inv(self.coding.matrix()[0]).astype(np.float32))
        luma, *chroma = (plane.copy() for plane in planes)
        _add(luma[top:bottom, left:right], yuv[..., 0])
        for plane, change in zip(chroma, cv2.split(yuv)[1:]):
            half = plane[top // 2 : -(-bottom // 2), left // 2 : -(-right // 2)]
            _add(half, cv2.resize(change, half.shape[::-1], interpolation=cv2.INTER_AREA))
        return luma, chroma[0], chroma[1]

    @property
    def _scale(self) -> tuple[float, float]:
        """Px of the planes per px as shown, across and down."""
        height, width = self.pictures[0][0].shape
        return width / self.size[0], height / self.size[1]


def _even(first: float, last: float, limit: int) -> tuple[int, int]:
    """The whole range of pairs of px around a range."""
    low = max(0, int(np.floor(first)) // 2 * 2)
    return low, min(limit, -(-int(np.ceil(last)) // 2) * 2)


def _enlarge(half: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """A plane (h, w) of half the size, or half a px more, as large as (width, height) px."""
    twice = cv2.resize(half, (2 * half.shape[1], 2 * half.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(twice[: size[1], : size[0]], np.float32)


def _add(plane: Plane, change: FloatArray) -> None:
    """Add a change (h, w) to a part (h, w) of a plane, in place."""
    # The sum is rounded, and kept within what the type holds, in one go.
    change = np.ascontiguousarray(change, np.float32)
    if plane.dtype == np.uint8:
        plane[:] = cv2.add(plane, change, dtype=cv2.CV_8U)
    else:
        plane[:] = np.minimum(cv2.add(plane, change, dtype=cv2.CV_16U), 1023)
