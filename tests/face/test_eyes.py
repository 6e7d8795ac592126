"""How far eyes are open, on eyes of known shape."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.deform import shut_lids
from talkinghead.face.eyes import blink_of, eye_opening
from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR, canonical_face
from talkinghead.types import FloatArray


def mesh(left: float, right: float) -> FloatArray:
    """(478, 3) whose eyes are boxes 0.25 wide, their lids ``left`` and ``right`` widths apart."""
    points = np.zeros((478, 3))
    for contour, opening, middle in ((LEFT_EYE_CONTOUR, left, -0.3), (RIGHT_EYE_CONTOUR, right, 0.3)):
        x = np.linspace(-0.125, 0.125, 9)
        points[contour[:9], 0] = middle + x
        points[contour[9:], 0] = middle + x[7:0:-1]
        points[contour[1:8], 1] = -0.25 * opening / 2
        points[contour[9:], 1] = 0.25 * opening / 2
    return points


def test_eye_opening_is_lid_distance_over_width() -> None:
    meshes = np.stack([mesh(0.3, 0.2), mesh(0.0, 0.4)])
    np.testing.assert_allclose(eye_opening(meshes), [[0.3, 0.2], [0.0, 0.4]])


def test_eye_opening_knows_no_scale_place_and_roll() -> None:
    turn = np.array([[np.cos(0.7), -np.sin(0.7), 0], [np.sin(0.7), np.cos(0.7), 0], [0, 0, 1]])
    moved = 93.0 * mesh(0.3, 0.2) @ turn.T + (400, 200, 0)
    np.testing.assert_allclose(eye_opening(moved[None]), [[0.3, 0.2]])


def test_blink_is_measured_between_open_and_shut() -> None:
    openings = [0.32] * 12 + [0.2, 0.08, 0.05]
    blink = blink_of(np.stack([mesh(opening, opening) for opening in openings]))
    np.testing.assert_allclose(blink, [0.0] * 12 + [0.5, 1.0, 1.0], atol=1e-9)


def test_a_wink_is_half_a_blink() -> None:
    blink = blink_of(np.stack([mesh(0.28, 0.28)] * 9 + [mesh(0.28, 0.08)]))
    assert blink[-1] == pytest.approx(0.5)


def test_wide_eyes_are_not_less_than_open() -> None:
    blink = blink_of(np.stack([mesh(0.3, 0.3)] * 9 + [mesh(0.5, 0.5)]))
    assert blink[-1] == 0.0


def test_narrow_eyes_are_not_shut() -> None:
    # Nowhere wider than 0.14: narrow, not half closed in every frame, and a real blink still counts.
    blink = blink_of(np.stack([mesh(0.14, 0.14)] * 9 + [mesh(0.07, 0.07)]))
    assert blink[:9] == pytest.approx([0.4] * 9)
    assert blink[-1] == 1.0


def test_the_lids_that_deform_closes_are_seen_as_shut() -> None:
    shape, _ = canonical_face()
    closing = np.linspace(0, 1, 5)[:, None, None]
    track = np.concatenate([np.repeat(shape[None], 10, axis=0), shape + closing * shut_lids(shape)])
    blink = blink_of(track)
    assert (blink[:11] == 0).all()
    assert (np.diff(blink[10:14]) > 0).all()
    assert blink[-1] == 1.0
