"""Bringing the lips to rest where nobody speaks."""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.motion.smoothing import smoothstep
from talkinghead.speech.activity import silence_mask
from talkinghead.types import NUM_LANDMARKS, FloatArray

# Mouths leave their rest well before the sound and return well after it, and voice activity detection is sometimes
# late: the motion is kept for the first span beside speech and brought to rest over the second.
_BEFORE_S = (0.35, 0.25)
_AFTER_S = (0.30, 0.30)
_SHORTEST_S = 0.5  # silence
_MOUTH = np.r_[JAW, LIPS]


def rest_in_silence(landmarks: FloatArray, rest: FloatArray, activity: FloatArray, fps: float) -> FloatArray:
    """The same landmarks, with jaw and lips exactly at rest where nobody speaks.

    The mouth leaves its rest 0.6 s before speech and is back 0.6 s after it, on smooth ramps that end about a third of
    a second from the speech; silences under 0.5 s leave it as it is. Brows, eyes and nose stay as they are.

    Args:
        landmarks: (T, 68, 3) in the head frame.
        rest: (68, 3) with the lips closed, or (T, 68, 3) if that changes.
        activity: (T,) in [0, 1], speech above 0.5.
        fps: frames per second.

    Returns:
        (T, 68, 3).

    Raises:
        ValueError: the shapes do not fit each other.
    """
    if landmarks.shape != (len(activity), NUM_LANDMARKS, 3) or rest.shape not in (landmarks.shape, landmarks.shape[1:]):
        raise ValueError(
            f"landmarks {landmarks.shape}, rest {rest.shape} and activity {activity.shape} do not fit: "
            "they must be (T, 68, 3), (68, 3) or (T, 68, 3), and (T,)"
        )
    share = speaking_share(activity, fps)[:, None, None]
    result = landmarks.copy()
    settled = rest[..., _MOUTH, :]
    result[:, _MOUTH] = settled + share * (landmarks[:, _MOUTH] - settled)
    return result


def zero_in_silence(features: FloatArray, activity: FloatArray, fps: float, *, stride: int = 1) -> FloatArray:
    """The same speech frames, with zeros where nobody speaks, so that noise does not move the face.

    Args:
        features: (S, F) speech frames.
        activity: (T,) in [0, 1] at the rows of a motion, speech above 0.5.
        fps: rows of the motion per second.
        stride: speech frames per row.

    Returns:
        (T * stride, F); zeros beyond the given frames, with smooth ramps around speech as in ``rest_in_silence``.
    """
    count = stride * len(activity)
    padded = np.pad(features[:count], ((0, max(0, count - len(features))), (0, 0)))
    return np.asarray(padded * np.repeat(speaking_share(activity, fps), stride)[:, None])


def speaking_share(activity: FloatArray, fps: float) -> FloatArray:
    """(T,) the share of the mouth's motion to keep: 1 in speech, 0 in silence, with smooth ramps outside the speech."""
    speaking = np.flatnonzero(~silence_mask(activity, fps, shortest=_SHORTEST_S))
    frames = np.arange(len(activity))
    if len(speaking) == 0:
        return np.zeros(len(activity))
    place = np.searchsorted(speaking, frames)
    until_next = speaking[np.minimum(place, len(speaking) - 1)] - frames
    since_last = frames - speaking[np.maximum(np.searchsorted(speaking, frames, side="right") - 1, 0)]
    opening = np.where(until_next >= 0, 1.0 - (until_next / fps - _BEFORE_S[0]) / _BEFORE_S[1], 0.0)
    closing = np.where(since_last >= 0, 1.0 - (since_last / fps - _AFTER_S[0]) / _AFTER_S[1], 0.0)
    return smoothstep(np.maximum(opening, closing))
