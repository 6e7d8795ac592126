"""Limits of what a head does, so that no picture of one view tears."""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray

_TURN = np.radians(25.0)  # beyond, pictures of one view tear
_SHIFT = 0.5  # eye distances


def limit_pose(rotation: FloatArray, translation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same pose, softly limited to 25 degrees and half an eye distance; up to half of that it hardly changes."""
    return softly_within(rotation, float(_TURN)), softly_within(translation, _SHIFT)


def softly_within(values: FloatArray, limit: float) -> FloatArray:
    """The same values, softly limited; those below half the limit change by less than 2 %."""
    return np.asarray(values / (1.0 + (values / limit) ** 4) ** 0.25)
