"""Weights and poses of tracked faces, and the style of each speaker."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.methods.write_a_speaker.targets import (
    HEAD_UNITS,
    map_captured_weights,
    pose_of_track,
    weights_of_track,
)
from talkinghead.motion.expressions import landmark_basis
from talkinghead.tracking.track import make_track
from talkinghead.types import NUM_EXPRESSIONS, FaceTrack, FloatArray

JAW_OPEN = EXPRESSION_NAMES.index("jawOpen")


def track_of(weights: FloatArray, rotation: FloatArray | None = None) -> FaceTrack:
    """The mean face with weights (T, 51), as a tracker would see it."""
    count = len(weights)
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    shape[:, MESH_OF_68] += np.tensordot(weights, landmark_basis(), axes=1)
    turn = np.zeros((count, 3)) if rotation is None else rotation
    place, scale = np.full((count, 3), 100.0), np.full(count, 60.0)
    return make_track(camera_from_head(shape, turn, place, scale), np.ones(count, bool), 25.0, smooth=False)


def opening(count: int = 50) -> FloatArray:
    weights = np.zeros((count, NUM_EXPRESSIONS))
    weights[:, JAW_OPEN] = 0.2 * (1 - np.cos(np.arange(count) / 4))
    return weights


def test_weights_are_found_again() -> None:
    wanted = opening()
    found = weights_of_track(track_of(wanted))
    assert found.shape == (50, NUM_EXPRESSIONS)
    assert np.corrcoef(found[:, JAW_OPEN], wanted[:, JAW_OPEN])[0, 1] > 0.99
    assert found[:, JAW_OPEN].max() == pytest.approx(0.4, abs=0.1)
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_what_moves_the_lips_is_the_mouths() -> None:
    weights = np.zeros((50, NUM_EXPRESSIONS))
    for side in ("Left", "Right"):
        weights[:, EXPRESSION_NAMES.index(f"mouthUpperUp{side}")] = opening()[:, JAW_OPEN]
    found = weights_of_track(track_of(weights))
    upper = [k for k in range(NUM_EXPRESSIONS) if k not in MOUTH_EXPRESSIONS and "eye" not in EXPRESSION_NAMES[k]]
    assert found[:, upper].std(axis=0).max() < 0.3 * found[:, MOUTH_EXPRESSIONS].std(axis=0).max()


def test_poses_are_about_their_mean_in_units() -> None:
    rotation = np.zeros((50, 3))
    rotation[:, 1] = 0.1 * np.sin(np.arange(50) / 5)
    pose = pose_of_track(track_of(opening(), rotation))
    np.testing.assert_allclose(pose.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(pose[:, 1], (rotation[:, 1] - rotation[:, 1].mean()) / HEAD_UNITS[1], atol=0.15)
    assert np.abs(pose[:, [0, 2]]).max() < 0.1


def test_captured_shapes_are_mapped_by_what_they_do() -> None:
    columns = {name: np.zeros(2) for name in ("mouth_stretch_c", "mouth_press_l", "tongue_u", "mouth_oh_c")}
    columns["mouth_stretch_c"][:] = 0.3, 0.9
    columns["mouth_press_l"][1] = 0.5
    columns["tongue_u"][:] = 1.0
    columns["mouth_oh_c"][1] = 0.5
    found = map_captured_weights(columns)
    expected = np.zeros((2, NUM_EXPRESSIONS))
    expected[:, JAW_OPEN] = 0.3, 1.0  # 0.9 + 0.3 * 0.5 is more than there is
    expected[1, EXPRESSION_NAMES.index("mouthPressLeft")] = 0.5
    expected[1, EXPRESSION_NAMES.index("mouthFunnel")] = 0.3
    np.testing.assert_allclose(found, expected)
