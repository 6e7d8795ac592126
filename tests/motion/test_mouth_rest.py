"""The mouth at rest: learned from closed lips, by pose, and slowly changing."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.motion.mouth_rest import MouthRest, estimate_rest
from talkinghead.types import FloatArray

FPS = 25.0


def speaking(count: int = 400) -> tuple[FloatArray, FloatArray]:
    """A mouth that opens (T, 68, 3) while the head, and with it the tracker's idea of the chin, turns (T, 3)."""
    shut = closed_mouth(canonical_face()[0][MESH_OF_68])
    time = np.arange(count) / FPS
    rotation = np.zeros((count, 3))
    rotation[:, 1] = 0.3 * np.sin(2 * np.pi * 0.15 * time)
    landmarks = np.repeat(shut[None], count, axis=0)
    landmarks[:, :, 0][:, :17] += 0.1 * rotation[:, 1:2]
    opening = 0.15 * np.maximum(np.sin(2 * np.pi * 2 * time), 0) ** 2
    landmarks[:, 65:68, 1] += opening[:, None]
    landmarks[:, 56:59, 1] += opening[:, None]
    landmarks[:, 6:11, 1] += 0.7 * opening[:, None]
    return landmarks, rotation


def test_the_rest_is_that_of_closed_lips_whatever_is_said() -> None:
    landmarks, rotation = speaking()
    rest = MouthRest.fit(landmarks, rotation).follow(landmarks, rotation, FPS)
    shut = closed_mouth(canonical_face()[0][MESH_OF_68])
    assert lip_gap(rest).max() < 0.02
    np.testing.assert_allclose(rest[:, 8, 1], shut[8, 1], atol=0.012)  # the chin does not hang


def test_the_rest_follows_the_pose() -> None:
    landmarks, rotation = speaking()
    rest = MouthRest.fit(landmarks, rotation).follow(landmarks, rotation, FPS)
    np.testing.assert_allclose(rest[:, 4, 0], landmarks[:, 4, 0], atol=0.004)


def test_the_rest_follows_a_slow_smile() -> None:
    landmarks, rotation = speaking()
    smile = np.linspace(0, 0.1, len(landmarks))
    landmarks[:, 48, 0] -= smile
    landmarks[:, 54, 0] += smile
    rest = MouthRest.fit(landmarks, rotation).follow(landmarks, rotation, FPS)
    assert np.corrcoef(rest[:, 54, 0], landmarks[:, 54, 0])[0, 1] > 0.95
    assert np.ptp(rest[:, 54, 0]) > 0.07


def test_pieces_are_as_the_whole() -> None:
    landmarks, rotation = speaking(2500)
    stretches = [slice(0, 2300), slice(2300, 2500)]
    in_pieces = estimate_rest(landmarks, rotation, stretches, FPS, np.ones(2500))
    fitted = MouthRest.fit(landmarks, rotation)
    whole = np.concatenate([fitted.follow(landmarks[rows], rotation[rows], FPS) for rows in stretches])
    np.testing.assert_allclose(in_pieces, whole, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_frames_are_enough(count: int) -> None:
    landmarks, rotation = speaking(count)
    rest = estimate_rest(landmarks, rotation, [slice(0, count)], FPS, np.ones(count))
    assert np.isfinite(rest).all()
    assert lip_gap(rest).max() < 0.03
