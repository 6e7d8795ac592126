"""Where the inside of the mouth shows, and what flat colours fill it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from talkinghead.face.landmarks import INNER_LIP_CONTOUR
from talkinghead.rendering.mouth import (
    MOUTH_WIDTH,
    PATCH_SIZE,
    FlatFiller,
    MouthFrame,
    lip_colour,
    mouth_openings,
    mouth_rectangle,
    own_outline,
    seam_colour,
    seam_outlines,
)
from talkinghead.rendering.outline import coverage, smooth_outline
from talkinghead.rendering.rig import build_rig
from talkinghead.types import FloatArray, Motion, Portrait

Still = Callable[..., Motion]
Opening = Callable[[Portrait, FloatArray], FloatArray]
UPPER, LOWER = np.arange(1, 10), np.arange(19, 10, -1)


def heights(openings: FloatArray) -> FloatArray:
    """(T,) largest height of openings (T, 20, 2) px."""
    return np.asarray((openings[:, LOWER, 1] - openings[:, UPPER, 1]).max(axis=1))


def test_lips_that_touch_leave_nothing_open(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    placed, _ = rig.place(still(calm))
    openings = mouth_openings(placed, rig)
    assert openings.shape == (1, 20, 2)
    assert heights(openings)[0] == pytest.approx(0.0, abs=1e-6)
    assert coverage(smooth_outline(openings[0]), (256, 256))[0].size == 0


def test_lips_pressed_together_leave_nothing_open_either(calm: Portrait, still: Still, opening: Opening) -> None:
    rig = build_rig(calm)
    placed, _ = rig.place(still(calm, landmarks=opening(calm, np.array([-0.05]))))
    assert heights(mouth_openings(placed, rig))[0] == pytest.approx(0.0, abs=1e-6)


def test_a_closed_smile_leaves_nothing_open(smiling: Portrait, still: Still, opening: Opening) -> None:
    rig = build_rig(smiling)
    placed, _ = rig.place(still(smiling, landmarks=opening(smiling, np.array([0.0]))))
    # Some slit is left beside the corners, thinner than what the eye takes for an opening.
    assert heights(mouth_openings(placed, rig))[0] < 0.012 * rig.scale


def test_no_sliver_of_teeth_shows_between_lips_that_nearly_touch(
    smiling: Portrait, still: Still, opening: Opening
) -> None:
    rig = build_rig(smiling)
    amounts = np.array([0.0, 0.02, 0.06])
    placed, _ = rig.place(still(smiling, 3, landmarks=opening(smiling, amounts)))
    lips = placed[:, INNER_LIP_CONTOUR, :2]
    shut, nearly, apart = heights(mouth_openings(placed, rig)) / heights(lips)
    assert shut < 0.3
    assert nearly < 0.5
    assert apart > 0.9
    # The seam hides the fringe of teeth at lips that nearly touch, and nothing of lips that are apart.
    wider = (heights(seam_outlines(placed, rig)) - heights(lips)) / rig.scale
    assert 0.006 < wider[1] < wider[0] <= 0.018 + 1e-6
    assert wider[2] == pytest.approx(0.0, abs=1e-6)


def test_parted_lips_leave_what_lies_between_them(calm: Portrait, still: Still, opening: Opening) -> None:
    rig = build_rig(calm)
    amounts = np.array([0.05, 0.1, 0.2])
    placed, _ = rig.place(still(calm, 3, landmarks=opening(calm, amounts)))
    openings = mouth_openings(placed, rig)
    np.testing.assert_allclose(heights(openings), amounts * rig.scale, rtol=0.15)
    # The corners stay; nothing reaches beyond the lips.
    np.testing.assert_allclose(openings[:, [0, 10]], placed[:, INNER_LIP_CONTOUR[[0, 10]], :2])
    assert (openings[:, UPPER, 1] >= placed[:, INNER_LIP_CONTOUR[UPPER], 1] - 1e-6).all()
    assert (openings[:, LOWER, 1] <= placed[:, INNER_LIP_CONTOUR[LOWER], 1] + 1e-6).all()


def test_the_mouth_frame_lies_over_the_mouth(calm: Portrait) -> None:
    rig = build_rig(calm)
    left_top, right_top, left_bottom = mouth_rectangle(rig.landmarks)
    lips = rig.landmarks[60:68]
    assert left_top[0] < lips[:, 0].min() < lips[:, 0].max() < right_top[0]
    assert left_top[1] < lips[:, 1].min() < lips[:, 1].max() + 0.2 < left_bottom[1]
    assert right_top[0] - left_top[0] == pytest.approx(MOUTH_WIDTH)
    assert (left_bottom[1] - left_top[1]) / (right_top[0] - left_top[0]) == pytest.approx(PATCH_SIZE[1] / PATCH_SIZE[0])


def test_the_mouth_frame_moves_with_the_head_not_with_the_lips(calm: Portrait, still: Still, opening: Opening) -> None:
    rig = build_rig(calm)
    frame = MouthFrame.of(rig)
    corners = frame.corners(still(calm, 2, landmarks=opening(calm, np.array([0.0, 0.3]))), rig)
    np.testing.assert_allclose(corners[0], corners[1])
    np.testing.assert_allclose(corners[0], frame.in_picture(rig))
    moved = frame.corners(still(calm, translation=np.array([[0.1, -0.2, 0.0]])), rig)
    np.testing.assert_allclose(moved[0] - corners[0], np.tile(rig.scale * np.array([0.1, -0.2]), (3, 1)))


def test_outlines_are_the_openings_in_the_frame(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    frame, motion = MouthFrame.of(rig), still(calm, rotation=np.array([[0.1, -0.2, 0.3]]))
    left_top, right_top, left_bottom = frame.corners(motion, rig)[0]
    points = np.stack([left_top, right_top, left_bottom, (right_top + left_bottom) / 2])
    width, height = PATCH_SIZE
    expected = [[0, 0], [width, 0], [0, height], [width / 2, height / 2]]
    outlines = frame.outlines(motion, rig, points[None])
    np.testing.assert_allclose(outlines[0], np.array(expected) - 0.5, atol=1e-6)


def test_own_outline_is_the_pictured_mouth(smiling: Portrait) -> None:
    rig = build_rig(smiling)
    frame = MouthFrame.of(rig)
    outline = own_outline(rig, frame)
    assert outline.shape == (20, 2)
    left_top, right_top, left_bottom = frame.in_picture(rig)
    share = (outline + 0.5) / PATCH_SIZE
    back = left_top + share[:, :1] * (right_top - left_top) + share[:, 1:] * (left_bottom - left_top)
    np.testing.assert_allclose(back, rig.source[INNER_LIP_CONTOUR], atol=1e-6)


def test_lips_and_seam_have_the_portraits_colours(drawn_portrait: Portrait) -> None:
    rig, image = build_rig(drawn_portrait), drawn_portrait.frames.images[0]
    red, green, blue = lip_colour(image, rig)
    assert red == pytest.approx(186, abs=20)  # it was painted (176, 92, 88) above and (196, 108, 102) below
    assert green == pytest.approx(100, abs=20)
    assert blue == pytest.approx(95, abs=20)
    np.testing.assert_allclose(seam_colour(image, rig), 0.55 * np.array([red, green, blue]), atol=1)


def test_flat_filler_paints_two_colours(drawn_portrait: Portrait, still: Still, opening: Opening) -> None:
    rig, image = build_rig(drawn_portrait), drawn_portrait.frames.images[0]
    frame = MouthFrame.of(rig)
    fill = FlatFiller().prepare(image, rig, frame)
    assert fill.seam is None  # the lips are closed already
    motion = still(drawn_portrait, 2, landmarks=opening(drawn_portrait, np.array([0.1, 0.25])))
    openings = mouth_openings(rig.place(motion)[0], rig)
    outlines = frame.outlines(motion, rig, openings)
    patches = fill(outlines)
    assert patches.shape == (2, PATCH_SIZE[1], PATCH_SIZE[0], 3)
    assert patches.dtype == np.uint8
    cavity, tongue = sorted(np.unique(patches.reshape(-1, 3), axis=0), key=lambda colour: colour.sum())
    assert cavity.sum() < tongue.sum() < lip_colour(image, rig).sum()
    assert tongue[0] > tongue[1]
    # The tongue lies on the floor of the mouth and grows with it.
    rows, columns = np.nonzero((patches[1] == tongue).all(axis=-1))
    assert columns.mean() == pytest.approx(outlines[1, :, 0].mean(), abs=1.0)
    bottom, top = outlines[1, :, 1].max(), outlines[1, :, 1].min()
    assert rows.min() > top + 0.5 * (bottom - top)
    sizes = [(patch == tongue).all(axis=-1).sum() for patch in patches]
    assert sizes[1] > 1.5 * sizes[0] > 0


def test_flat_filler_gives_a_seam_to_an_open_mouth(smiling: Portrait) -> None:
    rig, image = build_rig(smiling), smiling.frames.images[0]
    fill = FlatFiller().prepare(image, rig, MouthFrame.of(rig))
    assert fill.seam is not None
    np.testing.assert_array_equal(fill.seam, seam_colour(image, rig))
