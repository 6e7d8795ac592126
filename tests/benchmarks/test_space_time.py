"""The page's table of a person's frames, and what its measures see."""

from __future__ import annotations

import json

import numpy as np
import pytest
from benchmarks.space_time import FULL, section, summarise

from benchmarks import space_time


def scores(ssim: float) -> list[dict[str, float]]:
    return [
        {"SSIM": ssim + 0.001 * k, "PSNR, dB": 35.0 + k, "SSIM of the head": ssim, "CPBD": 0.3, "VMAF": 70.0 + k}
        for k in range(3)
    ]


def test_the_table_has_a_row_for_each_renderer_and_tells_who_is_worse() -> None:
    rows = {FULL: scores(0.96), "warp": scores(0.95), "real": [{"CPBD": 0.31}] * 3}
    found = {
        "people": {"GRID-s1": {"rows": rows, "frechet": {FULL: 1.25, "warp": 2.5}}},
        "speed": {"frames/s": {"256": 41.0, "512": 10.0}, "cores": 2, "processor": "a processor"},
    }
    page = section(json.loads(json.dumps(summarise(found))))
    assert "GRID-s1, 3 clips:" in page
    [warp] = [line for line in page.splitlines() if line.startswith("| warp")]
    assert "0.9510 (0.9500 to 0.9520) *" in warp
    assert warp.endswith("| 2.50 |")
    [real] = [line for line in page.splitlines() if line.startswith("| real")]
    assert real.split("|")[2:5] == [" - "] * 3
    assert "41.0 frames/s at 256 px and 10.0 frames/s at 512 px" in page


def test_nobody_learned_is_an_empty_part() -> None:
    assert summarise({}) == {}


def test_the_frechet_distance_is_of_all_frames_of_a_row() -> None:
    rng = np.random.default_rng(0)
    real = [rng.normal(size=(20, 4)) for _ in range(2)]
    found = space_time._frechet({"real": real, "same": real, "away": [rows + 1.0 for rows in real]})
    assert found["same"] == pytest.approx(0.0, abs=1e-6)
    assert found["away"] == pytest.approx(1000 * 4.0, rel=1e-6)
    assert space_time._frechet({}) == {}
