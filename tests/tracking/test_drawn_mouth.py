"""The mouth of a drawn face, found by its colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.face.landmarks import (
    FACE_OVAL,
    INNER_LIP_CONTOUR,
    MESH_OF_68,
    OUTER_LIP_CONTOUR,
    canonical_face,
)
from talkinghead.tracking.drawn_mouth import fit_drawn_mouth
from talkinghead.types import FloatArray, ImageArray

SKIN, LIP, DARK = (240, 200, 160), (220, 110, 100), (60, 10, 20)
MIDDLE, HALF = (302, 400), (64, 36)
"""px of the drawn mouth, which is right of and below the tracked one."""


def tracked() -> FloatArray:
    """(478, 3) px of a face whose mouth is closed."""
    shape, _ = canonical_face()
    return 230 * shape + (280.0, 190.0, 0.0)


def draw_mouth(*, square: bool = False, lips: int = 10) -> ImageArray:
    """A face of one colour with an open mouth, its lips so many px thick."""
    image = np.full((560, 560, 3), SKIN, np.uint8)
    for inset, colour in ((0, LIP), (lips, DARK)):
        half = (HALF[0] - inset, HALF[1] - inset)
        if square:
            low, high = (tuple(m + way * h for m, h in zip(MIDDLE, half)) for way in (-1, 1))
            cv2.rectangle(image, low, high, colour, -1)
        else:
            cv2.ellipse(image, MIDDLE, half, 0, 0, 360, colour, -1)
    return image


def box(points: FloatArray) -> list[float]:
    return [*points.min(axis=0), *points.max(axis=0)]


def test_the_tracked_mouth_is_not_where_it_is_drawn() -> None:
    assert abs(tracked()[OUTER_LIP_CONTOUR, :2].mean(axis=0) - MIDDLE).max() > 15


@pytest.mark.parametrize("square", [False, True])
def test_lips_lie_along_the_edges(square: bool) -> None:
    found = fit_drawn_mouth(draw_mouth(square=square), tracked())
    assert found is not None
    x, y = MIDDLE
    wide, high = HALF
    assert box(found[OUTER_LIP_CONTOUR, :2]) == pytest.approx([x - wide, y - high, x + wide, y + high], abs=5)
    inner = found[INNER_LIP_CONTOUR]
    assert inner[:, 1].min() == pytest.approx(y - high + 10, abs=5)
    assert inner[:, 1].max() == pytest.approx(y + high - 10, abs=5)


def test_upper_lips_stay_above_lower_ones_though_the_tracked_mouth_is_closed() -> None:
    closed = tracked()
    closed[INNER_LIP_CONTOUR, 1] = closed[INNER_LIP_CONTOUR, 1].mean()
    found = fit_drawn_mouth(draw_mouth(), closed)
    assert found is not None
    upper, lower = found[INNER_LIP_CONTOUR[1:10], 1], found[INNER_LIP_CONTOUR[11:20][::-1], 1]
    assert (lower[2:-2] - upper[2:-2] > 20).all()


def test_the_upright_sides_of_a_square_mouth_belong_to_its_edges() -> None:
    """The points next to the corners lie past the square's own corners, so that its sides close, too."""
    found = fit_drawn_mouth(draw_mouth(square=True), tracked())
    assert found is not None
    outer = found[MESH_OF_68[48:60], :2]
    assert outer[1, 1] < MIDDLE[1] - 0.8 * HALF[1]
    assert outer[11, 1] > MIDDLE[1] + 0.8 * HALF[1]


def test_the_rest_of_the_face_stays() -> None:
    before = tracked()
    found = fit_drawn_mouth(draw_mouth(), before)
    assert found is not None
    np.testing.assert_array_equal(found[FACE_OVAL], before[FACE_OVAL])
    np.testing.assert_array_equal(found[:, 2], before[:, 2])
    assert np.abs(found - before)[MESH_OF_68[36:48]].max() < 3


@pytest.mark.parametrize("size", [0.3, 2.0])
def test_the_size_of_the_picture_makes_no_difference(size: float) -> None:
    image = cv2.resize(draw_mouth(), None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    found = fit_drawn_mouth(image, size * tracked())
    assert found is not None
    assert box(found[OUTER_LIP_CONTOUR, :2] / size)[1::2] == pytest.approx([364, 436], abs=6)


def test_without_a_mouth_nothing_is_found() -> None:
    assert fit_drawn_mouth(np.full((560, 560, 3), SKIN, np.uint8), tracked()) is None


def test_a_beard_that_reaches_the_chin_is_no_mouth() -> None:
    image = draw_mouth()
    cv2.rectangle(image, (180, 370), (400, 559), DARK, -1)
    assert fit_drawn_mouth(image, tracked()) is None


def test_shaded_skin_is_left_to_the_tracker() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (560, 560, 3), dtype=np.uint8)
    assert fit_drawn_mouth(noise, tracked()) is None


def test_a_mouth_whose_lips_end_before_its_corners_is_all_inside_there() -> None:
    image = draw_mouth()
    for way in (-1, 1):
        side = sorted((MIDDLE[0] + way * 48, MIDDLE[0] + way * HALF[0]))
        cv2.rectangle(image, (side[0], MIDDLE[1] - 20), (side[1], MIDDLE[1] + 20), DARK, -1)
    found = fit_drawn_mouth(image, tracked())
    assert found is not None
    upper, lower = found[INNER_LIP_CONTOUR[1:10], 1], found[INNER_LIP_CONTOUR[:10:-1], 1]
    assert (lower - upper)[[0, -1]].min() > 15


def test_rings_between_the_edges_of_the_lips_lie_between_them() -> None:
    found = fit_drawn_mouth(draw_mouth(), tracked())
    assert found is not None
    for ring, share in ((11, 1 / 3), (12, 2 / 3)):  # of the upper lip's middle, between 0 and 13
        np.testing.assert_allclose(found[ring, :2], (1 - share) * found[0, :2] + share * found[13, :2], atol=1e-6)


def test_lips_that_meet_in_a_line_meet_there() -> None:
    image = np.full((560, 560, 3), SKIN, np.uint8)
    cv2.ellipse(image, MIDDLE, HALF, 0, 0, 360, LIP, -1)
    seam = MIDDLE[1] - 8
    cv2.line(image, (MIDDLE[0] - 58, seam), (MIDDLE[0] + 58, seam), DARK, 2)
    found = fit_drawn_mouth(image, tracked())
    assert found is not None
    middle = found[INNER_LIP_CONTOUR][[4, 5, 6, 14, 15, 16], 1]
    assert np.abs(middle - seam).max() < 4
