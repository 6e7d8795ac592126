"""How closely lips and jaw follow a reference: D-LL and D-VL of MakeItTalk.

All take landmarks (T, 68, 3) in the head frame and use x and y, because the depth of the reference is the tracker's
guess.

Source: Zhou et al. 2020, section 5.3.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.metrics.shapes import check_pair
from talkinghead.types import FloatArray

_JAW_AND_LIPS = np.r_[JAW, LIPS]


def lip_width(reference: FloatArray) -> float:
    """The largest width of the reference's lips, corner to corner, in its unit: the divisor of D-LL and D-VL."""
    return float(np.linalg.norm(reference[:, 54, :2] - reference[:, 48, :2], axis=-1).max())


def jaw_lip_distance(predicted: FloatArray, reference: FloatArray) -> float:
    """D-LL: mean distance of jaw and lip landmarks (T, 68, 3), as a fraction of the reference's largest lip width."""
    check_pair(predicted, reference)
    difference = (predicted - reference)[:, _JAW_AND_LIPS, :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / lip_width(reference)


def jaw_lip_velocity_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-VL: mean distance of jaw and lip velocities per frame, as a fraction of the reference's largest lip width.

    It depends on the frame rate: the paper's figures are at 62.5 frames per second.
    """
    check_pair(predicted, reference)
    difference = np.diff(predicted - reference, axis=0)[:, _JAW_AND_LIPS, :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / lip_width(reference) if len(difference) else 0.0
