"""What outlines cover, against their area."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.rendering.outline import blend, coverage, smooth_outline
from talkinghead.types import FloatArray


def lens(width: float, height: float, *, at: tuple[float, float] = (50.0, 40.0), count: int = 40) -> FloatArray:
    """(count, 2) px: two parabolas between corners left and right, as eyes and mouths are."""
    half = count // 2
    x = np.linspace(-1, 1, half + 1)
    upper = np.stack([x, -(1 - x**2)], axis=1)
    lower = np.stack([x[::-1], 1 - x[::-1] ** 2], axis=1)
    return np.concatenate([upper[:-1], lower[:-1]]) * (width / 2, height / 2) + at


def area(outline: FloatArray) -> float:
    x, y = outline.T
    return float(abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2)


@pytest.mark.parametrize("at", [(50.0, 40.0), (50.3, 40.7), (49.5, 39.25)])
@pytest.mark.parametrize(("width", "height"), [(60, 30), (60, 8), (20, 12)])
def test_the_mask_covers_the_area(width: float, height: float, at: tuple[float, float]) -> None:
    outline = lens(width, height, at=at)
    mask, _ = coverage(outline, (80, 100))
    assert mask.dtype == np.float32
    assert 0.0 <= mask.min() <= mask.max() <= 1.0
    assert mask.sum() == pytest.approx(area(outline), rel=0.01)


@pytest.mark.parametrize("height", [1.0, 2.0])
def test_thin_slits_are_not_widened(height: float) -> None:
    outline = lens(60, height, at=(50.3, 40.7))
    mask, _ = coverage(outline, (80, 100))
    assert mask.sum() == pytest.approx(area(outline), rel=0.05)


def test_the_mask_lies_where_the_outline_does() -> None:
    mask, at = coverage(lens(30, 20, at=(50.3, 40.7)), (80, 100))
    rows, columns = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]]
    middle = [(mask * columns).sum() / mask.sum() + at[0], (mask * rows).sum() / mask.sum() + at[1]]
    np.testing.assert_allclose(middle, [50.3, 40.7], atol=0.13)
    assert mask[0].max() == mask[-1].max() == 0.0  # there is room around it
    assert mask[int(40.7 - at[1]), int(50.3 - at[0])] == 1.0


def test_a_shut_slit_covers_nothing() -> None:
    for height in (0.0, 0.1, 0.2):
        mask, _ = coverage(lens(60, height), (80, 100))
        assert mask.shape == (0, 0)
    assert coverage(lens(60, 0.6), (80, 100))[0].sum() > 5


def test_outlines_off_the_picture_cover_nothing() -> None:
    for at in ((-200.0, 40.0), (50.0, -90.0), (400.0, 40.0), (50.0, 300.0)):
        mask, _ = coverage(lens(40, 20, at=at), (80, 100))
        assert mask.size == 0


@pytest.mark.parametrize("at", [(0.0, 40.0), (99.0, 40.0), (50.0, 0.0), (50.0, 79.0)])
def test_half_of_an_outline_may_lie_off_the_picture(at: tuple[float, float]) -> None:
    outline = lens(40, 30, at=at)
    mask, corner = coverage(outline, (80, 100))
    assert corner.min() >= 0
    assert corner[0] + mask.shape[1] <= 100
    assert corner[1] + mask.shape[0] <= 80
    assert mask.sum() == pytest.approx(area(outline) / 2, rel=0.08)


def test_softening_keeps_the_area_and_blurs_the_edge() -> None:
    outline = lens(40, 30)
    sharp, _ = coverage(outline, (80, 100))
    soft, _ = coverage(outline, (80, 100), soften=2.0)
    assert soft.sum() == pytest.approx(sharp.sum(), rel=0.01)
    assert ((soft > 0.05) & (soft < 0.95)).sum() > 3 * ((sharp > 0.05) & (sharp < 0.95)).sum()
    assert soft[0].max() < 0.01


def test_smooth_outlines_pass_through_their_points() -> None:
    contour = lens(60, 30, count=20)
    fine = smooth_outline(contour)
    assert fine.shape == (100, 2)
    np.testing.assert_allclose(fine[::5], contour, atol=1e-9)


def test_smooth_outlines_are_sharp_at_the_corners_and_straight_on_lines() -> None:
    x = np.linspace(0, 10, 11)
    diamond = np.concatenate([np.stack([x, -0.3 * x], axis=1), np.stack([x[9:0:-1], 0.4 * x[9:0:-1]], axis=1)])
    fine = smooth_outline(diamond)
    # The upper half is one straight line; what the lower half does beyond the corner does not bend it.
    np.testing.assert_allclose(fine[:50, 1], -0.3 * fine[:50, 0], atol=1e-9)
    assert (fine[:50, 1] <= 1e-9).all()
    assert (fine[55:, 1] >= -1e-9).all()


def test_blend_in_closed_form() -> None:
    frame = np.full((6, 8, 3), 100, np.uint8)
    mask = np.array([[0.0, 0.5, 1.0]], np.float32)
    blend(frame, np.full((1, 3, 3), 201, np.uint8), mask, np.array([2, 3]))
    assert frame[3, :, 0].tolist() == [100, 100, 100, 151, 201, 100, 100, 100]
    assert (np.delete(frame, 3, axis=0) == 100).all()


def test_blending_nothing_changes_nothing() -> None:
    frame = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    before = frame.copy()
    blend(frame, np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.float32), np.array([3, 3]))
    blend(frame, np.full((2, 2, 3), 9, np.uint8), np.zeros((2, 2), np.float32), np.array([3, 3]))
    np.testing.assert_array_equal(frame, before)
