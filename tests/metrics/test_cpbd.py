"""CPBD: edges of known width, series of blurs."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
import skimage.data

from drawn import drawn_face
from talkinghead.metrics.cpbd import cpbd
from talkinghead.types import ImageArray


def ramps(width: int, low: int = 50, high: int = 210) -> ImageArray:
    """(128, 192) bars, from dark to light and back in ramps of that many px."""
    period = np.concatenate(
        [
            np.full(40, low),
            np.linspace(low, high, width + 1)[1:-1],
            np.full(40, high),
            np.linspace(high, low, width + 1)[1:-1],
        ]
    )
    row = np.tile(period, 128)[:192]
    return np.broadcast_to(row.round().astype(np.uint8), (128, 192)).copy()


@pytest.mark.parametrize(("width", "share"), [(1, 1.0), (2, 1.0), (3, 1.0), (4, 0.0), (6, 0.0)])
def test_edges_up_to_3_px_are_sharp(width: int, share: float) -> None:
    assert cpbd(ramps(width)) == share


@pytest.mark.parametrize(("width", "share"), [(3, 1.0), (4, 1.0), (5, 1.0), (6, 0.0)])
def test_where_contrast_is_low_up_to_5_px(width: int, share: float) -> None:
    assert cpbd(ramps(width, 100, 150)) == share


def test_all_edges_count_alike() -> None:
    picture = np.vstack([ramps(1)[:64], ramps(4)[:64]])
    sharp, blurred = (int((np.diff(picture[row].astype(int)) != 0).sum()) for row in (0, 64))
    assert cpbd(picture) == pytest.approx(sharp / (sharp + blurred / 4), abs=0.01)


def test_edges_across_are_not_looked_at() -> None:
    assert np.isnan(cpbd(ramps(1).T))
    assert np.isnan(cpbd(np.full((64, 64), 90, np.uint8)))


@pytest.mark.parametrize("name", ["astronaut", "camera", "drawn"])
def test_falls_with_blur(name: str) -> None:
    picture = drawn_face(256).image if name == "drawn" else getattr(skimage.data, name)()
    series = [cpbd(cv2.GaussianBlur(picture, (0, 0), sigma)) for sigma in (0.3, 0.5, 0.7, 1.0, 1.4, 2.0)]
    assert all(0 <= value <= 1 for value in series)
    assert all(before > after for before, after in pairwise(series) if before > 0.005), series
    assert series[0] > series[-1] + 0.2
    assert cpbd(cv2.GaussianBlur(picture, (0, 0), 4.0)) < 0.01


def test_near_the_authors_release() -> None:
    """The values are those of the release's Python port, cpbd-py312 1.0.3, for the left top 512 px in grey.

    The edges that are taken differ: on camera it is 0.19, the most of these.
    """
    release = {"camera": 0.748, "astronaut": 0.384, "coffee": 0.601, "cat": 0.526, "coins": 0.765}
    own = {name: cpbd(getattr(skimage.data, name)()[:512, :512]) for name in release}
    differences = [abs(own[name] - value) for name, value in release.items()]
    assert np.mean(differences) < 0.1
    assert max(differences) < 0.2


def test_colours_count_by_their_luminance(astronaut: ImageArray) -> None:
    assert cpbd(astronaut) == cpbd(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize("shape", [(63, 64), (64, 63, 3), (64, 64, 4), (64,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="picture"):
        cpbd(np.zeros(shape, np.uint8))


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        cpbd(np.zeros((64, 64)))  # type: ignore[arg-type]
