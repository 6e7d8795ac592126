"""Squares of a picture that the tracker's networks look at: (N, 4) centre x, y and side in px, turn in rad.

The turn is clockwise in the picture: a head with this roll stands upright in what is cut out.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from talkinghead.types import BoolArray, FloatArray, ImageArray

_REACH = 1.5  # side of a face's square over the longer side of its box
_SHRUNK = 2.0  # side of a square over that of what is cut out, from which on it is interpolated linearly
_EYE_CORNERS = (33, 263)  # of the mesh, the outer ones


def square_of(image: ImageArray) -> FloatArray:
    """(4,) the square that holds a whole picture (H, W, 3)."""
    height, width = image.shape[:2]
    return np.array([width / 2, height / 2, max(width, height), 0.0])


def squares_of_boxes(boxes: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """The squares (N, 4) in which the mesh is read on faces.

    Args:
        boxes: (N, 4) left, top, right, bottom in px.
        first: (N, 2) px of a point of each face ...
        second: ... and of another, which lies to the right of it when the face is upright.
    """
    along = second - first
    side = _REACH * (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    turn = np.arctan2(along[:, 1], along[:, 0])
    return np.column_stack([(boxes[:, :2] + boxes[:, 2:]) / 2, side, turn])


def squares_of_landmarks(landmarks: FloatArray) -> FloatArray:
    """The squares (N, 4) in which faces whose landmarks (N, 478, 3) px are known are read again."""
    flat = landmarks[..., :2]
    boxes = np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1)
    return squares_of_boxes(boxes, *(flat[:, corner] for corner in _EYE_CORNERS))


def image_from_square(squares: FloatArray, side: int) -> FloatArray:
    """(N, 2, 3) affine maps from pictures of ``side`` px cut out of squares (N, 4)."""
    cosine, sine = np.cos(squares[:, 3]), np.sin(squares[:, 3])
    axes = (
        np.stack([np.stack([cosine, -sine], 1), np.stack([sine, cosine], 1)], 1) * (squares[:, 2] / side)[:, None, None]
    )
    shift = squares[:, :2] - axes.sum(axis=2) * (side / 2)
    return np.concatenate([axes, shift[..., None]], axis=2)


def cut_squares(
    images: Sequence[ImageArray], squares: FloatArray, side: int, *, black: bool = False, sharp: bool = False
) -> ImageArray:
    """What is in squares of pictures.

    Args:
        images: N pictures (H, W, 3), of any sizes.
        squares: (N, 4), one for each.
        side: of the result in px.
        black: beyond the edge of a picture; else the edge is repeated.
        sharp: with cubic interpolation where a square is not shrunk much: landmarks then depend half as much on where
            it lies between pixels.

    Returns:
        (N, side, side, 3).
    """
    cubic = sharp & (squares[:, 2] < _SHRUNK * side)
    return cut_affine(images, image_from_square(squares, side), side, black=black, cubic=cubic)


def cut_affine(
    images: Sequence[ImageArray],
    image_from_crop: FloatArray,
    side: int,
    *,
    black: bool = False,
    cubic: BoolArray | None = None,
) -> ImageArray:
    """The same for any affine maps (N, 2, 3) from crops to pictures; ``cubic`` (N,): which to interpolate cubically."""
    crops = np.empty((len(images), side, side, 3), np.uint8)
    border = cv2.BORDER_CONSTANT if black else cv2.BORDER_REPLICATE
    corners = np.array([[0, side], [0, 0], [side, 0], [side, side]], np.float32)
    flags = np.where(
        np.zeros(len(images), bool) if cubic is None else cubic, cv2.INTER_CUBIC, cv2.INTER_LINEAR
    ).tolist()
    for image, affine, crop, flag in zip(images, image_from_crop, crops, flags):
        # Where a picture is shrunk a lot, places that are rounded otherwise, as warpAffine rounds them, move landmarks
        # by half a hundredth of a face from where MediaPipe sees them.
        places = (corners @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
        crop_from_image = cv2.getPerspectiveTransform(places, corners)
        cv2.warpPerspective(image, crop_from_image, (side, side), dst=crop, flags=flag, borderMode=border)
    return crops


def overlap(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """(N,) intersection over union of a box (4,) with boxes (N, 4)."""
    shared = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    inner = np.prod(np.maximum(shared, 0.0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    whole = areas + np.prod(box[2:] - box[:2]) - inner
    return np.asarray(np.divide(inner, whole, out=np.zeros_like(whole), where=whole > 0))


def are_near(squares: FloatArray, others: FloatArray, share: float) -> BoolArray:
    """(N,) whether squares (N, 4) differ from others by less than a share of the side, or so many rad."""
    side = others[:, 2]
    moved = np.linalg.norm(squares[:, :2] - others[:, :2], axis=1) / side
    grown = np.abs(squares[:, 2] / side - 1)
    turned = np.abs((squares[:, 3] - others[:, 3] + np.pi) % (2 * np.pi) - np.pi)
    return np.asarray(np.maximum(np.maximum(moved, grown), turned) < share)
