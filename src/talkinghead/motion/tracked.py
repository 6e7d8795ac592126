"""What a tracked face does, as a motion for another face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks, matrix_from_rotation, rotation_from_matrix
from talkinghead.types import FaceTrack, Motion


def motion_of_track(track: FaceTrack, row: int) -> Motion:
    """What a tracked face does, for another face to do: lips, head pose and blinks.

    Head pose and place are counted from frame ``row``, the face at rest is the one of that frame. Coming closer is left
    out, for the renderers' camera has no perspective. Gaze, too, is counted from that frame.
    """
    landmarks = head_landmarks(track)
    rest = landmarks[row]
    for eye in (LEFT_EYE, RIGHT_EYE):
        landmarks[:, eye] = rest[eye]
    turn = matrix_from_rotation(track.rotation)
    rotation = rotation_from_matrix(turn @ turn[row].T)
    translation = (track.translation - track.translation[row]) / track.scale[row]
    gaze = None if track.gaze is None else track.gaze - track.gaze[row]
    return Motion(track.fps, landmarks, rotation, translation, track.blink, rest, gaze=gaze)


def loop(motion: Motion, num_rows: int) -> Motion:
    """The motion forth and back again until it has ``num_rows`` rows: without a jump."""
    last = max(1, len(motion) - 1)
    place = np.arange(num_rows) % (2 * last)
    rows = np.minimum(np.minimum(place, 2 * last - place), len(motion) - 1)
    return replace(
        motion,
        landmarks=motion.landmarks[rows],
        rotation=motion.rotation[rows],
        translation=motion.translation[rows],
        blink=motion.blink[rows],
        expression=None if motion.expression is None else motion.expression[rows],
        gaze=None if motion.gaze is None else motion.gaze[rows],
    )
