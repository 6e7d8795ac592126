"""Filters along time, against closed forms."""

import numpy as np
import pytest

from talkinghead.motion.smoothing import resample_rows, smooth, smoothstep


@pytest.mark.parametrize("length", [1, 2, 3, 5, 10, 100])
def test_constants_and_lines_pass(length):
    constant = np.full((length, 2, 3), 0.7, np.float32)
    result = smooth(constant, 25.0, cutoff_hz=3.0)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, constant, atol=1e-6)
    line = np.arange(length, dtype=np.float64)
    np.testing.assert_allclose(smooth(line, 25.0, cutoff_hz=3.0), line, atol=0.05)


def test_slow_passes_cutoff_is_halved_fast_is_gone():
    time = np.arange(1000) / 50.0
    inner = slice(200, -200)
    for frequency, gain in ((0.3, 1.0), (4.0, 0.5), (20.0, 0.0)):
        sine = np.sin(2 * np.pi * frequency * time)
        np.testing.assert_allclose(smooth(sine, 50.0, cutoff_hz=4.0)[inner], gain * sine[inner], atol=0.01)


def test_nothing_is_delayed():
    bump = np.exp(-np.square((np.arange(101) - 50) / 5.0))
    result = smooth(bump, 25.0, cutoff_hz=2.0)
    np.testing.assert_allclose(result, result[::-1], atol=1e-6)
    assert result.argmax() == 50


def test_cutoff_at_half_the_rate_changes_nothing():
    noise = np.random.default_rng(0).standard_normal((20, 3))
    result = smooth(noise, 25.0, cutoff_hz=12.5)
    np.testing.assert_array_equal(result, noise)
    assert result is not noise
    with pytest.raises(ValueError, match="cutoff_hz"):
        smooth(noise, 25.0, cutoff_hz=0.0)


@pytest.mark.parametrize(
    ("from_rate", "to_rate", "rows"), [(25, 62.5, 240), (62.5, 25, 41), (30, 29.97, 99), (25, 25, 100)]
)
def test_resampled_line_is_the_line(from_rate, to_rate, rows):
    line = np.stack([np.arange(100) / from_rate, -2 * np.arange(100) / from_rate], axis=1)
    result = resample_rows(line, from_rate, to_rate, rows)
    expected = np.minimum(np.arange(rows) / to_rate, 99 / from_rate)
    np.testing.assert_allclose(result, np.stack([expected, -2 * expected], axis=1), atol=1e-9)


def test_same_rate_is_exact_and_the_last_row_is_held():
    rows = np.random.default_rng(0).standard_normal((7, 68, 3)).astype(np.float32)
    result = resample_rows(rows, 30.0, 30.0, 10)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[:7], rows)
    np.testing.assert_array_equal(result[7:], np.repeat(rows[-1:], 3, axis=0))


def test_resample_edges():
    assert resample_rows(np.ones((1, 3)), 25.0, 60.0, 5).shape == (5, 3)
    assert resample_rows(np.ones((4, 3)), 25.0, 60.0, 0).shape == (0, 3)
    with pytest.raises(ValueError, match="at least one row"):
        resample_rows(np.ones((0, 3)), 25.0, 60.0, 5)


def test_smoothstep():
    np.testing.assert_allclose(smoothstep(np.array([-1, 0, 0.25, 0.5, 1, 2])), [0, 0, 0.15625, 0.5, 1, 1])
