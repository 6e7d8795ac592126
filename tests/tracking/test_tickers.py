"""Letters that run along a bar before a face are found, with the whole of their bar, and nothing else is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from grainy import SIDE, face_at, show_frames
from talkinghead.tracking.still_parts import KeptPart, keep_stills
from talkinghead.tracking.tickers import TickerFinder
from talkinghead.types import FloatArray, ImageArray, Window

FPS, COUNT = 25.0, 40
TOP, BOTTOM = 122, 142
"""Rows of the bar, across the face below the lips."""
SWAY = 3 * np.sin(np.arange(COUNT) / 5)


def add_ticker(image: ImageArray, shift: float, *, right: int = SIDE) -> ImageArray:
    """A picture with letters on a bar, from the left of the picture to its column ``right``, moved to the right."""
    strip = np.empty((BOTTOM - TOP, 1400, 3), np.uint8)
    strip[:] = (20, 40, 120)
    cv2.putText(
        strip, "NEWS OF THE EVENING   " * 7, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (245, 245, 245), 2, cv2.LINE_AA
    )
    moved = cv2.warpAffine(strip, np.array([[1, 0, shift - 600.0], [0, 1, 0]]), (SIDE, BOTTOM - TOP), borderMode=4)
    image = image.copy()
    image[TOP:BOTTOM, :right] = moved[:, :right]
    return image


def find(
    shifts: FloatArray, pace: float, *, titled: slice = slice(0, COUNT), right: int = SIDE
) -> tuple[KeptPart, ...]:
    """What is found before a face that is shifted, behind letters that run by so many px per frame."""
    finder, shown = TickerFinder(FPS), np.zeros(len(shifts), bool)
    shown[titled] = True
    seen = []
    for number, shift in enumerate(shifts.tolist()):
        image, mesh = face_at(shift)
        seen.append((add_ticker(image, pace * number, right=right) if shown[number] else image, mesh))
    finder(*show_frames(seen))
    return finder.finish()


@pytest.mark.parametrize("pace", [-3.0, 1.7])
def test_a_ticker_is_kept_with_its_bar_and_nothing_else(pace: float) -> None:
    (part,) = find(SWAY, pace)
    assert (part.start, part.stop) == (0, COUNT - 1)
    kept = keep_stills([part], face_at(0.0)[0], Window(0, 0, SIDE, SIDE))
    assert kept is not None
    assert kept[TOP + 1 : BOTTOM - 1, 30:-30].min() > 0.99
    kept[TOP - 3 : BOTTOM + 3] = 0
    assert not kept.any()


def test_a_ticker_is_found_before_a_head_that_keeps_still() -> None:
    assert len(find(np.zeros(COUNT), -3.0)) == 1


def test_a_ticker_is_kept_only_in_the_frames_that_show_it() -> None:
    (part,) = find(SWAY, -3.0, titled=slice(8, 32))
    assert 8 <= part.start <= 15
    assert 25 <= part.stop <= 31
    assert part.may_show(part.stop, FPS)
    assert not part.may_show(part.stop + 1, FPS)


def test_a_ticker_ends_where_its_letters_do() -> None:
    (part,) = find(SWAY, -3.0, right=140)
    assert 130 <= part.corner[0] + part.mask.shape[1] * part.cell <= 142


@pytest.mark.parametrize("pace", [0.0, 0.1])
def test_letters_that_hardly_run_are_no_ticker(pace: float) -> None:
    assert find(SWAY, pace) == ()


def test_letters_that_run_for_a_moment_are_no_ticker() -> None:
    assert find(SWAY, -3.0, titled=slice(5, 20)) == ()


def test_a_face_alone_has_nothing_before_it() -> None:
    assert find(4 * SWAY, 0.0, titled=slice(0, 0)) == ()


def test_a_face_that_runs_by_itself_is_no_ticker() -> None:
    assert find(np.linspace(-30, 30, COUNT), 0.0, titled=slice(0, 0)) == ()


def test_a_part_that_lies_outside_of_a_window_is_not_there() -> None:
    part = KeptPart(0, 9, (10, 100), 2, np.ones((10, 20), bool))
    assert part.in_window(np.zeros((40, 40, 3), np.uint8), Window(100, 0, 40, 40)) is None
