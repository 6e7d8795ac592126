"""Flicker in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.flicker import flicker
from talkinghead.types import FloatArray, ImageArray


def grey(levels: FloatArray) -> ImageArray:
    """(n, 16, 16, 3) pictures of one level each."""
    return np.broadcast_to(np.asarray(levels)[:, None, None, None], (len(levels), 16, 16, 3)).astype(np.uint8)


@pytest.mark.parametrize("amplitude", [1, 10, 50])
def test_an_alternation_scores_its_amplitude(amplitude: int) -> None:
    images = grey(100 + amplitude * (-1.0) ** np.arange(7))
    assert flicker(images) == pytest.approx(np.full(5, amplitude), abs=1e-3)


def test_one_bright_frame() -> None:
    images = grey(np.array([100.0, 100, 140, 100, 100]))
    assert flicker(images) == pytest.approx([10, 20, 10], abs=1e-3)


def test_a_steady_fade_scores_nothing() -> None:
    assert flicker(grey(np.arange(10, 250, 12.0))) == pytest.approx(np.zeros(18), abs=1e-3)


def test_steady_motion_of_a_smooth_texture_scores_little() -> None:
    place = np.arange(64)[None] - 1.0 * np.arange(20)[:, None]
    wave = 128 + 80 * np.sin(2 * np.pi * place / 64)
    images = np.broadcast_to(wave[:, None, :, None], (20, 32, 64, 3)).round().astype(np.uint8)
    moved = np.abs(np.diff(images.astype(float), axis=0)).mean()
    assert moved > 4
    assert flicker(images).max() < 0.1 * moved


def test_colours_count_by_their_luminance() -> None:
    images = np.zeros((3, 4, 4, 3), np.uint8)
    images[1] = (0, 100, 0)
    assert flicker(images) == pytest.approx([0.587 * 50], abs=1e-3)


def test_only_the_mask_counts() -> None:
    images = grey(np.full(5, 90.0)).copy()
    images[::2, :, :8] += 20
    mask = np.zeros((16, 16), bool)
    mask[:, 8:] = True
    assert flicker(images, mask).max() == 0
    assert flicker(images, ~mask) == pytest.approx(np.full(3, 10.0), abs=1e-3)
    assert flicker(images) == pytest.approx(np.full(3, 5.0), abs=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_without_inner_frames_there_is_nothing(count: int) -> None:
    assert flicker(grey(np.full(count, 5.0))).shape == (0,)


def test_other_shapes_are_refused() -> None:
    images = grey(np.full(5, 90.0))
    with pytest.raises(ValueError, match="need images"):
        flicker(images[0])
    with pytest.raises(ValueError, match="need a mask"):
        flicker(images, np.ones((5, 16), bool))
    with pytest.raises(ValueError, match="not empty"):
        flicker(images, np.zeros((16, 16), bool))
