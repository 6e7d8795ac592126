"""Which pixels belong to the person."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.tracking.crops import box_of
from talkinghead.tracking.mesh import segment_people
from talkinghead.types import FloatArray, ImageArray

_REACH = 1.6  # crop side over face size, to each side of the face
_EVEN = 12  # levels a background of one colour may differ from it
_EVEN_SHARE = 0.8  # of the border (top, left, right) that must be of that colour
_LEAST_ON_FACE = 0.7  # of the face that the mask must cover to be believed


def person_mask(image: ImageArray, landmarks: FloatArray) -> FloatArray | None:
    """How surely each pixel belongs to the person whose face this is.

    Args:
        image: (H, W, 3).
        landmarks: (478, 3) px of the face.

    Returns:
        (H, W) float32 in [0, 1]; None where neither the segmentation nor an even background tells the face apart.
    """
    height, width = image.shape[:2]
    box = box_of(landmarks)
    size = float(max(box[2:] - box[:2]))
    low = np.floor(np.maximum(box[:2] - _REACH * size, 0)).astype(int)
    high = np.ceil(np.minimum(box[2:] + _REACH * size, (width, height))).astype(int)
    crop = image[low[1] : high[1], low[0] : high[0]]
    mask = segment_people([crop])[0]
    person: FloatArray = np.zeros((height, width), np.float32)
    person[low[1] : high[1], low[0] : high[0]] = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.004 * size))
    column, row = landmarks[:, :2].round().astype(int).clip(0, (width - 1, height - 1)).T
    for candidate in (person, before_even_background(image)):
        if candidate is not None and float((candidate[row, column] > 0.5).mean()) >= _LEAST_ON_FACE:
            return candidate
    return None


def before_even_background(image: ImageArray) -> FloatArray | None:
    """(H, W) float32, 1 off the background; None unless the border is of one colour, as in many drawings."""
    border = np.concatenate([image[0], image[:, 0], image[:, -1]]).astype(np.float64)
    colour = np.median(border, axis=0)
    if float((np.abs(border - colour).max(axis=-1) <= _EVEN).mean()) < _EVEN_SHARE:
        return None
    like = (np.abs(image.astype(np.float64) - colour).max(axis=-1) <= _EVEN).astype(np.uint8)
    _, labels = cv2.connectedComponents(like)
    edge = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    background = np.isin(labels, edge[edge > 0])
    return np.asarray(1.0 - background, np.float32)
