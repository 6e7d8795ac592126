"""The shell of renderers whose network draws the difference from the portrait's own picture, warped by the same motion.

What they draw lies in the square of the head; everything around it is the warped picture's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np

from talkinghead.rendering.crop import Crop
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_PIECE = 8  # frames made together
_ROUND = 2  # px about the square that its border reaches
_MEAN = np.full((1, 3), 1 / 3, np.float32)  # of three colours
_SPREAD = 2.0  # px of the network's picture over which changes are averaged

DrawChanges: TypeAlias = Callable[[int, ImageArray], FloatArray]
"""The first of some rows of a motion and their warped pictures (n, S, S, 3) uint8 in the square of the head -> levels
(n, S, S, 3) by which the network's pictures differ from them. It is called in several threads at once."""

_Piece: TypeAlias = "tuple[int, ImageArray]"


def render_over_warp(
    warp: WarpRenderer,
    draw_changes: DrawChanges,
    crop: Crop,
    motion: Motion,
    portrait: Portrait,
    *,
    tolerance: float | None = None,
) -> Iterator[Frames]:
    """One picture per row of the motion, of the portrait's size, in chunks.

    Args:
        warp: makes the warped pictures.
        draw_changes: of the network.
        crop: the square of the head.
        motion: how the face moves.
        portrait: the face.
        tolerance: levels of a change at which the warped picture's details, which are finer than what the network sees,
            fade: they do not belong where the network shows something else. None: they all stay.
    """

    def make(piece: _Piece) -> Frames:
        first, warped = piece
        own = np.stack([crop.extract(picture) for picture in warped])
        changes = draw_changes(first, own)
        # Around the square nothing changes.
        rows, columns, placed = _window(crop, warped.shape[2:0:-1])
        shown = warped[:, rows, columns]
        if tolerance is not None and crop.side > crop.size:
            shown = _fade_details(shown, own, changes, placed, tolerance)
        laid = warped.copy()
        laid[:, rows, columns] = _lay_over(shown, changes, placed)
        return Frames(laid, motion.fps)

    yield from side_by_side(make, _warp_pieces(warp, motion, portrait))


def _warp_pieces(warp: WarpRenderer, motion: Motion, portrait: Portrait) -> Iterator[_Piece]:
    """The first row of a piece, and its warped pictures (n, H, W, 3)."""
    first = 0
    for chunk in warp.render(motion, portrait):
        for start in range(0, len(chunk), _PIECE):
            yield first + start, chunk.images[start : start + _PIECE]
        first += len(chunk)


def _window(crop: Crop, size: tuple[int, int]) -> tuple[slice, slice, Crop]:
    """Rows and columns of a picture of ``size`` (width, height) px that a square covers, and the square among them."""
    width, height = size
    left, top = (max(0, int(np.floor(edge)) - _ROUND) for edge in (crop.left, crop.top))
    right = min(width, int(np.ceil(crop.left + crop.side)) + _ROUND)
    bottom = min(height, int(np.ceil(crop.top + crop.side)) + _ROUND)
    placed = replace(crop, left=crop.left - left, top=crop.top - top)
    return slice(top, max(top, bottom)), slice(left, max(left, right)), placed


def _fade_details(
    pictures: ImageArray, own: ImageArray, changes: FloatArray, crop: Crop, tolerance: float
) -> ImageArray:
    """Pictures (n, H, W, 3) that are no finer than their squares (n, S, S, 3) where these change much."""
    height, width = pictures.shape[1:3]
    faded = []
    for picture, square, change in zip(pictures, own, changes, strict=True):
        size = cv2.transform(np.abs(change, dtype=np.float32), _MEAN)
        share = 1 - np.exp(-np.square(cv2.GaussianBlur(size, (0, 0), _SPREAD) / tolerance))
        coarse = cv2.warpAffine(square, crop.affine, (width, height), flags=cv2.INTER_CUBIC)
        there = cv2.warpAffine(share, crop.affine, (width, height))
        faded.append(cv2.blendLinear(coarse, picture, there, 1 - there))
    return np.stack(faded)


def _lay_over(pictures: ImageArray, changes: FloatArray, crop: Crop) -> ImageArray:
    """Pictures (n, H, W, 3) with changes (n, S, S, 3) in levels added in the square of the head."""
    height, width = pictures.shape[1:3]
    laid = [
        cv2.add(picture, cv2.warpAffine(change.astype(np.float32), crop.affine, (width, height)), dtype=cv2.CV_8U)
        for picture, change in zip(pictures, changes, strict=True)
    ]
    return np.stack(laid)
