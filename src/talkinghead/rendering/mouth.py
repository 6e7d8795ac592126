"""The inside of the mouth: where it shows, and what fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR
from talkinghead.face.rest import SEAM, closed_mouth, lip_gap, lips_touch
from talkinghead.rendering.rig import Rig
from talkinghead.types import FloatArray, ImageArray, Motion

PATCH_SIZE = (64, 48)
"""(width, height) px of generated mouths."""

MOUTH_WIDTH = 0.84
"""Width of the patch in the head frame."""

_EXTENT = np.array([MOUTH_WIDTH, MOUTH_WIDTH * PATCH_SIZE[1] / PATCH_SIZE[0]])
_CENTRE_DROP = 0.09  # eye distances from the corners of the mouth down to the patch's centre: mouths open downwards
_SHUT = 1e-3  # px
_LARGEST_ZOOM = 32  # of patches: enough for faces of 4000 px
# In eye distances. Where the portrait shows an open mouth, the edge of its teeth sticks to the lips, and a sliver of
# them would show between lips that nearly touch: lips nearer than the last of these are pressed together by the first,
# and the seam covers as much of either lip as the second.
PRESSED, _FRINGE, _NEARLY = 0.02, 0.009, 0.05
_UPPER, _LOWER = np.arange(1, 10), np.arange(19, 10, -1)  # facing points of the inner lip contour


@dataclass(frozen=True)
class Fill:
    """Fills a portrait's mouth.

    Attributes:
        paint: outlines (T, 20, 2) of the opening in patch px -> patches (T, height, width, 3) uint8.
        seam: colour (3,) of closed lips' seam if the portrait shows an open mouth, else None.
    """

    paint: Callable[[FloatArray], ImageArray]
    seam: ImageArray | None = None

    def __call__(self, outlines: FloatArray) -> ImageArray:
        return self.paint(outlines)


class MouthFiller(Protocol):
    """Makes the inside of mouths."""

    def prepare(self, image: ImageArray, rig: Rig, frame: MouthFrame) -> Fill:
        """Prepare to fill the mouth of a portrait (H, W, 3)."""
        ...


def mouth_rectangle(landmarks: FloatArray) -> FloatArray:
    """(3, 3) top left, top right and bottom left corner, in the head frame, of the mouth frame of a face (68, 3)."""
    x, y = (landmarks[60, :2] + landmarks[64, :2]) / 2
    left, top = np.array([x, y + _CENTRE_DROP]) - _EXTENT / 2
    depth = float(landmarks[60:68, 2].mean())
    right, bottom = left + _EXTENT[0], top + _EXTENT[1]
    return np.array([[left, top, depth], [right, top, depth], [left, bottom, depth]])


@dataclass(frozen=True)
class MouthFrame:
    """A rectangle in front of the teeth that moves with the head, not with the lips.

    Attributes:
        points: (3, 3) its top left, top right and bottom left corner in the head frame.
        softness: px, softness of the lips' edge in the picture.
    """

    points: FloatArray
    softness: float

    @classmethod
    def of(cls, rig: Rig) -> MouthFrame:
        """The frame of a portrait's mouth, placed by its lips at rest."""
        return cls(mouth_rectangle(closed_mouth(rig.landmarks)), softness=0.006 * rig.scale)

    def corners(self, motion: Motion, rig: Rig) -> FloatArray:
        """(T, 3, 2) px of the three corners under a motion."""
        return np.asarray(rig.pose(self.points, motion)[..., :2])

    def in_picture(self, rig: Rig) -> FloatArray:
        """(3, 2) px of the corners in the portrait."""
        return np.asarray((rig.scale * (self.points @ rig.matrix.T) + rig.origin)[:, :2])

    def outlines(self, motion: Motion, rig: Rig, openings: FloatArray) -> FloatArray:
        """Openings (T, 20, 2) px in the picture -> the same in patch px."""
        return in_patch(openings, self.corners(motion, rig))


def in_patch(points: FloatArray, corners: FloatArray) -> FloatArray:
    """Points (T, N, 2) px in the picture -> patch px, for corners (T, 3, 2) px of the patch."""
    origin = corners[:, 0]
    axes = np.stack([corners[:, 1] - origin, corners[:, 2] - origin], axis=-1)
    inside = np.linalg.solve(axes[:, None], (points - origin[:, None])[..., None])[..., 0]
    return np.asarray(inside * PATCH_SIZE - 0.5)


def patch_size(rig: Rig) -> tuple[int, int]:
    """(width, height) px of patches at the picture's resolution, a whole multiple of ``PATCH_SIZE``."""
    zoom = int(np.clip(np.ceil(MOUTH_WIDTH * rig.scale / PATCH_SIZE[0]), 1, _LARGEST_ZOOM))
    return PATCH_SIZE[0] * zoom, PATCH_SIZE[1] * zoom


def own_outline(rig: Rig, frame: MouthFrame) -> FloatArray:
    """(20, 2) patch px of the opening that the portrait itself shows."""
    contour = rig.source[INNER_LIP_CONTOUR]
    return np.asarray(in_patch(contour[None], frame.in_picture(rig)[None])[0])


