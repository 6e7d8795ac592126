"""Rotations, similarities and the head frame, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import LIPS, MESH_OF_68, STABLE, canonical_face
from talkinghead.face.pose import (
    camera_from_head,
    fit_pose,
    fit_similarity,
    head_from_camera,
    head_landmarks,
    head_mesh,
    matrix_from_rotation,
    rotation_from_matrix,
)
from talkinghead.types import FaceTrack, FloatArray

RIGHT, DOWN, TOWARDS_CAMERA = np.eye(3)[0], np.eye(3)[1], -np.eye(3)[2]


def turned(vector: FloatArray, *, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> FloatArray:
    return matrix_from_rotation(np.array([pitch, yaw, roll])) @ vector


def random_rotations(count: int) -> FloatArray:
    random = np.random.default_rng(0)
    limits = np.array([np.pi, np.pi / 2, np.pi]) * 0.999
    return random.uniform(-limits, limits, (count, 3))


def track_of(landmarks: FloatArray, *, found: list[bool] | None = None) -> FaceTrack:
    """A track whose pose is the identity: its landmarks are in the head frame already, but for the normalisation."""
    count = len(landmarks)
    seen = np.ones(count, bool) if found is None else np.array(found)
    zeros = np.zeros((count, 3))
    return FaceTrack(landmarks, zeros, zeros, np.ones(count), np.zeros(count), seen, 25.0)


def test_positive_pitch_lowers_the_chin_towards_the_chest() -> None:
    angle = 0.3
    # The nose points down, the chin goes back.
    np.testing.assert_allclose(turned(TOWARDS_CAMERA, pitch=angle), [0, np.sin(angle), -np.cos(angle)], atol=1e-12)
    np.testing.assert_allclose(turned(DOWN, pitch=angle), [0, np.cos(angle), np.sin(angle)], atol=1e-12)


def test_positive_yaw_turns_the_nose_to_the_left_of_the_picture() -> None:
    angle = 0.4
    np.testing.assert_allclose(turned(TOWARDS_CAMERA, yaw=angle), [-np.sin(angle), 0, -np.cos(angle)], atol=1e-12)
    np.testing.assert_allclose(turned(DOWN, yaw=angle), DOWN, atol=1e-12)


def test_positive_roll_tilts_clockwise_in_the_picture() -> None:
    angle = 0.5
    # y runs down: what pointed to the right of the picture points down to the right.
    np.testing.assert_allclose(turned(RIGHT, roll=angle), [np.cos(angle), np.sin(angle), 0], atol=1e-12)
    np.testing.assert_allclose(turned(TOWARDS_CAMERA, roll=angle), TOWARDS_CAMERA, atol=1e-12)


def test_pitch_comes_first_and_roll_last() -> None:
    pitch, yaw, roll = 0.3, -0.4, 0.5
    zero = 0.0
    single = [matrix_from_rotation(np.array(r)) for r in ((zero, zero, roll), (zero, yaw, zero), (pitch, zero, zero))]
    np.testing.assert_allclose(matrix_from_rotation(np.array([pitch, yaw, roll])), single[0] @ single[1] @ single[2])


def test_matrices_are_rotations() -> None:
    matrices = matrix_from_rotation(random_rotations(50))
    assert matrices.shape == (50, 3, 3)
    np.testing.assert_allclose(
        matrices @ np.swapaxes(matrices, 1, 2), np.broadcast_to(np.eye(3), (50, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(matrices), 1.0)


def test_rotation_round_trip() -> None:
    rotations = random_rotations(200)
    np.testing.assert_allclose(rotation_from_matrix(matrix_from_rotation(rotations)), rotations, atol=1e-9)


def test_rotation_round_trip_keeps_leading_axes() -> None:
    rotations = random_rotations(6).reshape(2, 3, 3)
    assert matrix_from_rotation(rotations).shape == (2, 3, 3, 3)
    np.testing.assert_allclose(rotation_from_matrix(matrix_from_rotation(rotations)), rotations, atol=1e-9)


def test_a_full_turn_of_the_nose_gives_no_nan() -> None:
    matrix = matrix_from_rotation(np.array([0.0, np.pi / 2, 0.0]))
    matrix[2, 0] = -1.0 - 1e-12
    assert rotation_from_matrix(matrix)[1] == pytest.approx(np.pi / 2)


def test_fit_similarity_recovers_what_was_done() -> None:
    random = np.random.default_rng(1)
    source = random.standard_normal((20, 3))
    matrices = matrix_from_rotation(random_rotations(5))
    shifts, scales = random.standard_normal((5, 3)) * 100, np.array([0.01, 0.5, 1.0, 30.0, 400.0])
    target = scales[:, None, None] * (source @ np.swapaxes(matrices, 1, 2)) + shifts[:, None]
    matrix, translation, scale = fit_similarity(source, target)
    np.testing.assert_allclose(matrix, matrices, atol=1e-9)
    np.testing.assert_allclose(translation, shifts, atol=1e-9)
    np.testing.assert_allclose(scale, scales)


def test_fit_similarity_never_reflects() -> None:
    source = np.random.default_rng(2).standard_normal((20, 3))
    matrix, _, scale = fit_similarity(source, np.stack([source * (-1, 1, 1), source * (1, 1, -1)]))
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0)
    assert (scale > 0).all()
    # The mirror image is not a rotation of the source, so something has to be left over.
    assert (scale < 0.95).all()


def test_fit_similarity_of_flat_points_does_not_reflect_either() -> None:
    flat = np.random.default_rng(3).standard_normal((12, 3)) * (1, 1, 0)
    rotation = np.array([[0.2, -0.3, 0.4]])
    matrix, _, scale = fit_similarity(flat, 2 * flat[None] @ np.swapaxes(matrix_from_rotation(rotation), 1, 2))
    np.testing.assert_allclose(rotation_from_matrix(matrix), rotation, atol=1e-9)
    np.testing.assert_allclose(scale, 2.0)


def test_fit_similarity_is_least_squares() -> None:
    random = np.random.default_rng(4)
    source = random.standard_normal((30, 3))
    truth = np.array([0.1, 0.2, -0.3])
    target = 3 * source @ matrix_from_rotation(truth).T + 0.5 * random.standard_normal((30, 3))

    def error(matrix: FloatArray, translation: FloatArray, scale: float) -> float:
        return float(np.square(scale * source @ matrix.T + translation - target).sum())

    matrix, translation, scale = (value[0] for value in fit_similarity(source, target[None]))
    best = error(matrix, translation, scale)
    assert best < error(matrix_from_rotation(truth), np.zeros(3), 3.0)
    for _ in range(50):
        nudge = matrix_from_rotation(0.01 * random.standard_normal(3))
        shift, stretch = 0.01 * random.standard_normal(3), 1 + 0.01 * random.standard_normal()
        assert error(nudge @ matrix, translation + shift, scale * stretch) > best


def test_fit_pose_of_the_canonical_face() -> None:
    shape, _ = canonical_face()
    rotation = np.radians([[0, 0, 0], [20, 0, 0], [0, 35, 0], [0, 0, -60], [-15, 25, 170], [10, -40, 5]])
    translation = np.linspace(-50, 900, 18).reshape(6, 3)
    scale = np.array([1.0, 30.0, 58.0, 100.0, 250.0, 700.0])
    found = fit_pose(camera_from_head(shape, rotation, translation, scale))
    for have, want in zip(found, (rotation, translation, scale), strict=True):
        np.testing.assert_allclose(have, want, atol=1e-6)


def test_fit_pose_is_blind_to_what_the_face_says() -> None:
    shape, _ = canonical_face()
    speaking = shape.copy()
    moving = np.setdiff1d(np.arange(478), STABLE)
    speaking[moving] += np.random.default_rng(5).standard_normal((len(moving), 3))
    assert not np.isin(MESH_OF_68[LIPS], STABLE).any()
    found = fit_pose(np.stack([shape, speaking]) * 80.0)
    for value in found:
        np.testing.assert_allclose(value[0], value[1], atol=1e-9)


def test_camera_and_head_frame_are_inverse() -> None:
    random = np.random.default_rng(6)
    points = random.standard_normal((4, 10, 3))
    pose = random_rotations(4), random.standard_normal((4, 3)) * 50, random.uniform(20, 200, 4)
    np.testing.assert_allclose(head_from_camera(camera_from_head(points, *pose), *pose), points, atol=1e-9)
    once = camera_from_head(points[0], *pose)
    np.testing.assert_allclose(once, camera_from_head(np.repeat(points[:1], 4, axis=0), *pose))


def test_camera_from_head_in_closed_form() -> None:
    # A quarter turn clockwise, 10 px per unit, to (100, 200, 0): what lay to the right lies below.
    pose = np.array([[0.0, 0.0, np.pi / 2]]), np.array([[100.0, 200.0, 0.0]]), np.array([10.0])
    np.testing.assert_allclose(camera_from_head(np.array([[1.0, 0.0, 0.5]]), *pose), [[[100.0, 210.0, 5.0]]])


def test_head_mesh_is_normalised_by_the_outer_eye_corners() -> None:
    shape, _ = canonical_face()
    wide = shape * (1.3, 1.0, 0.8) + (0.2, -0.1, 0.3)
    mesh = head_mesh(track_of(np.stack([wide, wide])))
    assert np.linalg.norm(mesh[0, 263] - mesh[0, 33]) == pytest.approx(1.0)
    np.testing.assert_allclose((mesh[0, 33] + mesh[0, 263]) / 2, 0.0, atol=1e-12)
    # One similarity: the proportions stay.
    np.testing.assert_allclose(mesh[0] * 1.3, wide - (0.2, -0.1, 0.3), atol=1e-6)


def test_head_mesh_has_one_similarity_for_all_frames() -> None:
    shape, _ = canonical_face()
    sizes = np.array([1.0, 1.0, 1.1, 1.0, 1.0])
    mesh = head_mesh(track_of(shape * sizes[:, None, None]))
    np.testing.assert_allclose(np.linalg.norm(mesh[:, 263] - mesh[:, 33], axis=-1), sizes)


def test_frames_without_a_face_do_not_count_for_the_norm() -> None:
    shape, _ = canonical_face()
    sizes = np.array([2.0, 5.0, 5.0, 5.0])
    faces = shape * sizes[:, None, None]
    mesh = head_mesh(track_of(faces, found=[True, False, False, False]))
    np.testing.assert_allclose(np.linalg.norm(mesh[:, 263] - mesh[:, 33], axis=-1), sizes / 2)
    mesh = head_mesh(track_of(faces, found=[False] * 4))
    np.testing.assert_allclose(np.linalg.norm(mesh[:, 263] - mesh[:, 33], axis=-1), sizes / 5)


def test_head_landmarks_are_points_of_the_mesh() -> None:
    shape, _ = canonical_face()
    landmarks = head_landmarks(track_of(shape[None]))
    assert landmarks.shape == (1, 68, 3)
    np.testing.assert_allclose(landmarks[0], shape[MESH_OF_68], atol=1e-6)
