"""The mouth that somebody in a video would have with closed lips, frame by frame.

A tracker's lips and chin wander a little with the pose of the head, and people smile while they speak. A new mouth that
starts from one mean face would slide over the real one. So the face at rest is learned from frames with closed lips:
how it depends on the pose, and how it changes slowly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.face.rest import close_lips, closed_mouth, lip_gap
from talkinghead.media.spool import forget_pages, spool_rows
from talkinghead.types import NUM_LANDMARKS, FloatArray

_MOUTH = np.r_[JAW, LIPS]
_SHUT, _LEAST = 0.03, 2e-3  # eye distances between lips that tell half of what touching ones do; weight of open ones
_SPREAD = np.array([0.1, 0.1, 0.03, 0.03])  # usual size of the terms of a pose
_RIDGE = 2.0  # frames' worth of doubt that the pose matters
_SLOW_S = 0.8  # deviation of the window over which the rest changes
_LEARNED, _PIECE = 4000, 1000  # rows from which the rest is learned at most; rows together
_DOUBT = 0.15  # weight of "it has not changed" in that window


@dataclass(frozen=True)
class MouthRest:
    """How the face at rest depends on the pose of the head.

    Attributes:
        mean: (68, 3) the face with closed lips.
        by_pose: (P, 37, 3) how jaw and lips change with the terms of a pose.
        centre: (P,) the terms' means.
    """

    mean: FloatArray
    by_pose: FloatArray
    centre: FloatArray

    @classmethod
    def fit(cls, landmarks: FloatArray, rotation: FloatArray) -> MouthRest:
        """Learn the rest of a person.

        Args:
            landmarks: (T, 68, 3) in the head frame.
            rotation: (T, 3) rad.
        """
        weight, shut = _weights(landmarks), close_lips(landmarks, 1.0)
        terms = _terms(rotation)
        centre = np.average(terms, axis=0, weights=weight)
        mean = np.average(shut, axis=0, weights=weight)
        away, change = (terms - centre) * weight[:, None], (shut - mean)[:, _MOUTH].reshape(len(shut), -1)
        square = away.T @ (terms - centre) + _RIDGE * weight.mean() * np.diag(_SPREAD**2)
        by_pose = np.linalg.solve(square, away.T @ change).reshape(terms.shape[1], len(_MOUTH), 3)
        return cls(closed_mouth(mean), by_pose, centre)

    def follow(self, landmarks: FloatArray, rotation: FloatArray, fps: float) -> FloatArray:
        """(T, 68, 3) the face at rest in each of some frames in a row, of landmarks (T, 68, 3) and rotation (T, 3)."""
        rest = np.repeat(self.mean[None], len(landmarks), axis=0)
        rest[:, _MOUTH] += np.einsum("tp,pkc->tkc", _terms(rotation) - self.centre, self.by_pose)
        weight = _weights(landmarks)
        apart = (close_lips(landmarks, 1.0) - rest)[:, _MOUTH] * weight[:, None, None]
        window = _SLOW_S * fps
        known = scipy.ndimage.gaussian_filter1d(weight, window, mode="nearest") + _DOUBT
        slow = scipy.ndimage.gaussian_filter1d(apart, window, axis=0, mode="nearest") / known[:, None, None]
        rest[:, _MOUTH] += slow
        return rest


def _terms(rotation: FloatArray) -> FloatArray:
    """(T, 4) what the rest may depend on."""
    pitch, yaw = rotation[:, 0], rotation[:, 1]
    return np.stack([pitch, yaw, pitch**2, yaw**2], axis=1)


def _weights(landmarks: FloatArray) -> FloatArray:
    """(T,) how much frames tell about closed lips: 1 where they touch."""
    return np.asarray(np.exp(-((np.maximum(lip_gap(landmarks), 0.0) / _SHUT) ** 2)) + _LEAST)


def estimate_rest(
    landmarks: FloatArray, rotation: FloatArray, stretches: Sequence[slice], fps: float, shown: FloatArray
) -> FloatArray:
    """The face at rest in each frame of stretches of a video, in constant memory.

    Args:
        landmarks: (T, 68, 3) in the head frame; may be mapped from a file.
        rotation: (T, 3) rad.
        stretches: of rows without a cut, in order.
        fps: rows per second.
        shown: (T,) how sure the rows are, in [0, 1].

    Returns:
        (T, 68, 3) float32.
    """
    sure = np.flatnonzero(shown >= np.percentile(shown, 50))
    sure = sure[:: max(1, len(sure) // _LEARNED)]
    rest = MouthRest.fit(np.asarray(landmarks[sure], np.float64), rotation[sure])
    margin = int(np.ceil(4 * _SLOW_S * fps))

    def pieces() -> Iterator[FloatArray]:
        for stretch in stretches:
            for start in range(stretch.start, stretch.stop, _PIECE):
                stop = min(start + _PIECE, stretch.stop)
                rows = slice(max(stretch.start, start - margin), min(stretch.stop, stop + margin))
                piece = rest.follow(np.asarray(landmarks[rows], np.float64), rotation[rows], fps)
                forget_pages(landmarks)
                yield piece[start - rows.start : stop - rows.start]

    return spool_rows(pieces(), (NUM_LANDMARKS, 3))
