"""Backgrounds that move as a camera follows the head."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.methods.rhythmic_head.background_shift import BackgroundShift, fit_shifts, measure_shifts
from talkinghead.types import FloatArray, ImageArray

SIDE = 96
FACE = np.array([[40.0, 40.0], [56.0, 40.0], [56.0, 60.0], [40.0, 60.0]])
SHIFTS = np.array([[0.0, 0.0], [3.0, -1.0], [-2.0, 2.0], [4.0, 1.0], [-3.0, -2.0], [1.0, 2.0]])


def backgrounds(shifts: FloatArray) -> ImageArray:
    """A wallpaper that lies elsewhere in each picture, behind a face that stays."""
    noise = np.random.default_rng(0).normal(128, 120, (SIDE + 40, SIDE + 40, 3))
    wallpaper = np.clip(cv2.GaussianBlur(noise, (0, 0), 2.0) * 3 - 256, 0, 255).astype(np.uint8)
    pictures = []
    for x, y in shifts.round().astype(int):
        picture = wallpaper[20 - y : 20 - y + SIDE, 20 - x : 20 - x + SIDE].copy()
        picture[40:60, 40:56] = 200
        pictures.append(picture)
    return np.stack(pictures)


def test_shifts_are_seen() -> None:
    np.testing.assert_allclose(measure_shifts(backgrounds(SHIFTS), [FACE] * 6), SHIFTS, atol=0.15)


def test_a_camera_that_follows_is_foretold_and_one_that_stands_is_not() -> None:
    rng = np.random.default_rng(1)
    heads = rng.normal(0, 0.6, (12, 6))
    follows = heads @ rng.normal(0, 20, (6, 2))
    unseen = rng.normal(0, 0.3, 6)
    slope = fit_shifts(heads, follows)
    np.testing.assert_allclose(slope, np.linalg.lstsq(heads, follows, rcond=None)[0], atol=3)
    assert np.abs(unseen @ slope - unseen @ np.linalg.lstsq(heads, follows, rcond=None)[0]).max() < 1
    assert not fit_shifts(heads, np.zeros((12, 2))).any()
    by_chance = [np.abs(fit_shifts(heads, rng.normal(0, 3, (12, 2)))).mean() for _ in range(20)]
    assert np.median(by_chance) < 0.05 * np.abs(slope).mean()


def test_a_reference_is_moved_to_where_its_background_lies() -> None:
    heads = np.column_stack([SHIFTS / 4, np.zeros((6, 4))])
    pictures = backgrounds(SHIFTS)
    shift = BackgroundShift(pictures, [FACE] * 6, heads)
    np.testing.assert_allclose(shift.between(heads[3], 1), SHIFTS[3] - SHIFTS[1], atol=0.6)
    moved = shift.move(pictures[1], heads[3], 1)
    inside = np.s_[8:36, 8:-8]
    away, before = (np.abs(one[inside].astype(int) - pictures[3][inside]).mean() for one in (moved, pictures[1]))
    assert away < 0.3 * before
    np.testing.assert_array_equal(shift.move(pictures[1], heads[1], 1), pictures[1])


def test_few_references_tell_nothing() -> None:
    heads = np.column_stack([SHIFTS / 4, np.zeros((6, 4))])[:3]
    shift = BackgroundShift(backgrounds(SHIFTS[:3]), [FACE] * 3, heads)
    assert not shift.between(heads[1], 0).any()
