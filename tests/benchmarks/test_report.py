"""The report is what the results say: nothing else is ever written in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from benchmarks.__main__ import as_json, keep, measure_part, tidy
from benchmarks.evaluation import TITLES
from benchmarks.papers import methods
from benchmarks.parts import PARTS

from benchmarks import __main__ as command
from benchmarks import report
from talkinghead.errors import InputError

Records = dict[str, dict[str, Any]]
MOST_NAMES = 8  # numbers in a list that is no row of clips


def test_the_committed_pages_are_what_the_committed_results_say() -> None:
    found = report.pages(report.read())
    assert {name: (report.DOCS / name).read_text(encoding="utf-8") for name in found} == found
    assert {file.stem for file in (report.DOCS / report.FOLDER).iterdir()} == {Path(name).stem for name in found} - {
        Path(report.OVERVIEW).stem
    }


def test_every_part_is_kept() -> None:
    assert sorted(path.name for path in report.RESULTS.glob("*.json")) == sorted(f"{part}.json" for part in PARTS)


def test_results_stay_small_and_hold_no_clips() -> None:
    for path in report.RESULTS.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))["result"]
        methods = len(result) if path.stem in TITLES else 1  # these hold every measure of every baseline, for each anew
        assert path.stat().st_size < 40_000 * methods, path.name
        assert longest(result) <= MOST_NAMES, path.name


def longest(value: Any) -> int:
    """The most numbers in a list: rows of single clips are long."""
    if isinstance(value, dict):
        return max(map(longest, value.values()), default=0)
    if not isinstance(value, list):
        return 0
    return max([sum(isinstance(part, int | float) for part in value), *map(longest, value)])


def test_the_overview_is_short_and_leads_everywhere() -> None:
    text = (report.DOCS / report.OVERVIEW).read_text(encoding="utf-8")
    assert len(text) < 12_500
    links = re.findall(r"\]\((benchmarks/[^)#]+)\)", text)
    assert {report.DOCS / link for link in links} == set((report.DOCS / report.FOLDER).iterdir())


@pytest.mark.parametrize("name", ["benchmarks.md", *(f"benchmarks/{part}.md" for part in PARTS)])
def test_links_and_pictures_are_there(name: str) -> None:
    page = report.DOCS / name
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_overview_shows_methods_and_baselines_on_known_and_unseen_people(records: Records) -> None:
    records["unseen"] = records["evaluation"]
    text = report.pages(records)["benchmarks.md"]
    known, unseen = text.split("## A known speaker")[1].split("## Unseen people")
    for section in (known, unseen):
        assert "| **makeittalk** | 2.05 | not yet |" in section
        assert "Not measured yet: attentional_landmarks" in section
        assert "| still picture | 4.10 |" in section
    assert text.count("*Measured: 2026-01-02, talkinghead 9.9.9, a machine.*") == 2


def test_each_page_says_where_it_was_measured(records: Records) -> None:
    del records["reenactment"]["date"]
    found = report.pages(records)
    assert "*Measured: 2026-01-02, talkinghead 9.9.9, a machine.*" in found["benchmarks/evaluation.md"]
    assert "*Measured: talkinghead 9.9.9, a machine.*" in found["benchmarks/reenactment.md"]
    assert set(found) == {
        "benchmarks.md",
        *(f"benchmarks/{name}.md" for name in ("evaluation", "reenactment", "papers", "protocol")),
    }


def test_without_results_there_are_the_papers_tables_alone() -> None:
    found = report.pages({})
    assert list(found) == ["benchmarks.md", "benchmarks/papers.md"]
    assert all(f"**{name}**" in found["benchmarks/papers.md"] for name in methods())


def test_a_record_is_read_again_as_it_was_kept(records: Records, tmp_path: Path) -> None:
    for part, record in records.items():
        (tmp_path / f"{part}.json").write_text(as_json(record), encoding="utf-8")
    assert report.read(tmp_path) == records


def test_pages_of_parts_that_are_no_more_go(records: Records, tmp_path: Path) -> None:
    docs, results = tmp_path / "docs", tmp_path / "results"
    (docs / "benchmarks").mkdir(parents=True)
    (docs / "benchmarks" / "gone.md").write_text("old", encoding="utf-8")
    results.mkdir()
    (results / "evaluation.json").write_text(as_json(records["evaluation"]), encoding="utf-8")
    report.write(docs, results)
    assert sorted(file.name for file in (docs / "benchmarks").iterdir()) == [
        "evaluation.md",
        "papers.md",
        "protocol.md",
    ]
    assert "**makeittalk**" in (docs / "benchmarks.md").read_text(encoding="utf-8")


def test_single_clips_are_kept_apart(tmp_path: Path) -> None:
    clips = {"GRID s1, val": {"1": [0.5, 0.7, 0.9]}}
    keep("transfer", clips, tmp_path)
    assert json.loads((tmp_path / "clips" / "transfer.json").read_text(encoding="utf-8"))["result"] == clips
    record = json.loads((tmp_path / "transfer.json").read_text(encoding="utf-8"))
    assert record["result"]["GRID s1, val"]["1"]["median"] == 0.7
    assert record["result"]["GRID s1, val"]["1"]["mean"]["clips"] == 3
    keep("seams", {"borders": 3.0}, tmp_path)
    assert [file.name for file in (tmp_path / "clips").iterdir()] == ["transfer.json"]


def test_numbers_are_kept_to_seven_digits() -> None:
    result = tidy({"a": [0.123456789, 7, True, None, "b"], "c": (123456.78,)})
    assert result == {"a": [0.1234568, 7, True, None, "b"], "c": [123456.8]}


def test_no_place_of_this_machine_is_kept() -> None:
    root = report.RESULTS.parents[1]
    assert tidy(f"{root / 'src' / 'x.json'} is missing") == "src/x.json is missing"
    assert tidy(f"{root.parent / 'shared' / 'x.mp4'} is cut short") == "../shared/x.mp4 is cut short"
    assert tidy(f"put it in {Path.home() / '.cache' / 'x'}.") == "put it in ~/.cache/x."


def test_what_fits_on_a_line_takes_one() -> None:
    record = {"a": [1.0, None, -2e-05], "b": ["two  blanks", "[\n1\n]"] * 5, "c": [], "d": {"e": {"f": "x" * 100}}}
    text = as_json(record)
    assert '\n "a": [1.0, null, -2e-05],\n' in text
    assert '\n  "two  blanks",\n' in text
    assert f'\n  "e": {{\n   "f": "{"x" * 100}"\n  }}\n' in text
    assert json.loads(text) == record


def test_a_part_that_lacks_something_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking() -> None:
        raise InputError("no such weights.")

    monkeypatch.setitem(command._WITHOUT_CORPUS, "speed", lacking)
    assert measure_part("speed", None) is None
    assert measure_part("speakers", None) is None
    said = capsys.readouterr().err
    assert "speed: skipped; no such weights." in said
    assert "speakers: skipped, it needs the recordings" in said


def test_every_part_of_the_report_can_be_measured() -> None:
    assert {*command._WITHOUT_CORPUS, *command._WITH_CORPUS, *command._WITH_PERSON} == set(PARTS)
