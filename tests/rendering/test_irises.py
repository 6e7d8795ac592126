"""Irises that look elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from drawn import EYE_APART, EYE_HALF, EYE_LINE
from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.face.model import IRIS_DEPTH
from talkinghead.methods.base import Renderer
from talkinghead.rendering.irises import Irises
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait

Still = Callable[..., Motion]
Pictures = Callable[[Renderer, Motion, Portrait], ImageArray]

PORTRAITS = ["calm", "smiling", "drawn_portrait"]
WARP = WarpRenderer(FlatFiller(), FlatFiller())


def look(portrait: Portrait, yaw: float, pitch: float) -> ImageArray:
    irises = Irises(portrait.picture, portrait.mesh, portrait.pose, drawing=portrait.drawing)
    return irises.look(np.array([yaw, pitch]))


def dark_discs(image: ImageArray) -> list[tuple[FloatArray, float]]:
    """Middle (2,) px and area of the dark iris in each eye of the drawn face."""
    found = []
    for side in (-1, 1):
        left, right = (round((0.5 + side * EYE_APART + reach * EYE_HALF) * 256) for reach in (-0.85, 0.85))
        top, bottom = round((EYE_LINE - 0.014) * 256), round((EYE_LINE + 0.014) * 256)
        darkness = np.clip(200 - image[top:bottom, left:right].astype(float).mean(axis=-1), 0, None)
        darkness[darkness < 80] = 0
        rows, columns = np.mgrid[top:bottom, left:right]
        total = darkness.sum()
        middle = np.array([(columns * darkness).sum(), (rows * darkness).sum()]) / total
        found.append((middle, float((darkness > 0).sum())))
    return found


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
@pytest.mark.parametrize("blink", [0.0, 0.6])
def test_without_gaze_nothing_changes(portrait: Portrait, still: Still, pictures: Pictures, blink: float) -> None:
    moving = still(portrait, 3, rotation=np.radians([[0, 0, 0], [2, 5, 0], [0, -4, 3]]), blink=np.full(3, blink))
    before = pictures(WARP, moving, portrait)
    np.testing.assert_array_equal(pictures(WARP, replace(moving, gaze=np.zeros((3, 2))), portrait), before)
    looking = replace(moving, gaze=np.array([[0.0, 0.0], [0.3, 0.1], [0.0, 0.0]]))
    np.testing.assert_array_equal(pictures(WARP, looking, portrait)[[0, 2]], before[[0, 2]])


@pytest.mark.parametrize("portrait", ["calm", "drawn_portrait"], indirect=True)
@pytest.mark.parametrize(("yaw", "pitch"), [(0.2, 0.0), (-0.2, 0.0), (0.0, 0.1), (0.0, -0.1)])
def test_irises_go_where_the_eyes_turn(portrait: Portrait, yaw: float, pitch: float) -> None:
    way = IRIS_DEPTH * portrait.pose.scale * np.array([-np.sin(yaw), np.sin(pitch)])
    for (before, area), (after, covered) in zip(dark_discs(portrait.picture), dark_discs(look(portrait, yaw, pitch))):
        moved = after - before
        axis = int(np.abs(way).argmax())
        least = 0.7 if axis == 0 else 0.2  # the lids hide what goes up or down
        assert least < moved[axis] / way[axis] < 1.25
        assert abs(moved[1 - axis]) < 0.8
        assert covered == pytest.approx(area, rel=0.25)  # the old place is not dark any more


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_nothing_but_the_eyes_changes(portrait: Portrait) -> None:
    width, height = portrait.size
    mask = np.zeros((height, width), np.uint8)
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        cv2.fillPoly(mask, [portrait.mesh[contour, :2].round().astype(np.int32)], 1)
    eye = np.ptp(portrait.mesh[LEFT_EYE_CONTOUR, 0])
    if portrait.drawing:  # whose eyes may be larger than the tracker takes them for
        mask = cv2.dilate(mask, np.ones((3, 3)), iterations=int(0.3 * eye))
    mask = cv2.dilate(mask, np.ones((3, 3)), iterations=2)
    for yaw, pitch in ((0.3, 0.0), (-0.3, 0.2), (2.0, -2.0)):
        changed = (look(portrait, yaw, pitch) != portrait.picture).any(axis=-1)
        assert changed.any()
        assert not changed[mask == 0].any()


def test_a_faint_gaze_changes_little_and_a_stronger_one_more(calm: Portrait) -> None:
    changes = [np.abs(look(calm, yaw, 0.0).astype(int) - calm.picture).sum() for yaw in (0.0, 0.01, 0.04, 0.1, 0.2)]
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()
    assert changes[1] < 0.1 * changes[-1]


def test_eyes_do_not_leave_their_opening_and_do_not_squint(calm: Portrait) -> None:
    far, before = dark_discs(look(calm, 1.2, 0.0)), dark_discs(calm.picture)
    moved = [after[0][0] - given[0][0] for after, given in zip(far, before)]
    assert moved[0] == pytest.approx(moved[1], abs=0.8)
    assert all(area > 0.5 * given[1] for (_, area), given in zip(far, before))


def test_what_the_lid_hid_is_completed(calm: Portrait) -> None:
    """Looking down brings the upper edge of the iris to light: dark as the iris, not as pale or brown as the lid."""
    picture = look(calm, 0.0, 0.2)
    for side, (before, _) in zip((-1, 1), dark_discs(calm.picture)):
        column = round((0.5 + side * EYE_APART) * 256)
        rows = slice(round(before[1]) - 2, round(before[1]) + 4)
        assert picture[rows, column - 1 : column + 2].mean() < 110


def test_eyes_without_irises_stay(calm: Portrait) -> None:
    blind = calm.picture.copy()
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        cv2.fillPoly(blind, [calm.mesh[contour, :2].round().astype(np.int32)], (235, 232, 228))
    irises = Irises(blind, calm.mesh, calm.pose)
    assert irises.look(np.array([0.3, 0.1])) is blind


def test_shut_eyes_hide_where_they_look(calm: Portrait, still: Still, pictures: Pictures) -> None:
    shut = still(calm, blink=np.ones(1))
    plain, looking = pictures(WARP, shut, calm), pictures(WARP, replace(shut, gaze=np.array([[0.3, 0.1]])), calm)
    opened = pictures(WARP, still(calm, gaze=np.array([[0.3, 0.1]])), calm).astype(int)
    seen = np.abs(opened - pictures(WARP, still(calm), calm)).sum()
    assert np.abs(plain.astype(int) - looking).sum() < 0.15 * seen


def test_eyes_beyond_the_picture_are_left_alone(calm: Portrait) -> None:
    away = calm.mesh + np.array([1000.0, 0.0, 0.0])
    irises = Irises(calm.picture, away, calm.pose)
    np.testing.assert_array_equal(irises.look(np.array([0.3, 0.0])), calm.picture)
