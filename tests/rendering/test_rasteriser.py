"""Where each pixel comes from, for triangles whose answer is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial import Delaunay

from talkinghead.rendering.rasteriser import backward_map
from talkinghead.types import FloatArray

ONE = np.array([[0, 1, 2]], np.int32)
FAR = 10_000.0  # sources that lie far off tell pixels that are covered from those that keep their place


def own_place(width: int, height: int) -> tuple[FloatArray, FloatArray]:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


def covered(target: FloatArray, triangles: npt.NDArray[np.int32], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    source = np.full((len(target), 2), FAR)
    return np.asarray(backward_map(target, np.zeros(len(target)), source, triangles, size=size)[0] == FAR)


def test_one_triangle_is_mapped_barycentrically() -> None:
    target = np.array([[2.0, 1.0], [12.0, 3.0], [4.0, 11.0]])
    source = np.array([[100.0, 50.0], [130.0, 40.0], [90.0, 95.0]])
    map_x, map_y = backward_map(target, np.zeros(3), source, ONE, size=(16, 14))
    # The affine map that takes target to source, solved independently.
    affine = np.linalg.solve(np.column_stack([target, np.ones(3)]), source)
    x, y = own_place(16, 14)
    expected = np.stack([x, y, np.ones_like(x)], axis=-1) @ affine
    weights = np.linalg.solve(np.column_stack([target, np.ones(3)]).T, np.stack([x, y, np.ones_like(x)]).reshape(3, -1))
    inside = (weights >= 1e-9).all(axis=0).reshape(x.shape)
    assert 40 < inside.sum() < 60
    np.testing.assert_allclose(map_x[inside], expected[inside][:, 0], atol=1e-4)
    np.testing.assert_allclose(map_y[inside], expected[inside][:, 1], atol=1e-4)
    outside = (weights < -1e-5).any(axis=0).reshape(x.shape)
    np.testing.assert_array_equal(map_x[outside], x[outside])
    np.testing.assert_array_equal(map_y[outside], y[outside])


def test_both_windings_are_drawn() -> None:
    target = np.array([[1.0, 1.0], [9.0, 1.0], [1.0, 9.0]])
    np.testing.assert_array_equal(covered(target, ONE, (12, 12)), covered(target, ONE[:, ::-1].copy(), (12, 12)))


def test_pixels_on_the_edge_belong_to_the_triangle() -> None:
    target = np.array([[2.0, 2.0], [6.0, 2.0], [2.0, 6.0]])
    expected = np.zeros((9, 9), bool)
    for row in range(5):
        expected[2 + row, 2 : 7 - row] = True
    np.testing.assert_array_equal(covered(target, ONE, (9, 9)), expected)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearest_wins_whatever_the_order(order: tuple[int, int]) -> None:
    square = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    target = np.concatenate([square, square])
    depth = np.array([5.0, 5.0, 5.0, 2.0, 2.0, 2.0])
    source = np.repeat([[100.0, 0.0], [200.0, 0.0]], 3, axis=0)
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)[list(order)]
    map_x, _ = backward_map(target, depth, source, triangles, size=(11, 11))
    assert map_x[2, 2] == 200.0


def test_depth_is_interpolated_where_triangles_cross() -> None:
    square = np.array([[0.0, 0.0], [40.0, 0.0], [0.0, 40.0]])
    depth = np.array([0.0, 10.0, 0.0, 5.0, 5.0, 5.0])  # the first leans back to the right and passes 5 at x = 20
    source = np.repeat([[100.0, 0.0], [200.0, 0.0]], 3, axis=0)
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    map_x, _ = backward_map(np.concatenate([square, square]), depth, source, triangles, size=(41, 41))
    assert (map_x[2, :20] == 100.0).all()
    assert (map_x[2, 21:38] == 200.0).all()


def test_without_triangles_all_stays() -> None:
    map_x, map_y = backward_map(np.zeros((3, 2)), np.zeros(3), np.zeros((3, 2)), ONE[:0], size=(7, 5))
    x, y = own_place(7, 5)
    np.testing.assert_array_equal(map_x, x)
    np.testing.assert_array_equal(map_y, y)
    assert map_x.dtype == map_y.dtype == np.float32


def test_flat_triangles_cover_nothing() -> None:
    target = np.array([[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]])
    assert not covered(target, ONE, (12, 12)).any()


def test_triangles_may_reach_over_the_edge() -> None:
    target = np.array([[-30.0, -30.0], [60.0, -30.0], [-30.0, 60.0]])
    assert covered(target, ONE, (9, 9)).all()
    assert not covered(target + 200, ONE, (9, 9)).any()
    assert not covered(target - 200, ONE, (9, 9)).any()


def test_a_window_shows_its_part_of_the_picture() -> None:
    random = np.random.default_rng(0)
    target, source = random.uniform(0, 40, (3, 2)) * (1, 1), random.uniform(0, 40, (3, 2))
    whole = backward_map(target, np.zeros(3), source, ONE, size=(40, 40))
    part = backward_map(target, np.zeros(3), source, ONE, size=(21, 17), corner=(9, 12))
    for have, want in zip(part, whole, strict=True):
        np.testing.assert_allclose(have, want[12:29, 9:30], atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_jittered_grid_has_no_cracks(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1, 121, 26), np.linspace(-1, 91, 20))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    inner = (np.abs(grid - (60, 45)) < (60, 45)).all(axis=1)
    grid[inner] += random.uniform(-1.5, 1.5, (inner.sum(), 2))
    triangles = Delaunay(grid).simplices.astype(np.int32)
    assert covered(grid, triangles, (120, 90)).all()


def test_vertices_on_pixels_leave_no_cracks() -> None:
    x, y = np.meshgrid(np.arange(0, 41, 4.0), np.arange(0, 41, 4.0))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    assert covered(grid, Delaunay(grid).simplices.astype(np.int32), (41, 41)).all()


def test_the_identity_is_the_identity() -> None:
    random = np.random.default_rng(5)
    points = np.concatenate([random.uniform(0, 60, (80, 2)), [[-1, -1], [61, -1], [-1, 61], [61, 61]]])
    triangles = Delaunay(points).simplices.astype(np.int32)
    map_x, map_y = backward_map(points, random.standard_normal(84), points, triangles, size=(60, 60))
    x, y = own_place(60, 60)
    np.testing.assert_allclose(map_x, x, atol=1e-3)
    np.testing.assert_allclose(map_y, y, atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**63, 1e12])
@pytest.mark.parametrize("of", ["target", "depth", "source"])
def test_absurd_vertices_write_nothing_outside(value: float, of: str) -> None:
    """One corner is nowhere: what is drawn is arbitrary, but it is finite, and drawn in the window alone."""
    given = {
        "target": np.array([[1.0, 1.0], [9.0, 1.0], [1.0, 9.0]]),
        "depth": np.zeros(3),
        "source": np.array([[4.0, 4.0], [8.0, 4.0], [4.0, 8.0]]),
    }
    given[of][1] = value
    for rendered in backward_map(**given, triangles=ONE, size=(12, 12)):
        assert np.isfinite(rendered).all()


def test_far_vertices_are_drawn_where_they_are_seen() -> None:
    """Clipping moves no vertex by which a picture could be told from another."""
    target = np.array([[-90_000.0, -90_000.0], [270_000.0, -90_000.0], [-90_000.0, 270_000.0]])
    map_x, map_y = backward_map(target, np.zeros(3), target, ONE, size=(9, 9))
    x, y = own_place(9, 9)
    np.testing.assert_allclose(map_x, x, atol=1e-2)
    np.testing.assert_allclose(map_y, y, atol=1e-2)
