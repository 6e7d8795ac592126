"""Colours behind what lies over a picture."""

from __future__ import annotations

import numpy as np

from talkinghead.rendering.hidden import fill_hidden


def test_what_is_hidden_takes_the_colours_around_it() -> None:
    image = np.full((40, 60, 3), (200, 150, 100), np.uint8)
    image[:, 30:] = (50, 60, 70)
    hidden = np.zeros((40, 60), np.float32)
    hidden[15:25, 5:55] = 1.0
    covered = image.copy()
    covered[15:25, 5:55] = 255
    filled = fill_hidden(covered, hidden)
    assert np.abs(filled.astype(int) - image)[:, np.r_[:12, 48:60]].max() <= 12
    np.testing.assert_array_equal(filled[hidden == 0], image[hidden == 0])


def test_nothing_hidden_and_all_hidden_stay() -> None:
    image = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    for share in (0.0, 0.5, 1.0):
        np.testing.assert_array_equal(fill_hidden(image, np.full((8, 9), share, np.float32)), image)
