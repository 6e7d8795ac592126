"""MSE and structural similarity of parameter sequences, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.parameters import DELTA_1, DELTA_2, parameter_mse, ssim_sequence
from talkinghead.types import FloatArray


def wave(count: int = 100, channels: int = 4) -> FloatArray:
    """(T, P) sines of whole periods around 0.5: variance 0.02 each."""
    phase = 2 * np.pi * np.arange(count)[:, None] / count * np.arange(1, channels + 1)
    return np.asarray(0.5 + 0.2 * np.sin(phase))


def test_mse_of_shifts() -> None:
    assert parameter_mse(wave(), wave()) == 0.0
    assert parameter_mse(wave() + 0.3, wave()) == pytest.approx(0.09)
    assert parameter_mse(wave() + np.array([0.0, 0.0, 0.0, 0.4]), wave()) == pytest.approx(0.04)


def test_equal_sequences_are_alike() -> None:
    assert ssim_sequence(wave(), wave()) == pytest.approx(1.0)
    assert ssim_sequence(np.zeros((10, 2)), np.zeros((10, 2))) == pytest.approx(1.0)
    assert ssim_sequence(wave(1), wave(1)) == pytest.approx(1.0)


def test_a_constant_shift_costs_the_term_of_the_means() -> None:
    expected = (2 * 0.5 * 0.8 + DELTA_1) / (0.5**2 + 0.8**2 + DELTA_1)
    assert ssim_sequence(wave() + 0.3, wave()) == pytest.approx(expected)


def test_a_mirrored_sequence_is_negative() -> None:
    assert ssim_sequence(1 - wave(), wave()) == pytest.approx((-0.04 + DELTA_2) / (0.04 + DELTA_2))
    assert ssim_sequence(1 - wave(), wave(), delta_2=0.0) == pytest.approx(-1.0)


def test_half_the_movement_and_none() -> None:
    half = 0.5 + 0.5 * (wave() - 0.5)
    assert ssim_sequence(half, wave()) == pytest.approx((0.02 + DELTA_2) / (0.025 + DELTA_2))
    assert ssim_sequence(np.full((100, 4), 0.5), wave()) == pytest.approx(DELTA_2 / (0.02 + DELTA_2))


def test_parameters_are_compared_one_by_one() -> None:
    predicted = wave()
    predicted[:, 0] = 1 - predicted[:, 0]
    assert ssim_sequence(predicted, wave(), delta_2=0.0) == pytest.approx((3 - 1) / 4)
    assert ssim_sequence(predicted, wave()) == pytest.approx(ssim_sequence(wave(), predicted))


@pytest.mark.parametrize("shapes", [((5, 3), (4, 3)), ((5,), (5,)), ((0, 3), (0, 3)), ((5, 0), (5, 0))])
def test_sequences_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    for measure in (parameter_mse, ssim_sequence):
        with pytest.raises(ValueError, match=r"need two sequences \(T, P\) of one shape"):
            measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
