"""What stands still before a face that moves is found, is followed in the frames that show it, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from grainy import SIDE, face_at, show_frames
from talkinghead.tracking.still_parts import StillPart, keep_stills
from talkinghead.tracking.stills import StillFinder
from talkinghead.types import FloatArray, ImageArray, Window

FPS = 10.0
TITLE = np.s_[125:137, 40:160]
"""Across the face below the lips."""


def add_title(image: ImageArray) -> ImageArray:
    image = image.copy()
    image[TITLE] = (20, 40, 120)
    image[TITLE][3:9, ::6] = 245
    return image


def find(shifts: FloatArray, *, titled: slice = slice(0, 0), noise: float = 0.0) -> tuple[StillPart, ...]:
    """What is found before a face that is shifted, with a title in some frames, by a tracker with noise (px)."""
    finder, rng = StillFinder(FPS), np.random.default_rng(1)
    shown = np.zeros(len(shifts), bool)
    shown[titled] = True
    seen = []
    for number, shift in enumerate(shifts.tolist()):
        image, mesh = face_at(shift)
        image = add_title(image) if shown[number] else image
        seen.append((image, mesh + noise * rng.normal(size=(1, 2)).dot(np.eye(2, 3))))
    finder(*show_frames(seen))
    return finder.finish()


SWAY = 6 * np.sin(np.arange(40) / 2)


@pytest.fixture(scope="module")
def parts() -> tuple[StillPart, ...]:
    """Of a face that sways behind a title."""
    return find(SWAY, titled=slice(0, 40))


def keep(parts: tuple[StillPart, ...], image: ImageArray) -> FloatArray | None:
    return keep_stills(parts, image, Window(0, 0, SIDE, SIDE))


def test_a_title_before_a_moving_face_is_kept_and_nothing_else(parts: tuple[StillPart, ...]) -> None:
    assert parts
    kept = keep(parts, add_title(face_at(3.3)[0]))
    assert kept is not None
    assert kept[TITLE][:, 20:-20].mean() > 0.97
    kept[105:157, 20:180] = 0
    assert not kept.any()


def test_frames_without_the_title_keep_nothing(parts: tuple[StillPart, ...]) -> None:
    assert keep(parts, face_at(3.3)[0]) is None
    assert keep(parts, face_at(0.0)[0]) is None


def test_a_title_that_goes_again_is_known_by_what_it_was() -> None:
    parts = find(SWAY[:20], titled=slice(0, 16))
    assert keep(parts, add_title(face_at(3.3)[0])) is not None
    assert keep(parts, face_at(3.3)[0]) is None


def test_a_part_may_be_cut_off_by_the_window(parts: tuple[StillPart, ...]) -> None:
    image = add_title(face_at(2.0)[0])
    whole = keep(parts, image)
    window = Window(83, 101, 66, 31)
    part = keep_stills(parts, np.ascontiguousarray(window.of(image)), window)
    assert whole is not None
    assert part is not None
    np.testing.assert_allclose(part, window.of(whole), atol=0.02)
    away = Window(0, 0, 40, 40)
    assert keep_stills(parts, np.ascontiguousarray(away.of(image)), away) is None


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_a_face_alone_has_nothing_before_it(noise: float) -> None:
    assert find(SWAY, noise=noise) == ()


def test_of_a_face_that_stands_still_nothing_is_known() -> None:
    assert find(np.zeros(40), titled=slice(0, 40), noise=1.0) == ()


def test_what_hardly_stands_out_is_found_if_it_stands_still_often() -> None:
    finder, seen = StillFinder(FPS), []
    grain = 18 * np.random.default_rng(2).uniform(-1, 1, (30, 40, 1))
    for shift in SWAY.tolist():
        image, mesh = face_at(shift)
        image = (128 + 0.4 * (image - 128.0)).astype(np.uint8)
        image[110:140, 80:120] = (128 + grain).astype(np.uint8)
        seen.append((image, mesh))
    finder(*show_frames(seen))
    kept = keep(finder.finish(), seen[-1][0])
    assert kept is not None
    assert kept[113:137, 83:117].mean() > 0.9
    kept[101:149, 71:129] = 0
    assert not kept.any()


def test_what_lasts_is_one_part() -> None:
    parts = find(6 * np.sin(np.arange(120) / 2), titled=slice(30, 120))
    assert 30 <= parts[0].start < parts[0].stop
    assert parts[-1].stop >= 110
    assert len(parts) <= 2
    assert parts[0].may_show(parts[0].stop + 30, FPS)
    assert not parts[0].may_show(parts[-1].stop + 60, FPS)
