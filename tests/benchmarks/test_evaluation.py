"""The record of an evaluation and its tables, from made-up results."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.evaluation import ALL_MEASURES, NONE, NOT_YET, cell, format_value, protocol, summarise, table, unit_of

Records = dict[str, dict[str, Any]]


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the table rows that begin with ``first``."""
    found = [[part.strip() for part in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in found if row[0] == first]


def test_a_summary_has_means_and_intervals_and_nothing_of_single_clips(raw: dict[str, Any]) -> None:
    found = summarise({"makeittalk": raw})["makeittalk"]["systems"]["makeittalk"]
    of_raw = raw["systems"]["makeittalk"]["summary"]
    assert found["clips"] == 4
    assert found["summary"] == {m: [row["mean"], row["low"], row["high"], row["n"]] for m, row in of_raw.items()}
    assert found["summary"]["fmd"] == [12.5, None, None, 4]
    assert found["missing"] == {"csim": "csim: needs an embedder."}


@pytest.mark.parametrize(
    ("measure", "values", "text"),
    [
        ("d-ll", (0.01987,), "1.99"),
        ("d-ll", (0.01987, 0.0181, 0.0212), "1.99 (1.81 to 2.12)"),
        ("d-vl", (0.0071, 0.0068, 0.0114), "0.71 (0.68 to 1.14)"),
        ("lmd", (0.6543,), "0.654"),
        ("psnr", (29.734, 28.0, 31.0), "29.7 (28.0 to 31.0)"),
        ("vmaf", (100.0,), "100"),
        ("fid", (1234.0,), "1234"),
        ("lag", (0.0, 0.0, 0.0), "0.00 (0.00 to 0.00)"),
        ("lag", (-0.02, -0.5, 0.4), "-0.020 (-0.500 to 0.400)"),
        ("mouth-mse", (0.00001234,), "0.0000123"),
    ],
)
def test_numbers_have_three_digits(measure: str, values: tuple[float, ...], text: str) -> None:
    assert format_value(measure, *values) == text


def test_shares_are_shown_in_percent() -> None:
    assert unit_of("d-ll") == "% of lip width"
    assert unit_of("vmaf") == "of 100"
    assert unit_of("psnr") == "dB"


def test_cells(raw: dict[str, Any]) -> None:
    result = summarise({"makeittalk": raw})["makeittalk"]
    _, low, high, _ = result["systems"]["makeittalk"]["summary"]["lmd"]
    assert cell(result, "makeittalk", "lmd") == f"2.50 ({low:.2f} to {high:.2f})"
    assert cell(result, "makeittalk", "fmd") == "12.5"
    assert cell(result, "makeittalk", "csim") == NOT_YET
    assert cell(result, "still picture", "lmd") == NONE  # the other system has it
    assert cell(result, "makeittalk", "personalisation-blinks") == NONE  # there is one speaker
    result["protocol"]["speakers"] = 2
    assert cell(result, "makeittalk", "personalisation-blinks") == NOT_YET


def test_the_table_has_every_measure_and_system(records: Records) -> None:
    text = table("evaluation", records["evaluation"]["result"])
    assert "## makeittalk, 4 clips" in text
    assert rows(text, "measure")[0] == ["measure", "unit", "better", "makeittalk", "still picture"]
    for measure in ALL_MEASURES.values():
        assert rows(text, measure.title), measure.name
    assert rows(text, "D-LL")[0][3].startswith("2.05 (1.9")
    assert rows(text, "D-LL")[1] == ["D-LL", "better"]  # than the baseline


def test_the_table_leaves_out_what_was_not_asked_for(records: Records) -> None:
    records["evaluation"]["result"]["makeittalk"]["protocol"]["measures"] = ["d-ll", "ssim"]
    text = table("evaluation", records["evaluation"]["result"])
    assert rows(text, "D-LL")
    assert rows(text, "SSIM")
    assert not rows(text, "VMAF")


def test_the_table_says_what_is_missing_and_why(records: Records) -> None:
    text = table("evaluation", records["evaluation"]["result"])
    assert "- CSIM: csim: needs an embedder." in text
    assert "- e, makeittalk, left out: no face was found." in text


def test_the_table_says_what_a_baseline_lacks(records: Records) -> None:
    records["evaluation"]["result"]["makeittalk"]["systems"]["still picture"]["lacking"] = {"no other speaker.": 4}
    text = table("evaluation", records["evaluation"]["result"])
    assert "- still picture, 4 clips: no other speaker." in text


def test_the_protocol_tells_everything_once_and_the_command(records: Records) -> None:
    records["unseen"] = {
        "result": {"makeittalk": {"protocol": {"clips": 9, "speakers": 1, "crop": "none", "seeds": "by name"}}}
    }
    text = protocol(records)
    assert "- clips: 4" in text
    assert "- clips: 9" in text
    assert text.count("- crop: none") == 1
    assert "- versions: torch 2.13, av 18" in text
    command = "talkinghead evaluate --method makeittalk --corpus ../shared/data/grid_s1 --split test"
    assert text.count(command) == 1


def test_without_an_evaluation_there_is_no_protocol() -> None:
    assert protocol({}) == ""
