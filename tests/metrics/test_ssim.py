"""SSIM: equal to scikit-image, and its closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from talkinghead.metrics.ssim import ssim
from talkinghead.types import ImageArray


def noisy(image: ImageArray, deviation: float) -> ImageArray:
    """The picture with noise laid over it."""
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def flat(level: int) -> ImageArray:
    """(1, 32, 32, 3) of one colour."""
    return np.full((1, 32, 32, 3), level, np.uint8)


@pytest.mark.parametrize("deviation", [0.0, 3.0, 20.0, 90.0])
def test_equals_scikit_image(astronaut: ImageArray, deviation: float) -> None:
    crop = astronaut[30:173, 150:331]
    other = noisy(crop, deviation)
    expected = structural_similarity(
        crop, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=-1
    )
    assert ssim(crop[None], other[None])[0] == pytest.approx(expected, abs=1e-6)


def test_equal_pictures_are_1(astronaut: ImageArray) -> None:
    pair = np.stack([astronaut[:64, :64], astronaut[100:164, 200:264]])
    assert ssim(pair, pair) == pytest.approx([1.0, 1.0], abs=1e-6)


def test_two_flat_pictures_differ_by_their_means_alone() -> None:
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert ssim(flat(100), flat(120))[0] == pytest.approx(expected, abs=2e-6)
    assert ssim(flat(0), flat(255))[0] == pytest.approx(c1 / (255**2 + c1), abs=2e-6)


def test_is_symmetric_and_falls_with_noise(astronaut: ImageArray) -> None:
    crop = astronaut[None, 50:178, 160:288]
    series = [ssim(crop, noisy(crop, deviation))[0] for deviation in (1, 4, 16, 64)]
    assert series == sorted(series, reverse=True)
    assert len(set(series)) == 4
    assert ssim(noisy(crop, 16), crop)[0] == pytest.approx(series[2], abs=1e-9)


@pytest.mark.parametrize(
    ("shape", "other"),
    [((1, 32, 32, 3), (1, 33, 32, 3)), ((1, 32, 32, 3), (2, 32, 32, 3)), ((32, 32, 3),) * 2, ((1, 32, 32),) * 2],
)
def test_other_shapes_are_refused(shape: tuple[int, ...], other: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="of one shape"):
        ssim(np.zeros(shape, np.uint8), np.zeros(other, np.uint8))


def test_a_picture_smaller_than_the_window_is_refused() -> None:
    tiny = np.zeros((1, 10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="40 x 10 px"):
        ssim(tiny, tiny)


def test_no_pictures_no_values() -> None:
    none = np.zeros((0, 32, 32, 3), np.uint8)
    assert ssim(none, none).shape == (0,)