def mouth_openings(placed: FloatArray, rig: Rig) -> FloatArray:
    """The openings between the lips.

    The mesh keeps a slit between lips that touch. The slit measured in the portrait is subtracted, so that closed lips
    are closed.

    Args:
        placed: (T, V, 3) px vertices.

    Returns:
        (T, 20, 2) px along the inner lip contour.
    """
    slit: FloatArray = lip_gaps(rig.source[INNER_LIP_CONTOUR], rig)
    if not lips_touch(rig.landmarks):
        slit = slit * (SEAM / float(lip_gap(rig.landmarks)))
        slit = slit + PRESSED * rig.scale * closeness(lip_gaps(placed[:, INNER_LIP_CONTOUR, :2], rig), rig)
    return narrow_openings(placed, rig, slit)


def lip_gaps(contour: FloatArray, rig: Rig) -> FloatArray:
    """(..., 9) px between facing points of inner lip contours (..., 20, 2) px, 0 where they have passed each other."""
    return np.maximum((contour[..., _LOWER, :] - contour[..., _UPPER, :]) @ rig.matrix[:2, 1], 0.0)


def narrow_openings(placed: FloatArray, rig: Rig, slit: FloatArray) -> FloatArray:
    """(T, 20, 2) px along the inner lip contour of vertices (T, V, 3) px, narrower by a slit (9,) or (T, 9) px."""
    contour = placed[:, INNER_LIP_CONTOUR, :2].copy()
    upper, lower = contour[:, _UPPER], contour[:, _LOWER]
    gap = (lower - upper) @ rig.matrix[:2, 1]
    share = np.clip((gap - slit) / np.maximum(gap, 1e-6), 0.0, 1.0)[..., None]
    middle = (upper + lower) / 2
    contour[:, _UPPER] = middle + share * (upper - middle)
    contour[:, _LOWER] = middle + share * (lower - middle)
    return contour


def seam_outlines(placed: FloatArray, rig: Rig) -> FloatArray:
    """What lies between the lips, with the fringe of teeth at lips that nearly touch.

    Args:
        placed: (T, V, 3) px vertices.

    Returns:
        (T, 20, 2) px along the inner lip contour.
    """
    contour = placed[:, INNER_LIP_CONTOUR, :2].copy()
    down = rig.matrix[:2, 1]
    gap = (contour[:, _LOWER] - contour[:, _UPPER]) @ down
    fringe = (_FRINGE * rig.scale * closeness(gap, rig))[..., None] * down
    contour[:, _UPPER] -= fringe
    contour[:, _LOWER] += fringe
    return contour


def closeness(gap: FloatArray, rig: Rig) -> FloatArray:
    """1 where the lips touch, 0 where they are farther apart than lips that nearly do; for gaps in px."""
    return np.asarray(np.clip(1.0 - gap / (_NEARLY * rig.scale), 0.0, 1.0))


def are_open(openings: FloatArray) -> npt.NDArray[np.bool_]:
    """(T,) whether the mouths with openings (T, 20, 2) px are open at all."""
    return np.asarray(np.abs(openings[:, _UPPER] - openings[:, _LOWER]).max(axis=(1, 2)) > _SHUT)


def lip_colour(image: ImageArray, rig: Rig) -> FloatArray:
    """(3,) median colour of the lips in a picture (H, W, 3), in [0, 255]."""
    points = (rig.source[OUTER_LIP_CONTOUR] + rig.source[INNER_LIP_CONTOUR]) / 2
    column, row = points.round().astype(int).clip(0, np.array(image.shape[1::-1]) - 1).T
    return np.asarray(np.median(image[row, column], axis=0))


def seam_colour(image: ImageArray, rig: Rig) -> ImageArray:
    """(3,) uint8 colour of the line between closed lips: that of the lips, darkened."""
    return np.asarray((0.55 * lip_colour(image, rig)).astype(np.uint8))


class FlatFiller:
    """For drawings: a dark mouth with a tongue, in flat colours taken from the drawing."""

    def prepare(self, image: ImageArray, rig: Rig, frame: MouthFrame) -> Fill:
        """See ``MouthFiller``."""
        low, high = rig.source[:468].min(axis=0).astype(int).clip(0), rig.source[:468].max(axis=0).astype(int)
        face = image[low[1] : high[1] + 1, low[0] : high[0] + 1].reshape(-1, 3).astype(np.float64)
        brightness = face @ (0.299, 0.587, 0.114)
        dark = np.median(face[brightness <= np.percentile(brightness, 3)], axis=0)
        lips = lip_colour(image, rig)
        cavity = np.clip(0.8 * dark + 0.12 * lips, 0, 255)
        tongue = np.clip(0.5 * cavity + 0.5 * lips * (0.9, 0.7, 0.7), 0, 255)
        width, height = patch_size(rig)
        zoom = width / PATCH_SIZE[0]
        rows, columns = ((place + 0.5) / zoom - 0.5 for place in np.mgrid[0:height, 0:width])

        def paint(outlines: FloatArray) -> ImageArray:
            patches = np.empty((len(outlines), height, width, 3), np.uint8)
            patches[:] = cavity.astype(np.uint8)
            bottom = outlines[..., 1].max(axis=1)[:, None, None]
            top = outlines[..., 1].min(axis=1)[:, None, None]
            middle = outlines[..., 0].mean(axis=1)[:, None, None]
            half_width = 0.32 * np.ptp(outlines[..., 0], axis=1)[:, None, None]
            reach = 0.38 * (bottom - top) + 1e-6
            inside = ((columns - middle) / half_width) ** 2 + ((rows - bottom) / reach) ** 2 < 1
            patches[inside] = tongue.astype(np.uint8)
            return patches

        return Fill(paint, None if lips_touch(rig.landmarks) else seam_colour(image, rig))
