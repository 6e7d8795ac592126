"""Landmark sequences with lips of known measures, for the tests of the metrics."""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray

UNFIT = [
    ((10, 68, 3), (9, 68, 3)),
    ((10, 68, 3), (10, 68, 2)),
    ((68, 3), (68, 3)),
    ((10, 478, 3), (10, 478, 3)),
    ((0, 68, 3), (0, 68, 3)),
    ((10, 68, 4), (10, 68, 4)),
]
"""Pairs of shapes that no measure of two landmark sequences takes."""


def faces(count: int = 10) -> FloatArray:
    """(T, 68, 3) all alike; lips 0.4 wide from corner to corner, inner lips an octagon 0.2 wide and 0.1 high."""
    landmarks = np.zeros((count, 68, 3))
    landmarks[:, 48, 0], landmarks[:, 54, 0] = -0.2, 0.2
    landmarks[:, 60:65, 0] = landmarks[:, [60, 67, 66, 65, 64], 0] = np.linspace(-0.1, 0.1, 5)
    landmarks[:, 61:64, 1] = -0.05
    landmarks[:, 65:68, 1] = 0.05
    return landmarks


def speaking(aperture_path: FloatArray) -> FloatArray:
    """(T, 68, 3) with the lower inner lip that far below the upper one."""
    landmarks = faces(len(aperture_path))
    landmarks[:, 65:68, 1] = landmarks[:, 61:64, 1] + aperture_path[:, None]
    return landmarks
