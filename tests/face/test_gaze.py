"""Gaze as weights of expressions, and back."""

from __future__ import annotations

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import FULL_LOOK, gaze_from_weights, look_weights


def names_of(weights: np.ndarray) -> set[str]:
    return {EXPRESSION_NAMES[k] for k in np.flatnonzero(weights)}


def test_each_direction_has_its_expressions() -> None:
    left, right, down, up = look_weights(np.array([[0.2, 0], [-0.2, 0], [0, 0.2], [0, -0.2]]))
    # To the left of the picture is to the right of the person.
    assert names_of(left) == {"eyeLookOutRight", "eyeLookInLeft"}
    assert names_of(right) == {"eyeLookInRight", "eyeLookOutLeft"}
    assert names_of(down) == {"eyeLookDownLeft", "eyeLookDownRight"}
    assert names_of(up) == {"eyeLookUpLeft", "eyeLookUpRight"}


def test_weights_and_gaze_invert_each_other() -> None:
    gaze = np.random.default_rng(0).uniform(-FULL_LOOK, FULL_LOOK, (50, 2))
    np.testing.assert_allclose(gaze_from_weights(look_weights(gaze)), gaze, atol=1e-12)


def test_weights_stay_within_their_bounds() -> None:
    weights = look_weights(np.array([[2.0, -3.0]]))
    assert weights.max() == 1.0
    assert weights.min() == 0.0
