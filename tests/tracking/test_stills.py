"""What stands still before a face that moves is found, is followed in the frames that show it, and nothing else is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.face.landmarks import canonical_face
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import StillPart, keep_stills
from talkinghead.tracking.stills import StillFinder
from talkinghead.types import FloatArray, ImageArray, Window

FPS, SIDE, UNIT = 10.0, 200, 60.0
TITLE = np.s_[125:137, 40:160]
"""Across the face below the lips."""


def face_at(shift: float) -> tuple[ImageArray, FloatArray]:
    """A picture (SIDE, SIDE, 3) of a grainy face, and its mesh, so many px to the right of the middle."""
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.uniform(0, 255, (SIDE, SIDE)), (0, 0), 2.5)
    grain = ((grain - grain.mean()) / grain.std() * 25 + 128).clip(0, 255).astype(np.float32)
    image = cv2.warpAffine(grain, np.array([[1.0, 0, shift], [0, 1.0, shift / 2]]), (SIDE, SIDE), borderMode=4)
    mesh = canonical_face()[0] * UNIT + (SIDE / 2, 75, 0) + (shift, shift / 2, 0)
    return np.repeat(image[..., None], 3, axis=2).astype(np.uint8), mesh


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
    for number, shift in enumerate(shifts.tolist()):
        image, mesh = face_at(shift)
        image = add_title(image) if shown[number] else image
        mesh = mesh + noise * rng.normal(size=(1, 2)).dot(np.eye(2, 3))
        finder([ShotFrame(number, image, image[:9, :16], number == 0)], [SeenFace(mesh, 5.0)])
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


def test_what_lasts_is_one_part() -> None:
    parts = find(6 * np.sin(np.arange(120) / 2), titled=slice(30, 120))
    assert 30 <= parts[0].start < parts[0].stop
    assert parts[-1].stop >= 110
    assert len(parts) <= 2
    assert parts[0].may_show(parts[0].stop + 30, FPS)
    assert not parts[0].may_show(parts[-1].stop + 60, FPS)
