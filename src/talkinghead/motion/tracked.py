"""The motion of a tracked face, for use on other faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import LEFT_EYE, MESH_OF_68, RIGHT_EYE
from talkinghead.face.pose import (
    OUTER_EYE_CORNERS,
    head_from_camera,
    matrix_from_rotation,
    place_between_eyes,
    rotation_from_matrix,
)
from talkinghead.types import FaceTrack, FloatArray, Motion, Pose

_NOISE = 0.01  # logarithm of the size up to which a tracked head that keeps its distance grows and shrinks


def motion_of_track(track: FaceTrack, row: int) -> Motion:
    """The motion of a tracked face: lips, head pose, size, blinks and gaze.

    Head pose, place, size and gaze are relative to frame ``row``, whose face is the face at rest. The head frame is
    that of this very frame, as in ``Portrait.landmarks``: with a mean one over the track, a portrait of the frame would
    be moved a pixel or two beside the tracked face.
    """
    chosen = np.concatenate([MESH_OF_68, OUTER_EYE_CORNERS])  # first, for tracks are long and lie in files
    seen = np.asarray(track.landmarks[:, chosen], np.float64)
    points = head_from_camera(seen, track.rotation, track.translation, track.scale)
    landmarks = place_between_eyes(points[:, :-2], points[row : row + 1, -2:], track.found[row : row + 1])
    rest = landmarks[row]
    for eye in (LEFT_EYE, RIGHT_EYE):
        landmarks[:, eye] = rest[eye]
    rotation, translation, scale = head_of_portrait(
        track, Pose(track.rotation[row], track.translation[row], float(track.scale[row])), points[row, -2:]
    )
    gaze = None if track.gaze is None else track.gaze - track.gaze[row]
    return Motion(track.fps, landmarks, rotation, translation, track.blink, rest, gaze=gaze, scale=scale)


def head_of_portrait(track: FaceTrack, pose: Pose, corners: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How a tracked head moves a portrait of it, as in ``Motion``.

    Args:
        track: T rows.
        pose: of the head in the portrait, in the frames and the unit of the track.
        corners: (2, 3) the outer corners of the portrait's eyes in the head frame of the pose.

    Returns:
        rotation (T, 3) rad, translation (T, 3) in the portrait's eye distances, and sizes (T,) in units of its own.
    """
    left, right = corners
    middle, unit = (left + right) / 2, float(pose.scale * np.linalg.norm(right - left))
    seen = track.translation + track.scale[:, None] * (matrix_from_rotation(track.rotation) @ middle)
    pictured = pose.translation + pose.scale * (matrix_from_rotation(pose.rotation) @ middle)
    eyes = replace(track, translation=seen)
    rotation, translation = head_of_track(eyes, Pose(pose.rotation, pictured, unit))
    return rotation, translation, _sure_sizes(track.scale / pose.scale)


def _sure_sizes(sizes: FloatArray) -> FloatArray:
    """Sizes (T,) of a head, in units of one of them, without what the tracker's noise may be."""
    change = np.log(sizes)
    return np.asarray(np.exp(change * np.square(change) / (np.square(change) + _NOISE**2)))


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
        scale=None if motion.scale is None else motion.scale[rows],
    )
