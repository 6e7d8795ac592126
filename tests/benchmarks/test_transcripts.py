"""The rates of right and wrong transcripts."""

import numpy as np
from benchmarks.transcripts import Judged, choose_thresholds, judge_held_out, summarise, table

from talkinghead.speech.alignment.mismatch import USUAL, Fit


def test_counts() -> None:
    rows = {
        "doubted": [True, False, True],
        "thrown away": [False] * 3,
        "taken for right": [False, True, False],
        "words kept": [True] * 3,
    }
    assert summarise({"a": rows})["a"]["taken for right"] == [1, 3]
    page = table(summarise({"a": rows, "b": rows}))
    assert "| a | 3 | 2 | 0 | 1 | 3 |" in page
    assert "| all | 6 | 4 | 0 | 2 | 6 |" in page


def judged(speaker: str, right: float, wrong: float) -> Judged:
    """A recording whose texts fit equally well throughout."""
    fits = [Fit(level, np.full(50, level)) for level in (right, wrong)]
    return Judged("a", speaker, *fits)


def test_thresholds_of_the_other_half() -> None:
    # The first speaker's right texts fit worse than the second's wrong ones.
    first = [judged("1", -18.5, -30.0)] * 3
    second = [judged("2", -10.0, -17.5)] * 3
    assert choose_thresholds(second) == USUAL
    assert choose_thresholds(first).mean < -18.5
    assert judge_held_out([*first, *second]) == [(True, False)] * 3 + [(False, True)] * 3
    assert judge_held_out([Judged("a", "1", None, None), *second])[0] == (True, False)
