"""Changes to a motion."""

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.face.rest import closed_mouth
from talkinghead.motion.editing import retarget, retime, scale_head, with_blink


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, -1.0])
def test_scale_head(motion, amount):
    scaled = scale_head(motion, amount)
    np.testing.assert_allclose(scaled.rotation, amount * motion.rotation)
    np.testing.assert_allclose(scaled.translation, amount * motion.translation)
    assert scaled.landmarks is motion.landmarks
    with pytest.raises(ValueError, match="finite"):
        scale_head(motion, float("nan"))


def test_with_blink(motion):
    blink = np.linspace(0, 1, 12)
    assert with_blink(motion, blink).blink is blink
    assert with_blink(motion, blink).rotation is motion.rotation
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        with_blink(motion, 1.1 * blink)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        with_blink(motion, np.full(12, np.nan))
    with pytest.raises(ValueError, match="shape"):
        with_blink(motion, blink[:5])


def test_retime_to_the_same_is_the_same(motion):
    assert retime(motion, motion.fps, len(motion)) is motion


def test_retime_twice_as_fine(motion):
    finer = retime(motion, 2 * motion.fps, 30)
    assert (finer.fps, len(finer)) == (2 * motion.fps, 30)
    for name in ("landmarks", "rotation", "translation", "blink", "expression"):
        coarse, fine = getattr(motion, name), getattr(finer, name)
        assert fine.dtype == coarse.dtype
        np.testing.assert_allclose(fine[:24:2], coarse, atol=1e-6)
        np.testing.assert_allclose(fine[1], (coarse[0] + coarse[1]) / 2, atol=1e-6)
        np.testing.assert_array_equal(fine[24:], np.repeat(coarse[-1:], 6, axis=0))
    assert finer.rest is motion.rest


def test_retime_without_expression_and_shorter(motion):
    shorter = retime(replace(motion, expression=None), 10.0, 1)
    assert shorter.expression is None
    np.testing.assert_array_equal(shorter.rotation, motion.rotation[:1])


def test_retime_needs_frames(motion):
    with pytest.raises(ValueError, match="at least 1"):
        retime(motion, 25.0, 0)
    with pytest.raises(ValueError, match="at least one row"):
        retime(motion[:0], 25.0, 5)


def test_retarget_keeps_what_moves(motion):
    other = np.random.default_rng(1).standard_normal((68, 3))
    result = retarget(motion, other)
    np.testing.assert_array_equal(result.rest, other)
    moved = result.landmarks - closed_mouth(other)
    np.testing.assert_allclose(moved, motion.landmarks - closed_mouth(motion.rest), atol=1e-6)
    assert result.rotation is motion.rotation
    assert retarget(motion, motion.rest) is motion
