"""What a network changes in the square of a head is laid over the whole picture."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.rendering.crop import Crop
from talkinghead.rendering.over_warp import render_over_warp
from talkinghead.types import Frames, ImageArray, Motion, Portrait


class Still:
    """In place of the warp: the same picture for each row."""

    def __init__(self, picture: ImageArray) -> None:
        self._picture = picture

    def render(self, motion: Motion, portrait: Portrait):  # type: ignore[no-untyped-def]
        yield Frames(np.repeat(self._picture[None], len(motion), axis=0), motion.fps)


@pytest.mark.parametrize("tolerance", [None, 16.0])
@pytest.mark.parametrize(("left", "top"), [(20.0, 10.0), (-12.0, -7.5), (61.0, 40.0)])
def test_only_the_square_changes(drawn_portrait: Portrait, left: float, top: float, tolerance: float | None) -> None:
    picture = np.random.default_rng(0).integers(40, 200, (90, 120, 3), dtype=np.uint8)
    crop = Crop(left, top, 64.0, 32)
    count, own = 3, drawn_portrait.landmarks
    motion = Motion(25.0, np.repeat(own[None], count, 0), *np.zeros((2, count, 3)), np.zeros(count), own)

    def darken(first: int, shown: ImageArray) -> np.ndarray:
        return np.full(shown.shape, -30.0, np.float32)

    made = next(iter(render_over_warp(Still(picture), darken, crop, motion, drawn_portrait, tolerance=tolerance)))  # type: ignore[arg-type]
    assert made.images.shape == (count, *picture.shape)
    rows, columns = np.indices(picture.shape[:2])
    beside = (columns < left - 3) | (columns > left + 66) | (rows < top - 3) | (rows > top + 66)
    inside = (columns > left + 3) & (columns < left + 60) & (rows > top + 3) & (rows < top + 60)
    np.testing.assert_array_equal(made.images[1][beside], picture[beside])
    assert beside.any()
    if tolerance is None:
        np.testing.assert_array_equal(made.images[1][inside], picture[inside] - 30)
    else:
        assert made.images[1][inside].mean() == pytest.approx(picture[inside].mean() - 30, abs=1.5)
        assert made.images[1][inside].std() < 0.7 * picture[inside].std()
