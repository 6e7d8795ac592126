"""Where in a video the mouth is covered: by hands and microphones that pass, by titles and stands that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import scipy

from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.visibility import COVERED
from talkinghead.types import BoolArray, FloatArray, ImageArray, IndexArray

_ERRS_S = 0.1  # of the odds that a mouth is seen, before and after a frame, which may be wrong in a few
# Log odds that the mouth is seen, below which it is covered if they are mostly so much higher: as a head turns to
# profile they fall by 3, behind a hand by 10. A moustache has such odds, too, but does not stand still.
_DOUBTFUL, _DROP = 1.0, 5.0
# Of how much the upper face changes where it was just before, the share that lips change at least: free ones change
# twice as much as it does or more, lips behind a title or a microphone on its stand 0 to 0.7 times as much.
_STILL = 0.7
# A part of the lips that changes less than that share of what the upper face does stands still: no part of free lips
# seen from the front does, nor much of them from the side. If so much of them does, less doubtful mouths are covered.
_STILL_PART, _PART, _LESS_DOUBTFUL = 0.2, 0.15, 3.0
_LATER_S = 0.2  # than just before
_USUAL = 9  # looks whose median counts
_UPPER_FACE = np.array([33, 263, 168, 6, 197, 195, 5, 4, 70, 300, 107, 336])  # of the mesh, from brows to nose
_PATCH = (24, 12)  # px, width and height
_PARTS = (6, 3)  # of a patch, across and down


@dataclass
class MouthCover:
    """Where the mouth is covered; to be shown the frames in order.

    Attributes:
        fps: frames per second.
        numbers: of the frames with the face.
        odds: log odds in each of them that the mouth is seen.
        looks: of frames a fifth of a second apart the number, how much each part of the lips changed, (18,), and how
            much the upper face did (grey levels).
    """

    fps: float
    numbers: list[int] = field(default_factory=list)
    odds: list[float] = field(default_factory=list)
    looks: list[tuple[int, FloatArray, float]] = field(default_factory=list)
    _before: tuple[int, list[IndexArray], list[ImageArray]] | None = None

    def __call__(self, frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
        """Note what is seen in some frames in a row."""
        for frame, face in zip(frames, faces):
            if frame.is_cut or face is None:
                self._before = None
            if face is not None:
                self.numbers.append(frame.number)
                self.odds.append(face.mouth)
                self._look(frame, face.mesh)

    def _look(self, frame: ShotFrame, mesh: FloatArray) -> None:
        if self._before is not None:
            number, boxes, patches = self._before
            if frame.number - number < _LATER_S * self.fps:
                return
            lips, upper = (cv2.absdiff(_patch(frame.image, box), patch) for box, patch in zip(boxes, patches))
            parts = cv2.resize(lips.astype(np.float32), _PARTS, interpolation=cv2.INTER_AREA)
            self.looks.append((frame.number, parts.ravel(), float(upper.mean())))
        boxes = [_box(mesh[points, :2]) for points in (OUTER_LIP_CONTOUR, _UPPER_FACE)]
        self._before = frame.number, boxes, [_patch(frame.image, box) for box in boxes]

    def is_covered(self, count: int) -> BoolArray:
        """(count,) whether the mouth is covered in each frame, by the frames with the face that are nearest to it."""
        if not self.numbers:
            return np.zeros(count, bool)
        # A few frames alone may err.
        odds = scipy.ndimage.median_filter(np.array(self.odds), 2 * round(_ERRS_S * self.fps) + 1, mode="nearest")
        passes = (odds < _DOUBTFUL) & (odds < np.median(odds) - _DROP)
        numbers = np.array(self.numbers)
        whole, part = self._stand_still(numbers)
        stays = ((odds < _DOUBTFUL) & whole) | ((odds < _LESS_DOUBTFUL) & part)
        sure = (odds < COVERED) | passes | stays
        return np.asarray(sure[_nearest(numbers, np.arange(count))])

    def _stand_still(self, numbers: IndexArray) -> tuple[BoolArray, BoolArray]:
        """(N,) whether the lips hardly change around frames with these numbers while the upper face does.

        Returns:
            the same of the lips as a whole, and of a part of them.
        """
        if not self.looks:
            return np.zeros(len(numbers), bool), np.zeros(len(numbers), bool)
        looked, parts, upper = (np.array(each) for each in zip(*self.looks))
        lips, parts = (
            scipy.ndimage.median_filter(each, (_USUAL, 1), mode="nearest")
            for each in (parts.mean(axis=1, keepdims=True), parts)
        )
        upper = scipy.ndimage.median_filter(upper, _USUAL, mode="nearest")[:, None]
        whole, part = lips[:, 0] < _STILL * upper[:, 0], (parts < _STILL_PART * upper).mean(axis=1) >= _PART
        nearest = _nearest(looked, numbers)
        return np.asarray(whole[nearest]), np.asarray(part[nearest])


def _nearest(known: FloatArray | IndexArray, wanted: IndexArray) -> IndexArray:
    """(W,) places among ascending numbers (N,) of those that are nearest to numbers (W,)."""
    return np.asarray(np.searchsorted((known[1:] + known[:-1]) / 2, wanted))


def _box(points: FloatArray) -> IndexArray:
    """(4,) left, top, right and bottom px around points (N, 2)."""
    return np.concatenate([np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1]).astype(int)


def _patch(image: ImageArray, box: IndexArray) -> ImageArray:
    """(12, 24) uint8 grey: what is in a box (4,) px of a picture (H, W, 3)."""
    height, width = image.shape[:2]
    left, top = np.clip(box[:2], 0, (width - 1, height - 1))
    right, bottom = np.maximum(box[2:], (left + 1, top + 1))
    part = cv2.resize(image[top:bottom, left:right], _PATCH, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
