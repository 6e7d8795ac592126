"""Landmarks drawn as pictures."""

from __future__ import annotations

import time

import numpy as np
import pytest

from talkinghead.face.landmarks import FACIAL_PARTS, MESH_OF_68, canonical_face
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray


def face(size: int = 256) -> FloatArray:
    shape = canonical_face()[0][MESH_OF_68, :2]
    return np.asarray((shape * 0.3 + (0.5, 0.4)) * size)


def test_each_part_has_a_colour_of_its_own_on_its_landmarks() -> None:
    picture = sketches(face()[None])[0]
    colours = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
    for part, _ in FACIAL_PARTS:
        alone = np.full((1, 68, 2), -50.0)
        alone[0, part] = face()[part]
        drawn = sketches(alone)[0]
        full = drawn.reshape(-1, 3)[drawn.reshape(-1, 3).sum(axis=1).argmax()]
        assert tuple(full.tolist()) in colours
    purest = [tuple(c) for c in ((255, 255, 255), (0, 255, 0), (255, 0, 255))]
    assert all(one in colours for one in purest)


def test_lines_join_neighbours_and_close_eyes_and_lips() -> None:
    points = face()
    picture = sketches(points[None])[0].max(axis=-1)
    for part, closed in FACIAL_PARTS:
        around = points[part]
        pairs = list(zip(around, np.roll(around, -1, axis=0)))[: None if closed else -1]
        for a, b in pairs:
            column, row = ((a + b) / 2).round().astype(int)
            assert picture[row, column] > 90
    column, row = ((points[0] + points[16]) / 2).round().astype(int)  # the jaw is open
    assert picture[row - 20, column] == 0 or picture[row - 20 : row - 10, column].max() == 0


def test_a_line_lies_where_its_landmarks_do_to_a_fraction_of_a_pixel() -> None:
    points = np.full((2, 68, 2), -50.0)
    points[:, 0:17, 0] = np.linspace(20, 100, 17)
    points[0, 0:17, 1], points[1, 0:17, 1] = 40.0, 40.5
    columns = sketches(points, size=128)[:, :, 60, 0].astype(float)
    middles = (columns * np.arange(128)).sum(axis=1) / columns.sum(axis=1)
    np.testing.assert_allclose(middles, (40.0, 40.5), atol=0.15)


def test_size_scales_the_drawing() -> None:
    small, large = sketches(face(128)[None], size=128), sketches(face(256)[None], size=256)
    halved = large[0].reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small[0]).mean() < 6
    assert 0.5 < small.mean() / large.mean() < 2


def test_what_lies_outside_is_left_out() -> None:
    assert not sketches(np.full((1, 68, 2), 1e9)).any()
    assert sketches(np.zeros((0, 68, 2))).shape == (0, 256, 256, 3)


@pytest.mark.parametrize("landmarks", [np.zeros((68, 2)), np.zeros((1, 68, 3)), np.full((1, 68, 2), np.nan)])
def test_other_shapes_are_refused(landmarks: FloatArray) -> None:
    with pytest.raises(ValueError, match="landmarks must"):
        sketches(landmarks)


def test_it_is_fast() -> None:
    points = np.repeat(face()[None], 100, axis=0)
    sketches(points)
    took = []
    for _ in range(5):
        start = time.process_time()
        sketches(points)
        took.append(time.process_time() - start)
    assert min(took) / 100 < 1 / 1000
