"""One head frame for two trackings of a face."""

from __future__ import annotations

import numpy as np

from talkinghead.face.pose import fit_similarity
from talkinghead.metrics.shapes import check_pair
from talkinghead.types import FloatArray

_RIGID = np.r_[27:36, 36, 39, 42, 45]  # nose and corners of the eyes, which speech does not move


def register(predicted: FloatArray, reference: FloatArray) -> FloatArray:
    """Landmarks (T, 68, 3) moved to the reference's position and size by one similarity for the whole sequence.

    Two trackings of one face, or a prediction and a tracking, place the head frame slightly differently, by a constant;
    the paper registers all to one template for the same reason (section 5.4, "identical neutral head pose"). The
    similarity is fitted to the means over time of nose and eye corners.

    Source: Zhou et al. 2020, section 5.4.
    """
    check_pair(predicted, reference)
    matrix, translation, scale = fit_similarity(
        predicted[:, _RIGID].mean(axis=0), reference[:, _RIGID].mean(axis=0)[None]
    )
    return np.asarray(scale[0] * predicted @ matrix[0].T + translation[0])
