"""Large mouths have teeth and edges as sharp as the picture around them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.rendering.mouth import PATCH_SIZE
from talkinghead.rendering.mouth_detail import MouthDetail
from talkinghead.types import FloatArray

TEETH, TONGUE = (0.86, 0.80, 0.74), (0.62, 0.28, 0.30)
EDGE = 18.0  # px of the small picture: where the teeth end


def opening(width: float = 24, height: float = 12) -> FloatArray:
    """(20, 2) px of a mouth whose upper lip is straight at row 10."""
    across = np.linspace(-1, 1, 11)
    upper = np.stack([31.5 + width * across, np.full(11, 10.0)], axis=1)
    lower = np.stack([31.5 + width * across[::-1], 10 + height * (1 - across[::-1] ** 4)], axis=1)
    return np.concatenate([upper, lower[1:-1]])


def blurry_mouth(teeth: tuple[float, float, float] = TEETH) -> FloatArray:
    """(48, 64, 3): teeth above, tongue below, as blurry as the network's."""
    picture = np.empty((48, 64, 3), np.float32)
    picture[:], picture[: int(EDGE)] = TONGUE, teeth
    return cv2.GaussianBlur(picture, (0, 0), 1.3)


def width_of_edge(column: FloatArray) -> float:
    """Rows over which a falling column goes from 80 % to 20 %."""
    share = (column - column.min()) / np.ptp(column)
    return float(((share > 0.2) & (share < 0.8)).sum())


@pytest.mark.parametrize("zoom", [6, 16, 32])
def test_the_edge_of_teeth_is_sharp_at_any_size(zoom: int) -> None:
    detail = MouthDetail((64 * zoom, 48 * zoom))
    drawn, (rows, columns) = detail.enlarge(blurry_mouth(), opening())
    assert drawn.shape == (rows.stop - rows.start, columns.stop - columns.start, 3)
    plain = cv2.resize(blurry_mouth(), detail.size, interpolation=cv2.INTER_CUBIC)[rows, columns]
    middle = int((32 + 3.5) * zoom) - columns.start  # of the incisor to the right
    sharp, blurry = (width_of_edge(cv2.blur(picture, (1, 3))[:, middle, 1]) for picture in (drawn, plain))
    assert sharp < 0.45 * blurry
    # Teeth are where they were, as bright and of the same colour as before, and so is the tongue.
    at = [round((row + 0.5) * zoom) - rows.start for row in (14, 21)]
    np.testing.assert_allclose(drawn[at, middle], [TEETH, TONGUE], atol=0.07)
    falls = np.diff(drawn[:, middle, 1])
    assert abs((rows.start + falls.argmin()) / zoom - EDGE) < 1.2


def test_teeth_are_parted_and_their_corners_round() -> None:
    zoom = 16
    drawn, (rows, columns) = MouthDetail((64 * zoom, 48 * zoom)).enlarge(blurry_mouth(), opening())
    row = drawn[14 * zoom - rows.start, :, 1]
    between = [round((32 + px) * zoom) - columns.start for px in (0, 7, -7, 12.4, -12.4)]
    for place in between:
        assert row[place - 2 : place + 3].min() < row[[place - 2 * zoom, place + 2 * zoom]].min() - 0.08
    below = drawn[round((EDGE - 0.7) * zoom) - rows.start]
    assert below[round(35.5 * zoom) - columns.start, 1] > below[round(38.6 * zoom) - columns.start, 1] + 0.1


def test_a_mouth_without_teeth_gets_none() -> None:
    zoom = 16
    drawn, window = MouthDetail((64 * zoom, 48 * zoom)).enlarge(blurry_mouth(teeth=TONGUE), opening())
    assert np.abs(drawn - TONGUE).max() < 0.06, "grain alone"
    assert np.abs(drawn[..., 1] - drawn[..., 1].mean()).std() > 0.001
    again, _ = MouthDetail((64 * zoom, 48 * zoom)).enlarge(blurry_mouth(teeth=TONGUE), opening())
    np.testing.assert_array_equal(drawn, again, "the same in every frame")
    assert window[0].start <= 10 * zoom < window[0].stop


@pytest.mark.parametrize("zoom", [1, 2])
def test_small_mouths_are_the_networks(zoom: int) -> None:
    detail = MouthDetail((64 * zoom, 48 * zoom))
    drawn, window = detail.enlarge(blurry_mouth(), opening())
    plain = cv2.resize(blurry_mouth(), detail.size, interpolation=cv2.INTER_CUBIC)
    assert np.abs(drawn - plain[window]).max() < 0.01


def test_openings_at_the_edge_of_the_picture_or_beyond() -> None:
    detail = MouthDetail((64 * 6, 48 * 6))
    for shift in ((-40, -20), (40, 40), (0, 30), (500, 500)):
        drawn, (rows, columns) = detail.enlarge(blurry_mouth(), opening() + shift)
        assert np.isfinite(drawn).all()
        assert drawn.size
        assert 0 <= rows.start < rows.stop <= 48 * 6
        assert 0 <= columns.start < columns.stop <= 64 * 6
    assert PATCH_SIZE == (64, 48)
