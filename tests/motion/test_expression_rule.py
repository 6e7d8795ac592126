"""Landmarks are the truth: no edit leaves expression weights behind that say something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.rest import closed_mouth
from talkinghead.motion.editing import retarget, retime, with_gaze
from talkinghead.motion.edits import Edits, apply_edits
from talkinghead.motion.eye_weights import set_eye_weights
from talkinghead.motion.keyframes import Correction, Keyframe
from talkinghead.motion.tracked import loop
from talkinghead.rendering.mouth_shapes import with_mouth_shapes
from talkinghead.types import Motion

EYES = [name.startswith(("eyeBlink", "eyeLook")) for name in EXPRESSION_NAMES]
SHAPES = np.where(np.array(EYES)[:, None, None], 0.0, np.random.default_rng(3).normal(0, 0.01, (51, 68, 3)))
"""(51, 68, 3) a made-up face model whose weights are read off its landmarks exactly; lids and gaze move none."""


@pytest.fixture
def read(speaking: Motion) -> Motion:
    """A motion with the weights that its landmarks, blinks and gaze say."""
    random = np.random.default_rng(4)
    gaze = 0.2 * random.standard_normal((len(speaking), 2))
    weights = set_eye_weights(random.uniform(size=(len(speaking), 51)), speaking.blink, gaze)
    landmarks = closed_mouth(speaking.rest) + np.einsum("te,epx->tpx", weights, SHAPES)
    return replace(speaking, landmarks=landmarks.astype(np.float32), expression=weights, gaze=gaze)


def check_in_step(motion: Motion) -> None:
    """The weights, where there are some, say what the landmarks, the lids and the gaze say."""
    assert motion.gaze is not None
    if motion.expression is None:
        return
    said = closed_mouth(motion.rest) + np.einsum("te,epx->tpx", motion.expression, SHAPES)
    np.testing.assert_allclose(motion.landmarks, said, atol=1e-5)
    eyes = set_eye_weights(motion.expression, motion.blink, motion.gaze)
    np.testing.assert_allclose(motion.expression, eyes, atol=1e-6)


# What each field of Edits may do, and whether it changes the landmarks, so that the weights must go.
EDITS: dict[str, tuple[object, bool]] = {
    "scale_lips": (0.0, True),
    "scale_head": (0.5, False),
    "scale_expression": (2.0, True),
    "rotate": ((0.1, 0.2, 0.3), False),
    "move": ((0.1, 0.2), False),
    "freeze_head": (1.0, False),
    "freeze_blink": (True, False),
    "blinks": ((1.2,), False),
    "smooth_head": (0.4, False),
    "delay": (0.1, False),
    "keyframes": ((Keyframe(1.0, {"smile": 0.4}),), True),
    "corrections": ((Correction(1.0, {48: (-0.3, 0.9)}),), True),
    "cut": ((0.4, 1.2), False),
}


def test_every_edit_of_the_command_line_is_tested() -> None:
    assert {field.name for field in fields(Edits)} - {"ease"} == set(EDITS)


@pytest.mark.parametrize("name", ["jawOpen", "eyeSquintLeft", "open"])
def test_keyframes_that_move_landmarks_drop_the_weights(read: Motion, name: str) -> None:
    assert apply_edits(read, Edits(keyframes=(Keyframe(1.0, {name: 0.4}),))).expression is None


@pytest.mark.parametrize("name", EDITS)
def test_edits(read: Motion, name: str) -> None:
    value, changes_landmarks = EDITS[name]
    check_in_step(read)
    edited = apply_edits(read, Edits(**{name: value}))  # type: ignore[arg-type]
    assert (edited.expression is None) == changes_landmarks
    check_in_step(edited)


@pytest.mark.parametrize(
    "controls",
    [{"yaw": 5.0, "x": 0.1}, {"blink": 0.5}, {"eyeBlinkLeft": 0.9}, {"eyeLookInLeft": 0.5}, {"gaze-pitch": 10.0}],
)
def test_keyframes_that_move_no_landmark_keep_the_weights(read: Motion, controls: dict[str, float]) -> None:
    edited = apply_edits(read, Edits(keyframes=(Keyframe(1.0, controls),)))
    assert edited.expression is not None
    check_in_step(edited)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda m: m[5:20], True),
        (lambda m: retime(m, 30.0, 55), True),
        (lambda m: retarget(m, m.rest * [1.1, 0.9, 1.0]), True),
        (lambda m: loop(m, 120), True),
        (lambda m: with_gaze(m, -0.5 * m.gaze), True),
        (lambda m: with_mouth_shapes(m, closed=m.rest), False),
    ],
)
def test_other_changes(read: Motion, change: Callable[[Motion], Motion], kept: bool) -> None:
    changed = change(read)
    assert (changed.expression is not None) == kept
    check_in_step(changed)
