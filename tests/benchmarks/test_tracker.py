"""How the tracker is held against MediaPipe: distances and unrest of known landmarks, and what the page says."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.tracker import distances, summarise, table, unrest


def test_distances_are_those_at_a_face_100_px_wide() -> None:
    face = np.zeros((478, 3))
    face[:, 0] = np.linspace(0, 50, 478)
    np.testing.assert_allclose(distances(face + np.array([0.3, 0.4, 9.0]), face), 1.0)


def test_a_face_that_moves_evenly_has_no_unrest() -> None:
    face = np.zeros((5, 478, 3))
    face[..., 0] = np.linspace(0, 100, 478)
    even = face + np.arange(5)[:, None, None] * (1.0, 2.0, 0.0)
    assert unrest(even) == pytest.approx(0.0, abs=1e-9)
    even[2] += (0.0, 1.0, 0.0)
    assert unrest(even) == pytest.approx((1 + 2 + 1) / 3)


def test_the_page_gives_sums_over_clips() -> None:
    row = {"frames": 75.0, "seen by theirs": 75.0, "seen by ours": 74.0, "both": 74.0, "median": 0.2}
    row |= {"theirs": 0.6, "ours": 0.3, "further": 0.2, "unrest of ours": 0.3, "unrest of theirs": 0.4}
    row |= {f"{name}, CPU": 0.75 for name in ("theirs", "ours", "further")}
    stills = {"pictures": 3, "same faces": 3, "median": 0.001, "percentile 99": 0.01}
    stills |= {"most of scores": 0.0001, "most of mattes": 0.0002}
    page = table(summarise({"stills": stills, "clips": [row, row | {"ours": 0.5}]}))
    assert "| time of a frame, with the first search | 8.0 ms | 5.3 ms |" in page
    assert "| time of each further frame | | 2.7 ms |" in page
    assert "| CPU time of a frame, with the first search | 10.0 ms | 10.0 ms |" in page
    assert "| frames with a face | 150 | 148 |" in page
