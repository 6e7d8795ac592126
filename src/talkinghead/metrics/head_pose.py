"""The distance of the head's pose from a reference's: D-Rot and D-Pos of MakeItTalk.

Source: Zhou et al. 2020, section 5.3.
"""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray


def rotation_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-Rot: mean absolute difference of pitch, yaw and roll, in degrees.

    The paper asks for "the average difference between the head rotation angles", so it is the mean over the three
    angles and over time, not the angle of the one rotation between the two. Differences go the short way round the
    circle: 179 and -179 degrees are 2 apart.

    Args:
        predicted: (T, 3) rad, pitch, yaw, roll.
        reference: (T, 3) rad.

    Raises:
        ValueError: the two are not (T, 3) of one length with a row at least.
    """
    _check(predicted, reference)
    difference = np.asarray(predicted, np.float64) - reference
    return float(np.degrees(np.abs((difference + np.pi) % (2 * np.pi) - np.pi)).mean())


def position_difference(predicted: FloatArray, reference: FloatArray, width: float) -> float:
    """D-Pos: mean distance of the head's positions in the picture, as a fraction of the face's width.

    Only x and y count, because the depth of a head in a single camera is a guess.

    Args:
        predicted: (T, 3) px, the middle between the outer eye corners.
        reference: (T, 3) px.
        width: px, ``landmark_distance.face_width`` of the reference.

    Raises:
        ValueError: the two are not (T, 3) of one length with a row at least, or the width is not positive.
    """
    _check(predicted, reference)
    if not width > 0:
        raise ValueError(f"the face's width must be positive, got {width}")
    return float(np.linalg.norm((predicted - reference)[:, :2], axis=-1).mean() / width)


def _check(predicted: FloatArray, reference: FloatArray) -> None:
    if predicted.shape != reference.shape or predicted.ndim != 2 or predicted.shape[1] != 3 or len(predicted) == 0:
        raise ValueError(
            f"need two sequences (T, 3) of one length, not empty, got {predicted.shape} and {reference.shape}"
        )
