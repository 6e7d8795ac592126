"""The section on mouth styles: what is compared with what."""

from __future__ import annotations

import numpy as np
from benchmarks.mouth_styles import score_mouth, section, summarise


def scores(near: float, count: int = 8) -> list[dict[str, float]]:
    """Of stretches that lie about ``near`` away."""
    return [{"MSE": near + k, "LMD, %": near / 10, "D-LL, %": near / 10, "opening": 1 / near} for k in range(count)]


def test_the_row_without_style_is_marked_where_it_is_worse() -> None:
    summary = summarise({"Anna": {"with the person's style": scores(10.0), "without": scores(20.0)}})
    assert summary["Anna"]["MSE"]["without"]["mark"] == " *"
    assert summary["Anna"]["opening"]["without"]["mark"] == " *"
    text = section(summary)
    assert "| Anna, 8 stretches | with the person's style | 14 (" in text
    assert "|  | without | 24 (" in text


def test_the_same_weights_are_no_distance_away() -> None:
    weights = np.random.default_rng(0).uniform(0.0, 0.4, (20, 28))
    same, other = score_mouth(weights, weights), score_mouth(weights, weights[::-1].copy())
    assert same["MSE"] == same["LMD, %"] == 0.0
    assert same["opening"] > 0.999
    assert other["MSE"] > 0.0
    assert other["LMD, %"] > 0.0
