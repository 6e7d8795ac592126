"""Correlation and lag of the aperture, in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT, faces, speaking
from talkinghead.metrics.aperture import (
    aperture,
    aperture_correlation,
    aperture_correlation_in_step,
    best_lag,
    width_correlation,
)
from talkinghead.types import FloatArray

MEASURES = (aperture_correlation, aperture_correlation_in_step, best_lag, width_correlation)


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


@pytest.mark.parametrize("lag", [-8, -3, 0, 5])
def test_an_offset_of_the_whole_recording_is_taken_off(lag: int) -> None:
    path = np.convolve(np.random.default_rng(0).standard_normal(160), np.ones(4) / 4)
    predicted, reference = speaking(path[20 - lag : 140 - lag]), speaking(path[20:140])
    assert aperture_correlation_in_step(predicted, reference) == pytest.approx(1.0)
    assert lag == 0 or aperture_correlation(predicted, reference) < 0.8


def test_a_lag_is_not_fitted_to_what_it_is_judged_by() -> None:
    rng = np.random.default_rng(0)
    found = [
        aperture_correlation_in_step(*(speaking(np.convolve(rng.standard_normal(83), np.ones(4))[3:-3]) for _ in "ab"))
        for _ in range(60)
    ]
    assert abs(np.mean(found)) < 0.08
    # Each half has its own offset: the lag of one is wrong for the other.
    path = np.convolve(rng.standard_normal(200), np.ones(3))
    predicted = speaking(np.concatenate([path[20:80], path[90:150]]))
    reference = speaking(np.concatenate([path[20:80], path[84:144]]))
    assert aperture_correlation_in_step(predicted, reference) < 0.5


def test_what_is_too_short_for_a_lag_has_none() -> None:
    assert np.isnan(aperture_correlation_in_step(faces(31), faces(31)))
    assert aperture_correlation_in_step(faces(32), faces(32)) == 0.0


def test_correlation_of_the_width() -> None:
    path = np.array([0.0, 1.0, 0.0, 1.0])

    def smiling(amount: FloatArray) -> FloatArray:
        landmarks = faces(len(amount))
        landmarks[:, 54, 0] += 0.1 * amount
        return landmarks

    assert width_correlation(smiling(path), smiling(path)) == pytest.approx(1.0)
    assert width_correlation(smiling(2 - path), smiling(path)) == pytest.approx(-1.0)
    assert width_correlation(faces(4), smiling(path)) == 0.0


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
