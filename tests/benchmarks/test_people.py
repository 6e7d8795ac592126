"""Whether people are told apart in a video: the shares, of faces whose differences are known."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.people import ONE_CLIP, ONE_PERSON, THRESHOLDS, TWO_PEOPLE, Piece, compare_pieces, table

from talkinghead.tracking.stretches import SAME_PERSON, Stretch


def piece(clip: str, speaker: str, difference: float) -> Piece:
    """One whose face differs by so much from one of 0."""
    shape, colours = np.zeros((478, 3)), np.full((12, 12, 3), 24.0 * difference)
    return Piece(clip, speaker, Stretch(0, 40, shape, colours))


def test_people_weigh_the_same() -> None:
    pieces = [piece("a", "anna", 0.0), piece("a", "anna", 0.05), piece("b", "anna", 0.95)]
    pieces += [piece("c", "berta", value) for value in (2.0, 2.05)] + [piece("d", "carl", 0.85)]
    result = compare_pieces(pieces)
    assert (result["clips"], result["people"], result["pieces"]) == (4, 3, 6)
    assert result["pairs"] == {ONE_CLIP: 2, ONE_PERSON: 2, TWO_PEOPLE: 11}
    below = dict(zip(THRESHOLDS, zip(*result["below"].values()), strict=True))
    assert below[0.8] == (1.0, 0.0, pytest.approx(2 / 9))
    assert below[1.0] == (1.0, 1.0, pytest.approx(1 / 3))
    assert below[1.3][2] == pytest.approx((1 + 2 / 6 + 2 / 2) / 3)
    assert "| one clip (2 pairs) | 100.0 %" in table(result)


def test_kinds_of_which_there_are_no_pairs_stay_empty() -> None:
    result = compare_pieces([piece("a", "anna", 0.0), piece("b", "berta", 1.0)])
    assert result["below"][ONE_CLIP] == [None] * len(THRESHOLDS)
    assert "| one clip (0 pairs) |  |" in table(result)
    assert SAME_PERSON in THRESHOLDS
