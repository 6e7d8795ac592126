"""How well lips and jaw follow a reference: D-LL, D-VL, D-A of MakeItTalk, and the correlation and lag of the aperture.

All take landmarks (T, 68, 3) in the head frame and use their x and y: the reference's depth comes from a tracker that
guesses it.

Source: Zhou et al. 2020, section 5.3.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import INNER_LIPS, JAW, LIPS
from talkinghead.face.pose import fit_similarity
from talkinghead.types import NUM_LANDMARKS, FloatArray

_JAW_AND_LIPS = np.r_[JAW, LIPS]
_UPPER = np.array([61, 62, 63])
_LOWER = np.array([67, 66, 65])


def _check(predicted: FloatArray, reference: FloatArray) -> None:
    if predicted.shape != reference.shape or reference.ndim != 3 or reference.shape[1] != NUM_LANDMARKS:
        raise ValueError(
            f"need two sequences (T, 68, 2 or 3) of one shape, got {predicted.shape} and {reference.shape}"
        )


def lip_width(reference: FloatArray) -> float:
    """The largest width of the reference's lips, corner to corner, in its unit: what D-LL and D-VL are divided by."""
    return float(np.linalg.norm(reference[:, 54, :2] - reference[:, 48, :2], axis=-1).max())


def jaw_lip_distance(predicted: FloatArray, reference: FloatArray) -> float:
    """D-LL: mean distance of jaw and lip landmarks (T, 68, 3), as a fraction of the reference's largest lip width."""
    _check(predicted, reference)
    difference = (predicted - reference)[:, _JAW_AND_LIPS, :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / lip_width(reference)


def jaw_lip_velocity_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-VL: mean distance of jaw and lip velocities per frame, as a fraction of the reference's largest lip width.

    It depends on the frame rate: the paper's figures are at 62.5 frames per second.
    """
    _check(predicted, reference)
    difference = np.diff(predicted - reference, axis=0)[:, _JAW_AND_LIPS, :2]
    return float(np.linalg.norm(difference, axis=-1).mean()) / lip_width(reference) if len(difference) else 0.0


def mouth_area(landmarks: FloatArray) -> FloatArray:
    """(T,) area inside the inner lips of landmarks (T, 68, 3), by the shoelace formula, in squared units."""
    x, y = np.moveaxis(landmarks[:, INNER_LIPS, :2], -1, 0)
    return np.asarray(np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)) / 2)


def mouth_area_difference(predicted: FloatArray, reference: FloatArray) -> float:
    """D-A: mean difference of the open mouth's area, as a fraction of the reference's largest.

    Raises:
        ValueError: the reference never opens its mouth.
    """
    _check(predicted, reference)
    area = mouth_area(reference)
    if not area.max() > 0:
        raise ValueError("the reference never opens its mouth: there is no area to compare with")
    return float(np.abs(mouth_area(predicted) - area).mean() / area.max())


def aperture(landmarks: FloatArray) -> FloatArray:
    """(T,) height of the mouth's opening: mean distance of three pairs of inner lip points of landmarks (T, 68, 3)."""
    return np.asarray((landmarks[:, _LOWER, 1] - landmarks[:, _UPPER, 1]).mean(axis=1))


def aperture_correlation(predicted: FloatArray, reference: FloatArray) -> float:
    """Pearson correlation of the two apertures over time; 0 where one of them does not move."""
    _check(predicted, reference)
    first, second = aperture(predicted), aperture(reference)
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm > 1e-12 else 0.0


def best_lag(predicted: FloatArray, reference: FloatArray, *, reach: int = 7) -> int:
    """The shift in frames, within ``reach``, that correlates the apertures best; positive: the prediction is late.

    Where none is better, 0.
    """
    _check(predicted, reference)
    first, second = aperture(predicted), aperture(reference)

    def at(lag: int) -> float:
        a, b = (first[lag:], second[: len(second) - lag]) if lag >= 0 else (first[:lag], second[-lag:])
        a, b = a - a.mean(), b - b.mean()
        norm = float(np.linalg.norm(a) * np.linalg.norm(b))
        return float(a @ b) / norm if norm > 1e-12 else 0.0

    reach = max(0, min(reach, len(first) - 2))
    return max(range(-reach, reach + 1), key=lambda lag: (at(lag), -abs(lag)))


_RIGID = np.r_[27:36, 36, 39, 42, 45]  # nose and corners of the eyes: what speech does not move


def registered(predicted: FloatArray, reference: FloatArray) -> FloatArray:
    """Landmarks (T, 68, 3) brought to the reference's place and size by one similarity for the whole sequence.

    Two trackings of one face, or a prediction and a tracking, differ by a constant in what they take for the head's
    frame; the paper registers all to one template for the same reason (section 5.4, "identical neutral head pose").
    The similarity is that of nose and eye corners, by their means over time.
    """
    _check(predicted, reference)
    matrix, translation, scale = fit_similarity(
        predicted[:, _RIGID].mean(axis=0), reference[:, _RIGID].mean(axis=0)[None]
    )
    return np.asarray(scale[0] * predicted @ matrix[0].T + translation[0])
