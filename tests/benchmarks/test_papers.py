"""The papers' tables: every one of them, published rows marked, ours beside them or "not yet"."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.evaluation import NOT_YET
from benchmarks.papers import methods, tables

from talkinghead.evaluation.published import Table, load_published
from talkinghead.evaluation.statistics import bootstrap_interval

Records = dict[str, dict[str, Any]]

TABLES = [
    ("makeittalk", 2),
    ("makeittalk", 3),
    ("attentional_landmarks", 1),
    ("attentional_landmarks", 2),
    ("write_a_speaker", 1),
    ("write_a_speaker", 2),
    ("facial", 1),
    ("rhythmic_head", 1),
    ("rhythmic_head", 2),
]


def part(text: str, paper: str, number: int) -> str:
    """One table of the section."""
    _, _, rest = text.partition(f"## {paper}, table {number}\n")
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of a table but its head."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return found[2:]


def parts_of(paper: str, number: int) -> list[Table]:
    """The data sets of a published table."""
    return [table for table in load_published() if (table.paper, table.number) == (paper, number)]


@pytest.mark.parametrize(("paper", "number"), TABLES)
def test_every_table_is_there_with_all_its_rows_and_columns(paper: str, number: int) -> None:
    text = part(tables({}), paper, number)
    expected = parts_of(paper, number)
    assert len(rows(text)) == sum(len(table.rows) for table in expected) + len(methods())
    assert all(len(row) == 2 + len(expected[0].columns) for row in rows(text))
    for column in expected[0].columns:
        assert f"| {column.heading}" in text


@pytest.mark.parametrize(("paper", "number"), TABLES)
def test_published_rows_hold_what_is_printed_and_are_marked(paper: str, number: int) -> None:
    shown = [row for row in rows(part(tables({}), paper, number)) if "published" in row[0]]
    expected = [(name, values) for table in parts_of(paper, number) for name, values in table.rows.items()]
    assert len(shown) == len(expected)
    for row, (name, values) in zip(shown, expected):
        assert row[0] == f"*published: {name}*"
        assert row[1].startswith("*other data: ")
        assert [None if cell == "N/A" else float(cell) for cell in row[2:]] == list(values)


@pytest.mark.parametrize(("paper", "number"), TABLES)
def test_nothing_is_guessed_where_nothing_is_measured(paper: str, number: int) -> None:
    ours = [row for row in rows(part(tables({}), paper, number)) if "published" not in row[0]]
    assert [row[0] for row in ours] == [f"**{name}**" for name in methods()]
    assert all(cell == NOT_YET for row in ours for cell in row[1:])


def test_trailing_zeros_are_kept_as_printed() -> None:
    text = part(tables({}), "attentional_landmarks", 2)
    where = "GRID, 33 speakers, full face without post-processing"
    assert f"| *published: Wiles[15]* | *other data: {where}* | 1.48 | 0.80 | 29.39 |" in text


def test_ours_stand_beside_theirs(records: Records) -> None:
    text = tables(records)
    found = {row[0]: row for row in rows(part(text, "attentional_landmarks", 2))}
    mean, low, high = bootstrap_interval([30.0, 31.0, 32.0, 33.0])
    expected = ["GRID s1, test, 4 clips", NOT_YET, NOT_YET, f"{mean:.1f} ({low:.1f} to {high:.1f})"]
    assert found["**makeittalk**"][1:] == expected
    assert found["still picture"][-1].startswith("63.0 (")
    assert found["**facial**"][1:] == [NOT_YET] * 4


def test_shares_are_in_percent_in_both(records: Records) -> None:
    text = part(tables(records), "makeittalk", 2)
    assert "| D-LL, % | D-VL, % | D-A, % |" in text
    found = {row[0]: row for row in rows(text)}
    assert found["*published: Ours (full)*"][2:] == ["2.0", "0.27", "4.2"]
    assert found["**makeittalk**"][2].startswith("2.05 (")


def test_predicted_landmarks_stand_in_the_table_that_is_about_them(records: Records) -> None:
    text = tables(records)
    found = {row[0]: row for row in rows(part(text, "makeittalk", 2))}
    row = found["**makeittalk**, predicted landmarks"]
    assert row == [
        "**makeittalk**, predicted landmarks",
        "GRID s1, test, 2 clips",
        "1.90 (1.80 to 2.00)",
        "0.250 (0.250 to 0.250)",
        "8.00 (7.00 to 9.00)",
    ]
    assert text.count("predicted landmarks |") == 1


def test_both_corpora_have_their_rows(records: Records) -> None:
    records["unseen"] = records["evaluation"]
    found = [row[:2] for row in rows(part(tables(records), "facial", 1)) if "published" not in row[0]]
    assert found[:4] == [
        ["**makeittalk**", "GRID s1, test, 4 clips"],
        ["still picture", "GRID s1, test, 4 clips"],
        ["**makeittalk**", "unseen people, 4 clips"],
        ["still picture", "unseen people, 4 clips"],
    ]
    assert [row[0] for row in found[4:]] == [f"**{name}**" for name in methods() if name != "makeittalk"]


def test_units_of_the_head_are_those_of_the_published_numbers() -> None:
    assert "| MSE | LMD | SSIM |" in part(tables({}), "write_a_speaker", 1)
    assert "| LMD, px | CPBD | AV offset | AV confidence | blinks/s | blink dur. (s) |" in tables({})
