"""Lips that keep their order."""

import numpy as np
import pytest

from talkinghead.motion.lips import in_order

UPPER, LOWER = [61, 62, 63], [67, 66, 65]


def test_lips_in_order_stay(speaking):
    landmarks = speaking.landmarks.astype(np.float64)
    np.testing.assert_array_equal(in_order(landmarks, speaking.rest), landmarks)


@pytest.mark.parametrize("depth", [0.01, 0.1, 0.5])
def test_crossed_lips_meet_half_way_and_stay_lips(speaking, depth):
    crossed = np.tile(speaking.rest, (3, 1, 1))
    middle = crossed[:, UPPER, 1].copy()
    crossed[:, LOWER, 1] = middle - depth
    crossed[:, [58, 57, 56], 1] -= depth
    ordered = in_order(crossed, speaking.rest)
    np.testing.assert_allclose(ordered[:, UPPER, 1], middle - depth / 2)
    np.testing.assert_allclose(ordered[:, LOWER, 1], middle - depth / 2)
    thickness = speaking.rest[UPPER, 1] - speaking.rest[[50, 51, 52], 1]
    assert (ordered[:, UPPER, 1] - ordered[:, [50, 51, 52], 1] >= thickness / 3 - 1e-12).all()
    untouched = np.setdiff1d(np.arange(68), [*UPPER, *LOWER, 50, 51, 52, 56, 57, 58])
    np.testing.assert_array_equal(ordered[:, untouched], crossed[:, untouched])
    np.testing.assert_allclose(in_order(ordered, speaking.rest), ordered)


def test_a_lip_turned_inside_out_gets_a_third_of_its_height(speaking):
    turned = speaking.rest[None].copy()
    turned[:, 57, 1] = turned[:, 66, 1] - 0.1
    ordered = in_order(turned, speaking.rest)
    assert ordered[0, 57, 1] - ordered[0, 66, 1] == pytest.approx((speaking.rest[57, 1] - speaking.rest[66, 1]) / 3)
