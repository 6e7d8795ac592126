"""Lids painted over open eyes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.methods.base import Renderer
from talkinghead.rendering.irises import Irises
from talkinghead.rendering.lids import LidPainter, _lash_colour, _paint_lashes
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.rig import build_rig
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import ImageArray, Motion, Portrait

Still = Callable[..., Motion]
Pictures = Callable[[Renderer, Motion, Portrait], ImageArray]

PORTRAITS = ["calm", "drawn_portrait"]


def closed(portrait: Portrait, motion: Motion, frames: ImageArray) -> ImageArray:
    """Frames (T, H, W, 3) that show open eyes, with the lids of a motion."""
    rig = build_rig(portrait)
    painter = LidPainter(portrait.frames.images[0], rig)
    shut, open_eyes = rig.place(motion)
    frames = frames.copy()
    painter.paint(frames, motion, shut, open_eyes)
    return frames


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
@pytest.mark.parametrize("turn", [0.0, 5.0])
def test_eyes_close_as_in_a_warped_picture(portrait: Portrait, turn: float, still: Still, pictures: Pictures) -> None:
    rotation = np.radians([[0.0, turn, turn]] * 4)
    blink = np.array([0.0, 0.3, 0.7, 1.0])
    warp = WarpRenderer(FlatFiller(), FlatFiller())
    wanted = pictures(warp, still(portrait, 4, rotation=rotation, blink=blink), portrait)
    frames = pictures(warp, still(portrait, 4, rotation=rotation), portrait)
    made = closed(portrait, still(portrait, 4, rotation=rotation, blink=blink), frames)
    np.testing.assert_array_equal(made[0], frames[0])
    opened = build_rig(portrait).place(still(portrait, 4, rotation=rotation))[0]
    for row in (1, 2, 3):
        for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
            eye = opened[row, contour, :2]
            (left, top), (right, bottom) = eye.min(axis=0).astype(int), eye.max(axis=0).astype(int)
            window = np.s_[row, top : bottom + 1, left : right + 1]
            apart = np.abs(made[window].astype(int) - wanted[window])
            before = np.abs(frames[window].astype(int) - wanted[window])
            assert apart.mean() < 0.2 * before.mean()


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_nothing_but_the_surroundings_of_the_eyes_changes(portrait: Portrait, still: Still) -> None:
    frames = np.full_like(portrait.frames.images, 90)
    made = closed(portrait, still(portrait, blink=np.ones(1)), frames)[0]
    mesh = portrait.track.landmarks[0, :, :2]
    changed = np.argwhere((made != 90).any(axis=-1))[:, ::-1]
    assert len(changed) > 100
    eyes = mesh[np.r_[LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR]]
    width = np.ptp(mesh[LEFT_EYE_CONTOUR, 0])
    assert np.linalg.norm(changed[:, None] - eyes, axis=-1).min(axis=1).max() < 1.1 * width


def test_shut_lids_meet_in_a_dark_line(calm: Portrait, still: Still, pictures: Pictures) -> None:
    warp = WarpRenderer(FlatFiller(), FlatFiller())
    [shut] = pictures(warp, still(calm, blink=np.ones(1)), calm).astype(int).sum(axis=-1)
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        for x, y in calm.mesh[contour[11:14], :2].round().astype(int):  # along the lower lid
            assert shut[y - 2 : y + 3, x].min() < 0.7 * shut[y + 6, x]


def test_the_line_has_the_colour_of_the_portraits_lashes(calm: Portrait) -> None:
    picture, contour = calm.picture.copy(), calm.mesh[LEFT_EYE_CONTOUR, :2]
    assert (_lash_colour(picture, contour) < 120).all()
    picture[:] = (10, 200, 90)
    np.testing.assert_array_equal(_lash_colour(picture, contour), (10, 200, 90))


def test_eyes_that_are_shut_in_the_portrait_get_no_second_line(calm: Portrait) -> None:
    contour = np.array(calm.mesh[LEFT_EYE_CONTOUR, :2])
    contour[1:8] = contour[15:8:-1]
    frame = calm.picture.copy()
    _paint_lashes(frame, calm.picture, contour, contour, contour)
    np.testing.assert_array_equal(frame, calm.picture)


def test_a_faint_blink_shows_a_little(calm: Portrait, still: Still) -> None:
    frames = np.full((3, *calm.frames.images.shape[1:]), 90, np.uint8)
    changes = [
        np.abs(closed(calm, still(calm, 3, blink=np.full(3, blink)), frames)[0].astype(int) - 90).sum()
        for blink in (0.02, 0.05, 0.1, 0.2)
    ]
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()


def test_eyes_beyond_the_picture_are_left_alone(calm: Portrait, still: Still) -> None:
    away = still(calm, translation=np.array([[30.0, 0.0, 0.0]]), blink=np.ones(1))
    frames = calm.frames.images
    np.testing.assert_array_equal(closed(calm, away, frames), frames)


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
@pytest.mark.parametrize("blink", [0.0, 0.1, 0.6])
def test_eyes_look_as_in_a_warped_picture(portrait: Portrait, blink: float, still: Still, pictures: Pictures) -> None:
    rotation, gaze = np.radians([[0.0, 3.0, 2.0]] * 3), np.array([[0.0, 0.0], [0.3, 0.0], [-0.2, 0.15]])
    warp = WarpRenderer(FlatFiller(), FlatFiller())
    looking = still(portrait, 3, rotation=rotation, blink=np.full(3, blink), gaze=gaze)
    wanted = pictures(warp, looking, portrait)
    made = pictures(warp, still(portrait, 3, rotation=rotation), portrait)
    straight = pictures(warp, still(portrait, 3, rotation=rotation, blink=np.full(3, blink)), portrait)
    rig = build_rig(portrait)
    irises = Irises(portrait.picture, portrait.mesh, portrait.pose, drawing=portrait.drawing)
    LidPainter(portrait.picture, rig, irises).paint(made, looking, *rig.place(looking))
    for row in (1, 2):
        apart = np.abs(made[row].astype(int) - wanted[row]).sum()
        assert apart < 0.7 * np.abs(straight[row].astype(int) - wanted[row]).sum()


def test_a_faint_gaze_fades_in(calm: Portrait, still: Still) -> None:
    rig, irises = build_rig(calm), Irises(calm.picture, calm.mesh, calm.pose)
    frames = np.full((4, *calm.frames.images.shape[1:]), 90, np.uint8)
    looking = still(calm, 4, gaze=np.array([[0.0, 0.0], [0.01, 0.0], [0.03, 0.0], [0.06, 0.0]]))
    LidPainter(calm.picture, rig, irises).paint(frames, looking, *rig.place(looking))
    changes = np.abs(frames.astype(int) - 90).sum(axis=(1, 2, 3))
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()
