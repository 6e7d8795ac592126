"""The mesh through landmarks that were placed."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import (
    INNER_LIP_CONTOUR,
    LEFT_EYE_CONTOUR,
    MESH_OF_68,
    RIGHT_EYE_CONTOUR,
    canonical_face,
)
from talkinghead.face.placed import mean_face_in, mesh_through
from talkinghead.types import FloatArray

SIZE = (400, 300)


def posed(roll: float = 0.0, scale: float = 80.0) -> FloatArray:
    """(478, 3) px the mean face, turned in the picture's plane."""
    cos, sin = np.cos(roll), np.sin(roll)
    turned = canonical_face()[0] @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    return np.asarray(scale * turned + (200, 150, 0))


def without_lids(mesh: FloatArray) -> FloatArray:
    return np.delete(mesh, np.concatenate([LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR]), axis=0)


def test_the_mean_face_lies_upright_in_the_middle_of_the_picture() -> None:
    points = mean_face_in(SIZE)
    assert points[:, 0].min() + points[:, 0].max() == pytest.approx(SIZE[0])
    np.testing.assert_allclose(points[36, 1], points[45, 1])
    assert np.ptp(points[:, 1]) < 0.45 * SIZE[1]
    assert ((points >= 0) & (points < SIZE)).all()
    assert np.ptp(mean_face_in((100, 900))[:, 0]) <= 45


@pytest.mark.parametrize("roll", [0.0, 0.5, 3.0])
def test_the_mean_face_s_own_landmarks_give_its_mesh(roll: float) -> None:
    mesh = posed(roll)
    found = mesh_through(mesh[MESH_OF_68, :2])
    np.testing.assert_allclose(without_lids(found), without_lids(mesh), atol=1.5)
    np.testing.assert_allclose(found[:, 2], mesh[:, 2], atol=1e-6)


def test_landmarks_lie_where_they_were_placed_whatever_the_face() -> None:
    points = posed()[MESH_OF_68, :2] + np.random.default_rng(0).normal(0, 6, (68, 2))
    for base in (None, posed(0.3, 60.0)):
        np.testing.assert_allclose(mesh_through(points, base)[MESH_OF_68, :2], points, atol=1e-9)


def test_depth_is_that_of_the_base() -> None:
    base = posed()
    base[:, 2] += 0.5 * base[:, 0]
    np.testing.assert_array_equal(mesh_through(base[MESH_OF_68, :2] + 5, base)[:, 2], base[:, 2])


def test_a_mouth_placed_open_parts_the_lips_and_leaves_the_upper_face() -> None:
    mesh = posed()
    points = mesh[MESH_OF_68, :2].copy()
    points[[55, 56, 57, 58, 59, 65, 66, 67], 1] += 30
    points[4:13, 1] += 25
    found = mesh_through(points, mesh)
    upper, lower = found[INNER_LIP_CONTOUR[1:10]], found[INNER_LIP_CONTOUR[:10:-1]]
    assert (lower - upper)[2:7, 1].min() > 25
    upper_lip = INNER_LIP_CONTOUR[1:10]
    assert np.abs(found - mesh)[upper_lip].max() < 4
    brow = mesh[:, 1] < mesh[MESH_OF_68[17:27], 1].min()
    assert np.abs(found - mesh)[brow].max() < 8


def test_a_round_eye_is_round_between_its_six_points() -> None:
    points = posed()[MESH_OF_68, :2].copy()
    middle = points[36:42].mean(axis=0)
    angle = np.radians([180, 240, 300, 0, 60, 120])
    points[36:42] = middle + 18 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    radius = np.linalg.norm(mesh_through(points)[LEFT_EYE_CONTOUR, :2] - middle, axis=1)
    np.testing.assert_allclose(radius, 18, rtol=0.06)


def test_bad_points() -> None:
    points = posed()[MESH_OF_68, :2]
    with pytest.raises(ValueError, match=r"shape \(68, 2\)"):
        mesh_through(points[:67])
    with pytest.raises(ValueError, match="finite"):
        mesh_through(np.where(np.arange(68)[:, None] == 3, np.nan, points))
    with pytest.raises(ValueError, match=r"shape \(478, 3\)"):
        mesh_through(points, posed()[:468])
    coinciding = points.copy()
    coinciding[45] = coinciding[36]
    with pytest.raises(ValueError, match="eye corners"):
        mesh_through(coinciding)
