"""The face at rest: lips together, whatever they do in the picture."""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray

UPPER_INNER, LOWER_INNER = np.array([61, 62, 63]), np.array([67, 66, 65])
"""Points of the inner lips that face each other."""

TOUCHING = 0.02  # opening over eye distance below which lips touch; touching lips measure about 0.00 to 0.01
SEAM = 0.004  # opening left between lips that we close; 0.012 looks open in a smile
_UPPER_SHARE = 0.4  # of the gap: closed by the upper lip
_JAW_SHARE = 0.35  # of the lower lip's displacement: shared by the chin


def lip_gap(landmarks: FloatArray) -> FloatArray:
    """(...,) height of the mouth's opening in landmarks (..., 68, 3) of the head frame, in eye distances."""
    return np.asarray((landmarks[..., LOWER_INNER, 1] - landmarks[..., UPPER_INNER, 1]).mean(axis=-1))


def lips_touch(landmarks: FloatArray) -> bool:
    """Whether the lips of (68, 3) landmarks in the head frame are together."""
    return float(lip_gap(landmarks)) <= TOUCHING


def closed_mouth(landmarks: FloatArray) -> FloatArray:
    """The same face with its lips together: (68, 3) -> (68, 3), both in the head frame.

    Lips that touch stay as they are. Otherwise both lips move to a seam between them, each inner point by its own gap
    and the outer points with them; the chin follows a little.
    """
    return close_lips(landmarks, 1.0)


def close_lips(landmarks: FloatArray, amount: FloatArray | float) -> FloatArray:
    """The same faces with their lips more or less closed, as ``closed_mouth`` closes them.

    Args:
        landmarks: (..., 68, 3) in the head frame.
        amount: (...,) of each face: 0 leaves it as it is, 1 closes it.

    Returns:
        (..., 68, 3); lips that touch stay as they are.
    """
    opening = lip_gap(landmarks)
    share = np.where(opening > TOUCHING, amount * (1 - SEAM / np.maximum(opening, TOUCHING)), 0.0)
    gap = (landmarks[..., LOWER_INNER, :] - landmarks[..., UPPER_INNER, :]) * share[..., None, None]
    closed = landmarks.copy()
    _move_upper_lip(closed, _UPPER_SHARE * gap)
    _move_lower_lip(closed, (_UPPER_SHARE - 1) * gap)
    return closed


def raise_lower_lip(landmarks: FloatArray, rest: FloatArray, amount: FloatArray) -> FloatArray:
    """The same faces with the lower lip nearer to where it is when the mouth is closed, at the upper teeth.

    Args:
        landmarks: (..., 68, 3) in the head frame.
        rest: (68, 3) the same face with its lips closed.
        amount: (...,) of each face: 1 brings the lip there. A lip that is higher stays there.

    Returns:
        (..., 68, 3).
    """
    below = np.maximum(landmarks[..., LOWER_INNER, 1] - rest[LOWER_INNER, 1], 0.0) * amount[..., None]
    raised = landmarks.copy()
    _move_lower_lip(raised, -below[..., None] * np.array([0.0, 1.0, 0.0]))
    return raised


def _move_upper_lip(landmarks: FloatArray, by: FloatArray) -> None:
    """Move the inner points of (..., 68, 3) by (..., 3, 3), and the outer points with them."""
    landmarks[..., UPPER_INNER, :] += by
    # Outer points lie above and below the inner ones: 50-52 over 61-63, 56-58 under 65-67; 49, 53, 55, 59 are half way
    # out.
    for outer, inner, part in ((50, 0, 1.0), (51, 1, 1.0), (52, 2, 1.0), (49, 0, 0.5), (53, 2, 0.5)):
        landmarks[..., outer, :] += part * by[..., inner, :]


def _move_lower_lip(landmarks: FloatArray, by: FloatArray) -> None:
    """The same for the lower lip, with some of the chin."""
    landmarks[..., LOWER_INNER, :] += by
    for outer, inner, part in ((58, 0, 1.0), (57, 1, 1.0), (56, 2, 1.0), (59, 0, 0.5), (55, 2, 0.5)):
        landmarks[..., outer, :] += part * by[..., inner, :]
    chin = np.exp(-0.5 * ((np.arange(17) - 8) / 2.5) ** 2)
    landmarks[..., :17, :] += chin[:, None] * _JAW_SHARE * by[..., 1, None, :]
