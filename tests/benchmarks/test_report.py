"""The report is what the results say: nothing else is ever written in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.__main__ import as_json, kept, measured
from benchmarks.evaluation import TITLES
from benchmarks.papers import methods

from benchmarks import __main__ as command
from benchmarks import report
from talkinghead.errors import InputError

Records = dict[str, dict[str, Any]]


def test_the_committed_report_is_what_the_committed_results_say() -> None:
    assert report.REPORT.read_text(encoding="utf-8") == report.report()


def test_every_part_is_kept() -> None:
    assert sorted(path.name for path in report.RESULTS.iterdir()) == sorted(f"{part}.json" for part in report.SECTIONS)


def test_results_stay_small() -> None:
    for path in report.RESULTS.iterdir():
        # These hold every measure of every baseline, for each method anew.
        methods = len(json.loads(path.read_text(encoding="utf-8"))["result"]) if path.stem in TITLES else 1
        assert path.stat().st_size < 200_000 * methods, path.name


def test_parts_are_in_order_and_say_where_they_were_measured(records: Records) -> None:
    del records["reenactment"]["date"]
    text = report.write(records)
    places = [
        text.index(f"\n## {title}")
        for title in ("The tables of the papers", "Evaluation on GRID s1", "Predicted landmarks", "Protocol")
    ]
    assert places == sorted(places)
    assert text.count("*Measured: 2026-01-02, talkinghead 9.9.9, a machine.*") == 1
    assert text.count("*Measured: talkinghead 9.9.9, a machine.*") == 1


def test_without_results_there_are_the_papers_tables_alone() -> None:
    text = report.write({})
    assert text.count("\n## ") == 1
    assert all(f"**{name}**" in text for name in methods())


def test_a_record_is_read_again_as_it_was_kept(records: Records, tmp_path: Path) -> None:
    for part, record in records.items():
        (tmp_path / f"{part}.json").write_text(as_json(record), encoding="utf-8")
    assert report.read(tmp_path) == records
    assert report.report(tmp_path) == report.write(records)


def test_numbers_are_kept_to_five_digits() -> None:
    result = kept({"a": [0.123456789, 7, True, None, "b"], "c": (123456.7,)})
    assert result == {"a": [0.12346, 7, True, None, "b"], "c": [123460.0]}


def test_no_place_of_this_machine_is_kept() -> None:
    root = report.RESULTS.parents[1]
    assert kept(f"{root / 'src' / 'x.json'} is missing") == "src/x.json is missing"
    assert kept(f"{root.parent / 'shared' / 'x.mp4'} is cut short") == "../shared/x.mp4 is cut short"
    assert kept(f"put it in {Path.home() / '.cache' / 'x'}.") == "put it in ~/.cache/x."


def test_lists_of_numbers_take_one_line() -> None:
    record = {"a": [1.0, None, -2e-05], "b": ["two  blanks", "[\n1\n]"], "c": []}
    text = as_json(record)
    assert '"a": [1.0, null, -2e-05]' in text
    assert json.loads(text) == record


def test_a_part_that_lacks_something_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking() -> None:
        raise InputError("no such weights.")

    monkeypatch.setitem(command._WITHOUT_CORPUS, "speed", lacking)
    assert measured("speed", None) is None
    assert measured("speakers", None) is None
    said = capsys.readouterr().err
    assert "speed: skipped; no such weights." in said
    assert "speakers: skipped, it needs the recordings" in said


def test_every_part_of_the_report_can_be_measured() -> None:
    assert {*command._WITHOUT_CORPUS, *command._WITH_CORPUS} == set(report.SECTIONS)
