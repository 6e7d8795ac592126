"""Correlation and lag of the aperture, in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT, faces, speaking
from talkinghead.metrics.aperture import aperture, aperture_correlation, best_lag
from talkinghead.types import FloatArray

MEASURES = (aperture_correlation, best_lag)


def test_aperture_is_the_mean_of_three_pairs() -> None:
    landmarks = faces(1)
    landmarks[0, [67, 66, 65], 1] = (0.0, 0.1, 0.2)
    assert aperture(landmarks)[0] == pytest.approx(0.15)


def test_correlation_of_known_paths() -> None:
    path = np.array([0.0, 1.0, 0.0, 1.0])
    assert aperture_correlation(speaking(path), speaking(path)) == pytest.approx(1.0)
    assert aperture_correlation(speaking(0.1 * path + 3), speaking(path)) == pytest.approx(1.0)
    assert aperture_correlation(speaking(-path), speaking(path)) == pytest.approx(-1.0)
    assert aperture_correlation(speaking(np.array([0.0, 0.0, 1.0, 1.0])), speaking(path)) == pytest.approx(0.0)
    assert aperture_correlation(speaking(np.array([0.0, 1.0, 0.0, 0.0])), speaking(path)) == pytest.approx(3**-0.5)


def test_a_mouth_that_does_not_move_correlates_with_nothing() -> None:
    assert aperture_correlation(faces(), speaking(np.arange(10.0))) == 0.0
    assert aperture_correlation(faces(), faces()) == 0.0


@pytest.mark.parametrize("lag", range(-7, 8))
def test_best_lag_of_a_shifted_copy(lag: int) -> None:
    path = np.convolve(np.random.default_rng(0).standard_normal(80), np.ones(4) / 4)
    reference = speaking(path[10:70])
    assert best_lag(speaking(path[10 - lag : 70 - lag]), reference) == lag


def test_best_lag_looks_no_farther_than_asked() -> None:
    path = np.sin(np.arange(100) / 8)
    assert best_lag(speaking(path[10:60]), speaking(path[20:70]), reach=3) == 3


def test_best_lag_without_motion_is_none() -> None:
    assert best_lag(faces(), faces()) == 0
    assert best_lag(faces(1), faces(1)) == 0
    assert best_lag(faces(2), faces(2)) == 0


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
