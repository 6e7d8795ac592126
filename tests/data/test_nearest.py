"""Nearest points on triangles, on triangles small enough to think through."""

from __future__ import annotations

import numpy as np

from talkinghead.data.nearest import distances_along, nearest_on_triangles

VERTICES = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [5, 5, 5]])
TRIANGLES = np.array([[0, 1, 2], [1, 3, 2]])


def foot(point: tuple[float, float, float]) -> list[float]:
    corners, weights = nearest_on_triangles(np.array([point]), VERTICES, TRIANGLES)
    assert weights.min() >= 0
    assert weights.sum() == 1
    return list((VERTICES[corners[0]] * weights[0][:, None]).sum(axis=0))


def test_above_within_beside_and_beyond() -> None:
    assert foot((0.25, 0.25, 2.0)) == [0.25, 0.25, 0.0]
    assert foot((0.75, 0.75, -1.0)) == [0.75, 0.75, 0.0]
    assert foot((0.5, -3.0, 1.0)) == [0.5, 0.0, 0.0]
    assert foot((-1.0, -2.0, 0.0)) == [0.0, 0.0, 0.0]
    assert foot((4.0, 0.25, 0.0)) == [1.0, 0.25, 0.0]


def test_distances_run_along_edges() -> None:
    found = distances_along(VERTICES, TRIANGLES, np.array([0]))
    np.testing.assert_allclose(found[:4], [0, 1, 1, 2])
    assert np.isinf(found[4])
