"""The Frechet distance in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from talkinghead.metrics.frechet import frechet_distance
from talkinghead.types import FloatArray


def cloud(count: int, size: int, seed: int = 0) -> FloatArray:
    """(count, size) normal, its directions mixed."""
    random = np.random.default_rng(seed)
    return random.standard_normal((count, size)) @ random.standard_normal((size, size)) + random.standard_normal(size)


def test_a_set_and_itself() -> None:
    assert frechet_distance(cloud(50, 6), cloud(50, 6)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("count", [3, 40])
def test_a_shift_counts_by_its_square(count: int) -> None:
    rows = cloud(count, 6)
    assert frechet_distance(rows, rows + np.array([3, 0, 4, 0, 0, 0])) == pytest.approx(25.0)


@pytest.mark.parametrize("count", [3, 40])
def test_a_scaled_spread(count: int) -> None:
    rows = cloud(count, 6)
    centred = rows - rows.mean(axis=0)
    # trace(C + 9 C - 2 * 3 C) = 4 trace(C)
    assert frechet_distance(centred, 3 * centred) == pytest.approx(4 * np.cov(rows.T).trace())


def test_one_dimension() -> None:
    first, second = np.array([[0.0], [2.0]]), np.array([[5.0], [11.0]])  # means 1 and 8, deviations root 2 and root 18
    assert frechet_distance(first, second) == pytest.approx(49 + (np.sqrt(18) - np.sqrt(2)) ** 2)


def test_spreads_at_right_angles_share_nothing() -> None:
    first, second = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, -1.0], [0.0, 1.0]])
    assert frechet_distance(first, second) == pytest.approx(2 + 2)


def test_equals_the_usual_formula() -> None:
    a, b = cloud(60, 5, 1), cloud(80, 5, 2)
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    shared = np.real(sqrtm(cov_a @ cov_b))
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(cov_a + cov_b - 2 * shared)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b))


def test_fewer_vectors_than_dimensions() -> None:
    a, b = cloud(8, 300, 1), cloud(11, 300, 2)
    value = frechet_distance(a, b)
    assert np.isfinite(value)
    assert value > 0
    repeated = np.repeat(a, 60, axis=0)  # the same spread but for n - 1, with the other way of taking the root
    assert frechet_distance(repeated, a) < 1e-2 * value


def test_float32_and_a_far_mean_do_not_hurt() -> None:
    rows = cloud(50, 4).astype(np.float32)
    assert frechet_distance(rows + 1000, rows + 1001) == pytest.approx(4.0, rel=1e-3)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "two rows"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "two rows"),
        (np.zeros(5), np.zeros(5), "two rows"),
        (np.full((5, 3), np.nan), np.zeros((5, 3)), "finite"),
    ],
)
def test_other_input_is_refused(a: FloatArray, b: FloatArray, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        frechet_distance(a, b)
