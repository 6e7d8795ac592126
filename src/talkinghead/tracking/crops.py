"""Crops around faces, and points on the way between pictures."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import FloatArray, ImageArray

CROP_SIDE = 384
"""px of a crop of a face: about what the mesh network sees, twice over."""

CROP_REACH = 2.0
"""Side of a crop over the size of the face."""


def crop_around(
    image: ImageArray, box: FloatArray, side: int = CROP_SIDE, *, turn: float = 0.0
) -> tuple[ImageArray, FloatArray]:
    """A square picture around a box, and the way back.

    Args:
        image: (H, W, 3).
        box: (4,) left, top, right, bottom in px; may reach over the edge, which is then repeated.
        side: of the result in px.
        turn: of the square, in rad, clockwise in the picture: a head with this roll stands upright in the crop.

    Returns:
        crop (side, side, 3), image_from_crop (2, 3) affine.
    """
    centre = (box[:2] + box[2:]) / 2
    reach = float(max(box[2:] - box[:2])) * CROP_REACH
    scale = reach / side
    axes = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    image_from_crop = np.column_stack([axes, centre - axes @ (side / 2, side / 2)])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
    crop = cv2.warpAffine(image, image_from_crop, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return crop, image_from_crop


def through_affine(points: FloatArray, affine: FloatArray) -> FloatArray:
    """Points (..., 3) px under an affine map (2, 3) of the picture; depth takes its scale."""
    flat = points[..., :2] @ affine[:, :2].T + affine[:, 2]
    depth = points[..., 2:] * np.sqrt(abs(np.linalg.det(affine[:, :2])))
    return np.concatenate([flat, depth], axis=-1)


def box_of(landmarks: FloatArray) -> FloatArray:
    """(4,) left, top, right, bottom px of landmarks (478, 3)."""
    return np.concatenate([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)])
