"""A title that comes before a face is found though the head keeps still, and what else changes is not."""

from __future__ import annotations

import numpy as np
import pytest

from grainy import SIDE, face_at, show_frames
from talkinghead.tracking.arrivals import ArrivalFinder
from talkinghead.tracking.still_parts import StillPart, keep_stills
from talkinghead.types import FloatArray, ImageArray, Window

FPS, COUNT = 25.0, 60
TITLE = np.s_[120:142, 20:180]
"""Across the face below the lips."""
STILL = 0.4 * np.sin(np.arange(COUNT) / 3)


def add_title(image: ImageArray, opacity: float = 1.0) -> ImageArray:
    image, title = image.copy(), np.zeros((22, 160, 3))
    title[:] = (20, 40, 120)
    title[6:16, ::6] = 245
    image[TITLE] = image[TITLE] + opacity * (title - image[TITLE])
    return image


def find(shifts: FloatArray, opacities: FloatArray) -> tuple[StillPart, ...]:
    """What is found before a face that is shifted, with titles of some opacity."""
    finder, seen = ArrivalFinder(FPS), []
    for shift, opacity in zip(shifts.tolist(), opacities.tolist()):
        image, mesh = face_at(shift)
        seen.append((add_title(image, opacity), mesh))
    finder(*show_frames(seen))
    return finder.finish()


def is_shown(first: int, last: int) -> FloatArray:
    frames = np.arange(COUNT)
    return ((frames >= first) & (frames < last)).astype(float)


@pytest.fixture(scope="module")
def part() -> StillPart:
    """Of a title that is there in frames 12 to 44."""
    (part,) = find(STILL, is_shown(12, 45))
    return part


def keep(part: StillPart, image: ImageArray) -> FloatArray | None:
    return keep_stills([part], image, Window(0, 0, SIDE, SIDE))


def test_a_title_that_comes_is_kept_while_it_is_there(part: StillPart) -> None:
    assert all(part.may_show(frame, FPS) for frame in range(12, 45))
    kept = keep(part, add_title(face_at(0.3)[0]))
    assert kept is not None
    assert kept[TITLE][1:-1, 8:-8].min() > 0.95
    kept[117:145, 17:183] = 0
    assert not kept.any()
    assert keep(part, face_at(0.3)[0]) is None


def test_a_title_that_stays_is_followed(part: StillPart) -> None:
    (longer,) = find(STILL, is_shown(12, COUNT))
    assert part.stop < 50 <= longer.stop


def test_a_title_that_fades_in_is_found() -> None:
    opacities = np.clip((np.arange(COUNT) - 12) / 8, 0, 1)
    (part,) = find(STILL, opacities)
    assert keep(part, add_title(face_at(0.3)[0])) is not None


@pytest.mark.parametrize(("first", "last"), [(0, 30), (20, 30), (0, COUNT)])
def test_what_goes_or_does_not_stay_is_not_found(first: int, last: int) -> None:
    assert find(STILL, is_shown(first, last)) == ()


def test_a_face_alone_has_nothing_before_it() -> None:
    assert find(6 * np.sin(np.arange(COUNT) / 4), np.zeros(COUNT)) == ()


def test_a_face_in_another_light_has_nothing_before_it() -> None:
    finder, seen = ArrivalFinder(FPS), []
    for number, shift in enumerate(STILL.tolist()):
        image, mesh = face_at(shift)
        seen.append((image // 2 if number > 20 else image, mesh))
    finder(*show_frames(seen))
    assert finder.finish() == ()
