"""The names of the expressions."""

from __future__ import annotations

from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.types import NUM_EXPRESSIONS


def test_as_write_a_speaker_counts_them() -> None:
    assert len(EXPRESSION_NAMES) == len(set(EXPRESSION_NAMES)) == NUM_EXPRESSIONS
    assert (len(MOUTH_EXPRESSIONS), len(UPPER_EXPRESSIONS)) == (28, 23)
    assert sorted(MOUTH_EXPRESSIONS + UPPER_EXPRESSIONS) == list(range(NUM_EXPRESSIONS))


def test_left_has_its_right() -> None:
    for name in EXPRESSION_NAMES:
        for side, other in (("Left", "Right"), ("Right", "Left")):
            if name.endswith(side):
                assert name.removesuffix(side) + other in EXPRESSION_NAMES
