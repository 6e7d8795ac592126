"""Drift of the background: known shifts, what passes in front, what cannot be measured."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.metrics.background import background_drift
from talkinghead.types import BoolArray, FloatArray, ImageArray


def texture(seed: int = 0, size: int = 160) -> FloatArray:
    """(size, size, 3) smooth blotches."""
    noise = np.random.default_rng(seed).standard_normal((size, size))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.repeat((128 + 50 * smooth / smooth.std())[..., None], 3, axis=2)


def shifted(picture: FloatArray, x: float, y: float) -> ImageArray:
    """The picture moved to the right and down."""
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    moved = cv2.warpAffine(picture, matrix, picture.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.clip(moved, 0, 255).round().astype(np.uint8)


def everywhere(count: int, size: int = 160) -> BoolArray:
    """Masks that are all background."""
    return np.ones((count, size, size), bool)


def test_known_shifts() -> None:
    picture = texture()
    ways = [(0.0, 0.0), (0.25, 0.0), (0.3, 0.4), (-1.5, 0.0), (3.0, -4.0), (9.0, 12.0)]
    images = np.stack([shifted(picture, x, y) for x, y in ways])
    drift = background_drift(images, everywhere(6), first=images[0])
    assert drift[0] == pytest.approx(0.0, abs=1e-3)
    assert drift == pytest.approx([np.hypot(x, y) for x, y in ways], abs=0.08)


def test_noise_is_not_motion() -> None:
    picture = texture()
    noise = np.random.default_rng(1).normal(0, 2, (3, 160, 160, 3))
    images = np.clip(picture + noise, 0, 255).round().astype(np.uint8)
    assert background_drift(images, everywhere(3), first=images[0]).max() < 0.1


def test_a_moving_person_does_not_count() -> None:
    ground, person = texture(0), texture(1)
    images, masks = np.empty((4, 160, 160, 3), np.uint8), everywhere(4)
    for frame in range(4):
        left = 30 + 8 * frame
        images[frame] = ground.round().clip(0, 255)
        images[frame, 30:, left : left + 60] = shifted(person, 8 * frame, 0)[30:, left : left + 60]
        masks[frame, 30:, left : left + 60] = False
    assert background_drift(images, masks, first=images[0]).max() < 0.02
    assert background_drift(images, ~masks, first=images[0])[1] == pytest.approx(8.0, abs=0.2)


def test_measured_against_the_picture_that_is_given() -> None:
    picture = texture()
    images = np.stack([shifted(picture, 2.0, 0.0)] * 2)
    assert background_drift(images, everywhere(2), first=shifted(picture, 0, 0)) == pytest.approx([2, 2], abs=0.05)


def test_nothing_to_follow() -> None:
    plain = np.random.default_rng(0).normal(120, 1, (2, 160, 160, 3)).round().astype(np.uint8)
    assert np.isnan(background_drift(plain, everywhere(2), first=plain[0])).all()
    images = np.stack([shifted(texture(), 0, 0)] * 2)
    assert np.isnan(background_drift(images, ~everywhere(2), first=images[0])).all()
    other = np.stack([images[0], shifted(texture(7), 0, 0)])  # another place altogether
    assert np.isnan(background_drift(other, everywhere(2), first=images[0])[1])


def test_no_pictures_no_values() -> None:
    images = np.zeros((0, 160, 160, 3), np.uint8)
    assert background_drift(images, everywhere(0), first=np.zeros((160, 160, 3), np.uint8)).shape == (0,)


def test_other_shapes_are_refused() -> None:
    images = np.zeros((2, 32, 32, 3), np.uint8)
    for masks, first in ((everywhere(1, 32), images[0]), (everywhere(2, 32), images[0, :31])):
        with pytest.raises(ValueError, match="need images"):
            background_drift(images, masks, first=first)
