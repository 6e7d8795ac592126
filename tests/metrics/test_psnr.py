"""PSNR in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.psnr import CAP_DB, psnr


def grey(level: int, count: int = 1) -> np.ndarray:
    """(count, 8, 8, 3) of one level."""
    return np.full((count, 8, 8, 3), level, np.uint8)


def test_a_constant_difference() -> None:
    assert psnr(grey(100), grey(101))[0] == pytest.approx(20 * np.log10(255))
    assert psnr(grey(110), grey(100))[0] == pytest.approx(20 * np.log10(25.5))
    assert psnr(grey(0), grey(255))[0] == pytest.approx(0.0)


def test_one_value_of_many() -> None:
    other = grey(100)
    other[0, 3, 4, 1] = 60
    assert psnr(other, grey(100))[0] == pytest.approx(10 * np.log10(255**2 * 8 * 8 * 3 / 40**2))


def test_equal_pictures_get_the_cap_and_a_mean_stays_a_number() -> None:
    pair = np.concatenate([grey(7), grey(9)])
    assert psnr(pair, grey(7, 2)).tolist() == [CAP_DB, pytest.approx(20 * np.log10(255 / 2))]


def test_is_symmetric() -> None:
    random = np.random.default_rng(0)
    first, second = random.integers(0, 256, (2, 3, 16, 16, 3), dtype=np.uint8)
    assert psnr(first, second) == pytest.approx(psnr(second, first))


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8), (1, 8, 8, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="of one shape"):
        psnr(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="of one shape"):
        psnr(grey(0), grey(0, 2))
