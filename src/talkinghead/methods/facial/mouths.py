"""The mouth that somebody mostly has, beside the one in their picture."""

from __future__ import annotations

import numpy as np

from talkinghead.face.landmarks import LIPS
from talkinghead.motion.tracked import motion_of_track
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import NUM_LANDMARKS, FaceTrack, FloatArray

_MOST = 3000  # frames, spread over the video


def usual_lips(track: FaceTrack) -> FloatArray:
    """(20, 3) the lips of a tracked face in the mean over its frames, in the head frame, about their middle."""
    track = track[:: max(1, len(track) // _MOST)]
    lips = motion_of_track(track, best_frame(track)).landmarks[track.found][:, LIPS].mean(axis=0)
    return np.asarray(lips - lips.mean(axis=0))


def shift_lips(track: FaceTrack, face: FloatArray) -> FloatArray:
    """What brings lips to their usual shape: (68, 3) displacements, which leave the lips' middle where it is.

    A picture is one instant, in which lips are a little pursed, parted or askew, and so they would stay all through a
    speech.

    Args:
        track: of the person's reference video.
        face: (68, 3) the same person's face, as it is in the mean of what a network makes of their picture.
    """
    shift = np.zeros((NUM_LANDMARKS, 3))
    shift[LIPS] = usual_lips(track) - (face[LIPS] - face[LIPS].mean(axis=0))
    return shift
