"""Photo or drawing?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.face.kind import DRAWN, flat_share, is_drawing
from talkinghead.face.landmarks import canonical_face
from talkinghead.types import FloatArray, ImageArray, Portrait


def landmarks_in(side: int) -> FloatArray:
    """(478, 3) px: the mean face in the middle of a square picture."""
    shape, _ = canonical_face()
    return shape * (0.4 * side) + (side / 2, side / 2, 0)


def flat_picture(side: int) -> ImageArray:
    """A few fields of one colour each."""
    image = np.full((side, side, 3), (250, 220, 190), np.uint8)
    cv2.circle(image, (int(0.35 * side), int(0.45 * side)), side // 16, (30, 30, 40), -1)
    cv2.circle(image, (int(0.65 * side), int(0.45 * side)), side // 16, (30, 30, 40), -1)
    cv2.ellipse(image, (side // 2, int(0.7 * side)), (side // 8, side // 24), 0, 0, 360, (180, 60, 70), -1)
    return image


def textured_picture(side: int) -> ImageArray:
    """The same under light from the side and with grain."""
    random = np.random.default_rng(0)
    light = np.linspace(0.6, 1.0, side)[None, :, None]
    return np.clip(flat_picture(side) * light + 4 * random.standard_normal((side, side, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("side", [96, 240, 700])
def test_flat_fields_are_a_drawing(side: int) -> None:
    assert flat_share(flat_picture(side), landmarks_in(side)) > 0.6
    assert is_drawing(flat_picture(side), landmarks_in(side)) is True


@pytest.mark.parametrize("side", [96, 240, 700])
def test_light_and_grain_are_a_photo(side: int) -> None:
    assert flat_share(textured_picture(side), landmarks_in(side)) < 0.15
    assert is_drawing(textured_picture(side), landmarks_in(side)) is False


@pytest.mark.parametrize("side", [-1, 1])
def test_a_wall_over_half_of_a_photo_is_no_drawing(calm: Portrait, side: int) -> None:
    hidden, middle = calm.picture.copy(), int(calm.mesh[168, 0])
    hidden[:, slice(None, middle) if side < 0 else slice(middle, None)] = (170, 130, 110)
    assert flat_share(hidden, calm.mesh) > DRAWN
    assert not is_drawing(hidden, calm.mesh)


def test_flat_share_of_one_colour_and_of_a_ramp() -> None:
    points = landmarks_in(160)
    grey = np.full((160, 160, 3), 128, np.uint8)
    assert flat_share(grey, points) == 1.0
    steep = np.repeat((np.arange(160) * 255 // 159).astype(np.uint8)[None, :, None], 160, axis=0)
    assert flat_share(np.repeat(steep, 3, axis=2), points) < 0.2


def test_only_the_face_is_looked_at() -> None:
    image, points = textured_picture(240), landmarks_in(240)
    low, high = points[:, :2].min(axis=0).astype(int), points[:, :2].max(axis=0).astype(int)
    flat = np.zeros_like(image)
    flat[low[1] : high[1] + 1, low[0] : high[0] + 1] = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
    assert flat_share(flat, points) == flat_share(image, points)


def test_faces_may_reach_over_the_edge() -> None:
    image, points = textured_picture(240), landmarks_in(240)
    aside = np.array([100.0, 90.0, 0.0])
    assert is_drawing(image, points - aside) is False
    assert is_drawing(image, points + aside) is False


def test_a_photograph_and_a_drawing(smiling: Portrait, calm: Portrait, drawn_portrait: Portrait) -> None:
    assert not smiling.drawing
    assert not calm.drawing
    assert drawn_portrait.drawing
