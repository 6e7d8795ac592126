"""Mouths that are open in the portrait shut along their whole length, also where they are not shaped as people's are.

The mesh follows the landmarks by the proportions of an average face, whose lips part little near their corners. A
cartoon's mouth may be as high there as in its middle, and would stay open at the corners when it shuts.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import INNER_LIP_CONTOUR
from talkinghead.face.rest import LOWER_INNER, UPPER_INNER, closed_mouth
from talkinghead.types import FloatArray

_CORNERS = (60, 64)  # of the inner lips, in the 68 landmarks
_REACH = 0.2  # eye distances around the inner edge of the lips over which the skin follows it


def close_corners(deform: FloatArray, shape: FloatArray, landmarks: FloatArray) -> FloatArray:
    """Weights of landmarks by which lips meet along their whole length when the landmarks' do.

    Args:
        deform: (V, 68) how far each vertex follows the landmarks; the first 468 are the face mesh.
        shape: (V, 3) in the head frame.
        landmarks: (68, 3) of the portrait in the head frame.

    Returns:
        (V, 68); vertices of lips that would stay apart follow the middle of their lip more, and the corner less. Where
        lips meet already, and in mouths that are shut, all stays as it is.
    """
    closing = closed_mouth(landmarks) - landmarks
    half = len(INNER_LIP_CONTOUR) // 2
    upper, lower = INNER_LIP_CONTOUR[1:half], INNER_LIP_CONTOUR[:half:-1]
    shut = shape[:, 1] + deform @ closing[:, 1]
    gap = (shut[lower] - shut[upper]).clip(min=0.0)
    middles = (UPPER_INNER[1], LOWER_INNER[1])
    meeting = float(closing[middles[0], 1] - closing[middles[1], 1])
    if meeting <= 0:
        return deform
    missing = gap / meeting
    result = deform.copy()
    for lip, middle in zip((upper, lower), middles):
        edge = np.concatenate([INNER_LIP_CONTOUR[[0]], lip, INNER_LIP_CONTOUR[[half]]])
        shares = np.concatenate([[0.0], missing, [0.0]])
        apart = np.linalg.norm(shape[:, None, :2] - shape[None, edge, :2], axis=-1)
        nearest = apart.argmin(axis=1)
        share = shares[nearest] * np.exp(-np.square(apart.min(axis=1) / _REACH))
        # The skin beyond a lip belongs to it; what is nearer to the other lip does not.
        other = INNER_LIP_CONTOUR[~np.isin(INNER_LIP_CONTOUR, edge)]
        share[np.linalg.norm(shape[:, None, :2] - shape[None, other, :2], axis=-1).min(axis=1) < apart.min(axis=1)] = (
            0.0
        )
        left = nearest <= half / 2
        result[:, middle] += share
        result[left, _CORNERS[0]] -= share[left]
        result[~left, _CORNERS[1]] -= share[~left]
    return result
