"""The distance of all landmarks from a reference's in the picture, head motion included: D-L and D-V of MakeItTalk.

All take landmarks (T, 68, 2 or 3) in px of pictures of one size and use x and y, which are visible.

Source: Zhou et al. 2020, section 5.3.
"""

from __future__ import annotations

import numpy as np

from talkinghead.metrics.shapes import check_landmarks, check_pair
from talkinghead.types import FloatArray


def face_width(reference: FloatArray) -> float:
    """The width of the reference's face in the unit of the landmarks: the divisor of D-L, D-V and D-Pos.

    It is the distance of the jaw's ends (landmarks 0 and 16, in front of the ears), averaged over time. The paper says
    no more than "the width of the face"; unlike the maximum, the mean does not depend on a single misread frame.

    Raises:
        ValueError: the landmarks are not (T, 68, 2 or 3), or the face has no width.
    """
    check_landmarks(reference)
    width = float(np.linalg.norm(reference[:, 16, :2] - reference[:, 0, :2], axis=-1).mean())
    if not width > 0:
        raise ValueError(f"the reference's face is {width:g} wide: there is nothing to divide by")
    return width


def landmark_distance(predicted: FloatArray, reference: FloatArray) -> float:
    """D-L: mean distance of all landmarks in the picture, as a fraction of the reference's face width."""
    check_pair(predicted, reference)
    difference = (predicted - reference)[..., :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / face_width(reference)


def landmark_velocity_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-V: mean distance of all landmarks' velocities per frame, as a fraction of the reference's face width.

    It depends on the frame rate: the paper's figures are at 62.5 frames per second. 0 for a single frame.
    """
    check_pair(predicted, reference)
    difference = np.diff(predicted - reference, axis=0)[..., :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / face_width(reference) if len(difference) else 0.0
