"""All edits at once."""

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.motion.editing import add_blink, move_head, rotate_head, scale_head, scale_lips, smooth_head
from talkinghead.motion.edits import Edits, apply_edits, rows_between
from talkinghead.motion.keyframes import Correction, Keyframe, apply_keyframes


def test_no_edit_is_the_same(speaking):
    assert apply_edits(speaking, Edits()) is speaking


def test_order_is_that_of_the_fields(speaking):
    keyframes = (Keyframe(1.0, {"yaw": 20.0, "smile": 1.0}),)
    edits = Edits(
        cut=(0.4, 1.6),
        keyframes=keyframes,
        blinks=(1.2,),
        smooth_head=0.5,
        freeze_blink=True,
        move=(0.1, 0.2),
        rotate=(0.1, 0.0, -0.2),
        scale_head=0.5,
        scale_lips=2.0,
    )
    by_hand = move_head(rotate_head(scale_head(scale_lips(speaking, 2.0), 0.5), pitch=0.1, roll=-0.2), x=0.1, y=0.2)
    by_hand = smooth_head(add_blink(replace(by_hand, blink=np.zeros(50)), 1.2), 0.5)
    by_hand = apply_keyframes(by_hand, keyframes)[10:40]
    edited = apply_edits(speaking, edits)
    for name in ("landmarks", "rotation", "translation", "blink"):
        np.testing.assert_array_equal(getattr(edited, name), getattr(by_hand, name))


def test_head_is_frozen_as_it_was_turned(speaking):
    edited = apply_edits(speaking, Edits(freeze_head=1.0, rotate=(0.0, 0.3, 0.0)))
    np.testing.assert_allclose(edited.rotation, np.tile(speaking.rotation[25] + [0, 0.3, 0], (50, 1)))


def test_a_correction_is_reached_whatever_else_is_asked(speaking):
    edits = Edits(
        scale_lips=1.5,
        scale_expression=0.2,
        delay=0.1,
        keyframes=(Keyframe(1.0, {"smile": 1.0}),),
        corrections=(Correction(1.0, {48: (-0.3, 0.8), 19: (-0.5, -0.3)}),),
    )
    edited = apply_edits(speaking, edits)
    np.testing.assert_allclose(edited.landmarks[25, [48, 19], :2], [(-0.3, 0.8), (-0.5, -0.3)], atol=1e-6)


@pytest.mark.parametrize(
    ("cut", "rows"),
    [((0.4, 1.6), slice(10, 40)), ((None, 1.0), slice(0, 25)), ((1.0, None), slice(25, 50)), ((0, 2), slice(0, 50))],
)
def test_cut_rows(speaking, cut, rows):
    assert rows_between(speaking, cut) == rows
    assert len(apply_edits(speaking, Edits(cut=cut))) == rows.stop - rows.start


@pytest.mark.parametrize("cut", [(1.0, 1.0), (1.5, 1.0), (2.0, None), (None, 0.01)])
def test_empty_cuts_are_refused(speaking, cut):
    with pytest.raises(InputError, match="there is no frame: choose a start before the end"):
        rows_between(speaking, cut)


@pytest.mark.parametrize(
    "edits", [Edits(freeze_head=2.5), Edits(blinks=(3.0,)), Edits(cut=(0.0, 9.0)), Edits(keyframes=(Keyframe(9, {}),))]
)
def test_times_outside_are_refused(speaking, edits):
    with pytest.raises(InputError, match="lies outside of the motion: choose a time from 0 to 2 s"):
        apply_edits(speaking, edits)
