"""Which pixels of a dubbed video may change, and which must not."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.tracking.appearance import Appearance
from talkinghead.types import BoolArray, FloatArray

_BAND = 0.12  # mouth widths of the band around the lips in which flicker is measured
_REACH = 0.27  # face widths beyond the face as far as which the skin may follow the jaw


def near_face(shape: tuple[int, ...], mesh: FloatArray) -> BoolArray:
    """(H, W) the face, and as far around it as the skin may follow the jaw."""
    hull = cv2.convexHull(np.ascontiguousarray(mesh[:468, :2], np.float32)).round().astype(np.int32)
    face = cv2.fillConvexPoly(np.zeros(shape[:2], np.uint8), hull, 1)
    reach = int(_REACH * np.ptp(mesh[:, 0]))
    return np.asarray(cv2.dilate(face, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0)


def outside_mouth(shape: tuple[int, ...], mesh: FloatArray) -> BoolArray:
    """(H, W) what must stay: all above the line through the lower lids, and all that is not near the face."""
    right, left = np.asarray(mesh[[145, 374], :2], float)
    row, column = np.mgrid[: shape[0], : shape[1]]
    along = left - right
    below = (row - right[1]) * along[0] - (column - right[0]) * along[1] > 0
    return np.asarray(~(below & near_face(shape, mesh)))


def lip_band(appearance: Appearance) -> BoolArray:
    """(H, W) a band around the lips, where they are in the middle of the video."""
    mesh = np.asarray(appearance.track.landmarks[len(appearance.track) // 2], np.float32)
    contour = mesh[OUTER_LIP_CONTOUR, :2].round().astype(np.int32)
    width, height = appearance.video.size
    band = np.zeros((height, width), np.uint8)
    cv2.polylines(band, [contour], True, 1, thickness=max(2, round(2 * _BAND * np.ptp(contour[:, 0]))))
    return np.asarray(band > 0)
