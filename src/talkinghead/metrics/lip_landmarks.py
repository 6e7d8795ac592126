"""The distance of the lips from a reference's: the landmark distance LMD, in the picture, at 128 px and in 3D.

Source: Chen, Li, Maddox, Duan and Xu 2018 (Lip movements generation at a glance), whose measure Wang et al. 2020,
Zhang et al. 2021 (FACIAL) and Chen et al. 2020 report; in three dimensions Li et al. 2021 (Write-a-Speaker), table 1.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import LIPS
from talkinghead.metrics.shapes import check_landmarks, check_pair
from talkinghead.types import FloatArray

_CROP_PX = 128
_MARGIN = 1.25  # side of the crop over the larger side of the landmarks' box, for the forehead, which has no landmark


def lip_landmark_distance(predicted: FloatArray, reference: FloatArray, *, centred: bool = True) -> float:
    """LMD: mean distance of the 20 lip landmarks, in px of the picture.

    Args:
        predicted: (T, 68, 2 or 3) px; x and y count.
        reference: (T, 68, 2 or 3) px.
        centred: True: as in the source, the lips of each frame are moved to the origin, so that the mouth's shape
            counts and its position does not. False: the position counts too, as in some later papers.

    Raises:
        ValueError: the two are not landmarks of one shape.
    """
    check_pair(predicted, reference)
    difference = (np.asarray(predicted, np.float64) - reference)[:, LIPS, :2]
    if centred:
        difference = difference - difference.mean(axis=1, keepdims=True)
    return float(np.linalg.norm(difference, axis=-1).mean())


def face_crop_side(reference: FloatArray) -> float:
    """The side, in px of the picture, of one square crop of the face for a whole clip (T, 68, 2 or 3).

    It is the median over time of the larger side of the box around the landmarks (brows to chin, ear to ear), plus a
    quarter for the forehead.

    Raises:
        ValueError: the landmarks are not (T, 68, 2 or 3), or all lie on one point.
    """
    check_landmarks(reference)
    side = _MARGIN * float(np.median(np.ptp(reference[..., :2], axis=1).max(axis=-1)))
    if not side > 0:
        raise ValueError(f"the reference's face is {side:g} px large: there is nothing to crop")
    return side


def lip_landmark_distance_128(predicted: FloatArray, reference: FloatArray, *, centred: bool = True) -> float:
    """LMD as in papers that first crop the face to 128 x 128 px; arguments as in ``lip_landmark_distance``.

    One crop serves the whole clip and both videos: a square with a side of ``face_crop_side(reference)``; its position
        does not affect distances. The papers do not publish their crops, so figures compare only as far as crops are
        equally tight.
    """
    return lip_landmark_distance(predicted, reference, centred=centred) * _CROP_PX / face_crop_side(reference)


def lip_landmark_distance_3d(predicted: FloatArray, reference: FloatArray) -> float:
    """LMD in three dimensions: mean distance of the 20 lip landmarks, in distances of the outer eye corners.

    Args:
        predicted: (T, 68, 3) in the head frame: the head's pose does not count, the mouth's position does.
        reference: (T, 68, 3) in the same head frame; ``registration.register`` aligns two trackings.

    Raises:
        ValueError: the two are not landmarks (T, 68, 3) of one shape.
    """
    check_pair(predicted, reference)
    if reference.shape[2] != 3:
        raise ValueError(f"need landmarks (T, 68, 3), got {reference.shape}")
    return float(np.linalg.norm((predicted - reference)[:, LIPS], axis=-1).mean())
