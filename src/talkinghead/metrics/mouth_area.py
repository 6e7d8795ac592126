"""How far open the mouth is, as an area: D-A of MakeItTalk.

Landmarks are (T, 68, 3) in the head frame; x and y count.

Source: Zhou et al. 2020, section 5.3.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import INNER_LIPS
from talkinghead.metrics.shapes import check_pair
from talkinghead.types import FloatArray


def mouth_area(landmarks: FloatArray) -> FloatArray:
    """(T,) area inside the inner lips of landmarks (T, 68, 3), by the shoelace formula, in squared units."""
    x, y = np.moveaxis(landmarks[:, INNER_LIPS, :2], -1, 0)
    return np.asarray(np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)) / 2)


def mouth_area_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-A: mean difference of the open mouth's area, as a fraction of the reference's largest.

    Raises:
        ValueError: the reference never opens its mouth.
    """
    check_pair(predicted, reference)
    area = mouth_area(reference)
    if not area.max() > 0:
        raise ValueError("the reference never opens its mouth: there is no area to compare with")
    return float(np.abs(mouth_area(predicted) - area).mean() / area.max())
