"""Rows of a manifest: what they mean, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from talkinghead.batch import read_manifest
from talkinghead.batch.manifest import Row
from talkinghead.errors import InputError


def write(folder: Path, text: str, name: str = "jobs.csv") -> Path:
    """A manifest, beside three recordings and two faces."""
    for each in ("a.wav", "b.wav", "c.mp3", "x.png", "y.png"):
        (folder / each).write_bytes(b"content")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows_of(folder: Path, text: str, name: str = "jobs.csv") -> list[Row]:
    """The rows of a manifest."""
    return read_manifest(write(folder, text, name), folder / "out")


def test_cells_are_values_of_the_right_type_and_empty_ones_the_usual(tmp_path: Path) -> None:
    text = (
        "\ufeffface,speech,text,fps,seed,visible_mark,blink,out,head\n"
        "x.png,a.wav,,30000/1001,7,no,off,one.mp4,\n"
        'x.png,,"Hello, ""you"".",25,,,0.5,sub/two.webm,2\n'
    )
    first, second = (row.job for row in rows_of(tmp_path, text))
    assert first is not None
    assert second is not None
    assert (first.face, first.speech) == (str(tmp_path / "x.png"), str(tmp_path / "a.wav"))
    assert (first.fps, first.seed, first.visible_mark, first.blink, first.head) == ("30000/1001", 7, False, "off", 1.0)
    assert first.out == str(tmp_path / "out" / "one.mp4")
    assert (second.text, second.fps, second.seed, second.blink, second.head) == ('Hello, "you".', 25, 0, 0.5, 2)
    assert second.speech is None
    assert second.out == str(tmp_path / "out" / "sub" / "two.webm")


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    lines = [
        {"face": "x.png", "speech": "a.wav", "fps": 10},
        {"face": "x.png", "text": "Hello.", "background": "#00ff00"},
    ]
    rows = rows_of(tmp_path, "\n".join(map(json.dumps, lines)) + "\n\n", "jobs.jsonl")
    assert [(row.number, row.name) for row in rows] == [(1, "x-a.mp4"), (2, "x-row2.mp4")]
    assert rows[1].job is not None
    assert rows[1].job.background == "#00ff00"


def test_globs_stand_for_files_and_names_stay_apart(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "face,speech\n?.png,*.wav\nx.png,a.wav\n")
    assert [row.name for row in rows] == ["x-a.mp4", "x-b.mp4", "y-a.mp4", "y-b.mp4", "x-a-2.mp4"]
    assert [row.number for row in rows] == [1, 1, 1, 1, 2]
    rows = rows_of(tmp_path, "face,speech,out\nx.png,*.*3,{speech}/{face}-{row}.webm\n")
    assert [row.name for row in rows] == ["c/x-1.webm"]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("x.png,*.flac,,", "row 1: no file matches *.flac: check the name and the folder."),
        ("x.png,a.wav,fast,", 'row 1 cannot be used, "seed" must be a whole number, not "fast"'),
        ("x.png,a.wav,,../../v.mp4", "which is not below"),
        (",a.wav,,", 'row 1 cannot be used, "face" is missing'),
    ],
)
def test_what_is_wrong_with_a_row_is_told_in_the_row(tmp_path: Path, cells: str, why: str) -> None:
    bad, good = rows_of(tmp_path, f"face,speech,seed,out\n{cells}\nx.png,b.wav,,\n")
    assert bad.job is None
    assert why in bad.why
    assert good.job is not None


def test_two_rows_do_not_write_one_file(tmp_path: Path) -> None:
    first, second = rows_of(tmp_path, "face,speech,out\nx.png,a.wav,v.mp4\ny.png,a.wav,v.mp4\n")
    assert first.job is not None
    assert second.why == "row 2 writes v.mp4 as another row does: choose another name for one of them."


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "a.csv",
            "face,speach\nx.png,a.wav\n",
            r'a\.csv cannot be used, "speach" is unknown \(did you mean "speech"\?\)',
        ),
        ("a.csv", "face,speech\n", r"a\.csv has no rows: write it as CSV"),
        ("a.csv", "speech\na.wav\n", r'a\.csv has no "face"'),
        ("a.csv", "face,speech\nx.png,a.wav,b.wav\n", "a row has more cells than the header"),
        ("a.jsonl", "[1]\n", r"a\.jsonl has a line that is no object"),
        ("a.jsonl", '{"face": \n', r"a\.jsonl is damaged or not a manifest"),
        ("a.csv", "", r"a\.csv is empty"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        rows_of(tmp_path, text, name)
