"""Painting the inside of the mouth into frames; neither warping nor a network trained on few people can show it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from talkinghead.rendering.mouth import MouthFiller, MouthFrame, mouth_openings, seam_outlines
from talkinghead.rendering.outline import blend, coverage, smooth_outline
from talkinghead.rendering.rig import Rig
from talkinghead.types import FloatArray, ImageArray, Motion


class MouthPainter:
    """A portrait's mouth, ready to be painted.

    Args:
        image: (H, W, 3) uint8, the portrait.
        rig: of the portrait.
        filler: makes the inside of the mouth.
    """

    def __init__(self, image: ImageArray, rig: Rig, filler: MouthFiller) -> None:
        self._rig, self._frame = rig, MouthFrame.of(rig)
        self._fill = filler.prepare(image, rig, self._frame)

    def paint(self, frames: ImageArray, motion: Motion, placed: FloatArray) -> None:
        """Paint the mouths of a motion into frames (T, H, W, 3), in place; other arguments as for ``mouths``."""
        mouths = self.mouths(motion, placed)
        for row, frame in enumerate(frames):
            mouths.paint(frame, row)

    def mouths(self, motion: Motion, placed: FloatArray) -> Mouths:
        """The mouths of a motion.

        Args:
            motion: T rows.
            placed: (T, V, 3) px, the rig's vertices under that motion.
        """
        openings = mouth_openings(placed, self._rig)
        patches = self._fill(self._frame.outlines(motion, self._rig, openings))
        between = seam_outlines(placed, self._rig)
        return Mouths(
            openings, between, patches, self._frame.corners(motion, self._rig), self._fill.seam, self._frame.softness
        )


@dataclass(frozen=True)
class Mouths:
    """One mouth for each row of a motion.

    Attributes:
        openings: (T, 20, 2) px, outlines of the openings between the lips.
        between: (T, 20, 2) px, what lies between the lips: opening and seam.
        patches: (T, h, w, 3) uint8, the inside of the mouths.
        corners: (T, 3, 2) px, top left, top right and bottom left corner of the patches.
        seam: (3,) colour of closed lips' seam where the portrait shows an open mouth, else None.
        softness: px, of the lips' edge.
    """

    openings: FloatArray
    between: FloatArray
    patches: ImageArray
    corners: FloatArray
    seam: ImageArray | None
    softness: float

    def paint(self, frame: ImageArray, row: int) -> None:
        """Paint the mouth of a row into a frame (H, W, 3), in place."""
        if self.seam is not None:
            paint_seam(frame, self.between[row], self.seam, softness=self.softness)
        paint_inside(frame, self.openings[row], self.patches[row], self.corners[row], softness=self.softness)


def paint_seam(
    frame: ImageArray, between: FloatArray, colour: ImageArray, *, softness: float, opacity: float = 1.0
) -> None:
    """Paint what lies between lips that touch into a frame (H, W, 3), in place.

    Args:
        frame: uint8.
        between: (20, 2) px, outline of it.
        colour: (3,) uint8.
        softness: px, of its edge.
        opacity: in [0, 1].
    """
    mask, at = coverage(smooth_outline(between), frame.shape, soften=softness)
    blend(frame, np.broadcast_to(colour, (*mask.shape, 3)), opacity * mask, at)


def paint_inside(
    frame: ImageArray,
    opening: FloatArray,
    patch: ImageArray,
    corners: FloatArray,
    *,
    softness: float,
    opacity: float = 1.0,
) -> None:
    """Paint the inside of a mouth into a frame (H, W, 3), in place.

    Args:
        frame: uint8.
        opening: (20, 2) px, outline of the opening between the lips.
        patch: (h, w, 3) uint8, the inside.
        corners: (3, 2) px, top left, top right and bottom left corner of the patch.
        softness: px, of the lips' edge.
        opacity: in [0, 1].
    """
    mask, at = coverage(smooth_outline(opening), frame.shape, soften=softness)
    if mask.size == 0:
        return
    height, width = patch.shape[:2]
    patch_corners = np.array([[0, 0], [width, 0], [0, height]], np.float32) - 0.5
    affine = cv2.getAffineTransform(patch_corners, (corners - at).astype(np.float32))
    inside = cv2.warpAffine(
        patch, affine, (mask.shape[1], mask.shape[0]), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    blend(frame, inside, opacity * mask, at)
