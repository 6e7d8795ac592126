"""The table of both renderers."""

from __future__ import annotations

from benchmarks.translation import KNOWN, MEASURES, UNSEEN, section, summarise


def test_medians_of_each_group_and_renderer() -> None:
    rows = [dict.fromkeys(MEASURES, value) for value in (0.5, 0.9, 0.7)]
    text = section(summarise({KNOWN: {"warp": rows, "translation": rows[:1]}, UNSEEN: {"warp": rows[1:]}}))
    assert "| GRID s1, test (3) | warp | 0.700 | 0.7 | 0.700 | 0.7 | 700 |" in text
    assert "| GRID s1, test (1) | translation | 0.500 |" in text
    assert f"| {UNSEEN} (2) | warp | 0.800 |" in text
