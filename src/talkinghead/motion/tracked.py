"""The motion of a tracked face, for use on other faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks, matrix_from_rotation, rotation_from_matrix
from talkinghead.types import FaceTrack, FloatArray, Motion, Pose


def motion_of_track(track: FaceTrack, row: int) -> Motion:
    """The motion of a tracked face: lips, head pose, blinks and gaze.

    Head pose, place and gaze are relative to frame ``row``, whose face is the face at rest. Movement towards the camera
    is left out, because the renderers' camera has no perspective.
    """
    landmarks = head_landmarks(track)
    rest = landmarks[row]
    for eye in (LEFT_EYE, RIGHT_EYE):
        landmarks[:, eye] = rest[eye]
    rotation, translation = head_of_track(track, Pose(track.rotation[row], track.translation[row], track.scale[row]))
    gaze = None if track.gaze is None else track.gaze - track.gaze[row]
    return Motion(track.fps, landmarks, rotation, translation, track.blink, rest, gaze=gaze)


def head_of_track(track: FaceTrack, pose: Pose) -> tuple[FloatArray, FloatArray]:
    """Rotation (T, 3) rad and translation (T, 3) in eye distances of a tracked head, away from a pose of it."""
    turn = matrix_from_rotation(track.rotation)
    rotation = rotation_from_matrix(turn @ matrix_from_rotation(pose.rotation).T)
    return rotation, (track.translation - pose.translation) / pose.scale


def loop(motion: Motion, num_rows: int) -> Motion:
    """The motion played forwards and backwards in turn, without a jump, until it has ``num_rows`` rows."""
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
