"""Bounded least squares in closed form."""

from __future__ import annotations

import numpy as np
from scipy.optimize import lsq_linear

from talkinghead.face.bounded import solve_bounded

RANDOM = np.random.default_rng(0)


def test_a_diagonal_problem_is_clipped() -> None:
    found = solve_bounded(np.diag([1.0, 2.0, 4.0]), np.array([[0.5, -1.0, 8.0], [2.0, 1.0, 1.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.0, 1.0], [1.0, 0.5, 0.25]])


def test_it_agrees_with_scipy() -> None:
    basis = RANDOM.standard_normal((60, 12))
    rows = RANDOM.standard_normal((5, 60)) * 3
    ridge = 0.1
    found = solve_bounded(basis.T @ basis + ridge * np.eye(12), rows @ basis)
    padded = np.concatenate([basis, np.sqrt(ridge) * np.eye(12)])
    for weights, row in zip(found, rows):
        expected = lsq_linear(padded, np.concatenate([row, np.zeros(12)]), (0, 1), tol=1e-12).x
        np.testing.assert_allclose(weights, expected, atol=1e-4)


def test_the_start_does_not_matter() -> None:
    basis = RANDOM.standard_normal((30, 6))
    hessian, targets = basis.T @ basis, RANDOM.standard_normal((4, 30)) @ basis
    there = solve_bounded(hessian, targets, np.ones((4, 6)))
    np.testing.assert_allclose(solve_bounded(hessian, targets), there, atol=1e-4)


def test_other_bounds_and_no_rows() -> None:
    np.testing.assert_allclose(solve_bounded(np.eye(2), np.array([[-0.5, -3.0]]), lowest=-1.0), [[-0.5, -1.0]])
    assert solve_bounded(np.eye(2), np.zeros((0, 2))).shape == (0, 2)
