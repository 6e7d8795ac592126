"""Where the background lies as a head moves: cameras and crops that follow a head move it in the picture.

Source: ours. Chen et al. 2020, section 4.1, take the reference whose background is nearest as it is; what lies between
    the references is told here from how their backgrounds lie and how their heads do.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from talkinghead.types import BoolArray, FloatArray, ImageArray

_LEAST = 4  # references by which it can be told
_RIDGE = 0.02  # squared rad and eye distances by which heads must differ to tell anything
_AROUND = 0.08  # sides of the square about a face that still are the head
_EDGES = 80.0  # per cent of the background that is too even for its place to be known


class BackgroundShift:
    """The shift of the background as a linear function of the head's pose, place and size.

    It counts as far as it foretells each reference from the others: not at all for a camera that stands still.

    Args:
        pictures: (K, S, S, 3) uint8 the references in one square.
        faces: K times (N, 2) px of it, where the face is.
        heads: (K, D) what tells poses apart.
    """

    def __init__(self, pictures: ImageArray, faces: Sequence[FloatArray], heads: FloatArray) -> None:
        self._heads = heads
        self._slope: FloatArray = np.zeros((heads.shape[1], 2))
        if len(pictures) >= _LEAST:
            self._slope = fit_shifts(heads, measure_shifts(pictures, faces))

    def between(self, head: FloatArray, number: int) -> FloatArray:
        """(2,) px, to the right and down, from the background of a reference to that of a head (D,)."""
        return np.asarray((head - self._heads[number]) @ self._slope)

    def move(self, picture: ImageArray, head: FloatArray, number: int) -> ImageArray:
        """(S, S, 3) uint8 a reference whose background lies as that of a head (D,) does."""
        shift = self.between(head, number)
        if not shift.any():
            return picture
        affine = np.column_stack([np.eye(2), shift])
        size = picture.shape[1::-1]
        moved = cv2.warpAffine(picture, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved)


def measure_shifts(pictures: ImageArray, faces: Sequence[FloatArray]) -> FloatArray:
    """(K, 2) px by which the background of each picture lies right of and below that of the first.

    The median of the optical flow where the background has edges across each direction.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
    outside = [_find_outside(face, grey[0].shape[0]) for face in faces]
    edges = [np.abs(cv2.Sobel(grey[0], cv2.CV_32F, *way)) for way in ((1, 0), (0, 1))]
    shifts = np.zeros((len(pictures), 2))
    for number in range(1, len(pictures)):
        both = outside[0] & outside[number]
        if not both.any():
            continue
        field = flow.calc(grey[0], grey[number], None)
        for axis, edge in enumerate(edges):
            clear = both & (edge >= np.percentile(edge[both], _EDGES))
            shifts[number, axis] = np.median(field[..., axis][clear])
    return shifts


def _find_outside(face: FloatArray, side: int) -> BoolArray:
    """(S, S) what does not belong to the head of a face (N, 2) px."""
    inside = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(face.round().astype(np.int32)), 1)
    width = 2 * round(_AROUND * side) + 1
    return np.asarray(cv2.dilate(inside, np.ones((width, width), np.uint8)) == 0)


def fit_shifts(heads: FloatArray, shifts: FloatArray) -> FloatArray:
    """(D, 2) slopes of shifts (K, 2) on heads (K, D), less where they foretell those left out worse."""
    away, moved = heads - heads.mean(axis=0), shifts - shifts.mean(axis=0)
    inverse = np.linalg.inv(away.T @ away + _RIDGE * np.eye(heads.shape[1]))
    slope = inverse @ away.T @ moved
    share = 1 / len(heads)
    leverage = share + np.einsum("kd,de,ke->k", away, inverse, away)
    left_out = np.square((moved - away @ slope) / (1 - leverage)[:, None]).sum(axis=0)
    without = np.square(moved / (1 - share)).sum(axis=0)
    trust = np.divide(without - left_out, without, out=np.zeros(2), where=without > 0)
    return np.asarray(slope * np.clip(trust, 0.0, 1.0))
