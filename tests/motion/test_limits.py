"""Limits of a head's pose."""

from __future__ import annotations

import numpy as np

from talkinghead.motion.limits import limit_pose, softly_within


def test_limits_are_soft() -> None:
    rotation, translation = limit_pose(np.full((1, 3), 3.0), np.full((1, 3), -3.0))
    assert 24.0 < np.degrees(rotation).max() < 25.0
    assert -0.5 < translation.min() < -0.49
    values = np.linspace(-0.05, 0.05, 11)
    np.testing.assert_allclose(softly_within(values, 0.1), values, rtol=0.02)
