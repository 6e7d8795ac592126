"""What a tracked face does, for another face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE, canonical_face
from talkinghead.face.pose import camera_from_head, fit_pose, matrix_from_rotation
from talkinghead.motion.tracked import loop, motion_of_track
from talkinghead.rendering.rig import build_rig
from talkinghead.types import FaceTrack, FloatArray, Frames, Portrait


def track_of(rotation: FloatArray, translation: FloatArray, scale: FloatArray) -> FaceTrack:
    """A rigid head."""
    landmarks = camera_from_head(canonical_face()[0], rotation, translation, scale)
    n = len(landmarks)
    return FaceTrack(landmarks, rotation, translation, scale, np.linspace(0, 1, n), np.ones(n, bool), 50.0)


def test_head_pose_and_place_are_counted_from_the_portrait() -> None:
    rotation = np.array([[0.1, -0.2, 0.05], [0.2, 0.1, 0.0], [0.1, -0.2, 0.05]])
    translation = np.array([[100.0, 80, 0], [104, 77, 2], [100, 80, 0]])
    track = track_of(rotation, translation, np.array([50.0, 60, 50]))
    motion = motion_of_track(track, 0)
    assert motion.fps == 50.0
    np.testing.assert_allclose(motion.rotation[[0, 2]], 0, atol=1e-9)
    turned = matrix_from_rotation(motion.rotation[1]) @ matrix_from_rotation(rotation[0])
    np.testing.assert_allclose(turned, matrix_from_rotation(rotation[1]), atol=1e-9)
    np.testing.assert_allclose(motion.translation, [[0, 0, 0], [0.08, -0.06, 0.04], [0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(motion.blink, [0, 0.5, 1])
    np.testing.assert_allclose(motion.landmarks[0], motion.rest)
    np.testing.assert_allclose(motion.scale, [1, 1.2, 1], atol=2e-3)
    np.testing.assert_allclose(
        motion_of_track(replace(track, scale=np.array([50.0, 50.2, 49.8])), 0).scale, 1, atol=1e-3
    )
    assert motion.gaze is None
    looking = motion_of_track(replace(track, gaze=np.array([[0.1, 0.2], [0.3, 0.1], [0.1, 0.2]])), 0)
    np.testing.assert_allclose(looking.gaze, [[0, 0], [0.2, -0.1], [0, 0]], atol=1e-12)
    for eye in (LEFT_EYE, RIGHT_EYE):  # the lids are moved by blink alone
        np.testing.assert_array_equal(motion.landmarks[:, eye], np.broadcast_to(motion.rest[eye], (3, 6, 3)))


def test_a_portrait_of_a_tracked_frame_lies_upon_the_track() -> None:
    """Whose eyes, unlike the mean face's, do not look straight ahead in every frame."""
    rng = np.random.default_rng(0)
    shape = canonical_face()[0] + rng.normal(0, 0.03, canonical_face()[0].shape)
    rotation = np.array([[0.1, -0.2, 0.05], [0.2, 0.5, 0.0], [-0.1, -0.2, 0.05]])
    landmarks = camera_from_head(
        shape, rotation, np.array([[100.0, 80, 0], [104, 77, 2], [90, 80, 0]]), np.array([50.0, 60, 45])
    )
    track = FaceTrack(landmarks, *fit_pose(landmarks), np.zeros(3), np.ones(3, bool), 25.0)
    portrait = Portrait(Frames(np.zeros((1, 160, 200, 3), np.uint8), 25.0), track[:1])
    placed = build_rig(portrait).place(motion_of_track(track, 0))[0]
    np.testing.assert_allclose(placed[:, :468, :2], track.landmarks[:, :468, :2], atol=0.1)


def test_a_loop_goes_forth_and_back() -> None:
    track = track_of(np.zeros((4, 3)), np.array([[x, 0, 0] for x in range(4)], float), np.ones(4))
    path = loop(motion_of_track(track, 0), 9).translation[:, 0]
    assert path.tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    gaze = np.arange(8.0).reshape(4, 2)
    assert loop(motion_of_track(replace(track, gaze=gaze), 0), 5).gaze[4, 0] == gaze[2, 0]
    assert loop(motion_of_track(replace(track, scale=np.arange(1.0, 5.0)), 0), 5).scale.round(2).tolist() == [
        1,
        2,
        3,
        4,
        3,
    ]
    one = loop(motion_of_track(track[:1], 0), 3)
    assert len(one) == 3
