"""The record of a person, whole, cut off, edited, or of another version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from talkinghead.errors import InputError
from talkinghead.person.record import FILE, PersonRecord, SourceVideo, has_record, read_record, write_record

ANNA = PersonRecord(
    "Anna",
    "Anna agreed by e-mail.",
    (SourceVideo("../anna.mp4", "0" * 64, 12.5),),
    minutes=2.0,
    face=1,
    program="0.1.0",
    prepared={"portrait.png": "1" * 64},
    adapted={"some_method": {"renderer": {"psnr": 31.5}}},
)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    write_record(ANNA, tmp_path)
    assert has_record(tmp_path)
    assert read_record(tmp_path) == ANNA
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def change(folder: Path, **fields: Any) -> None:
    """Write a record whose JSON has other values; None takes a key out."""
    write_record(ANNA, folder)
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    content.update(fields)
    (folder / FILE).write_text(json.dumps({k: v for k, v in content.items() if v != "gone"}), encoding="utf-8")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"version": 2}, "is of version 2 and this program reads version 1"),
        ({"format": "something else"}, "is not the record of a person"),
        ({"videos": "gone"}, "its videos is missing or wrong"),
        ({"videos": []}, "its videos is missing or wrong"),
        ({"videos": [{"file": "a.mp4", "digest": 3, "seconds": 1}]}, "its videos is missing or wrong"),
        ({"minutes": -1}, "its minutes is missing or wrong"),
        ({"face": 1.5}, "its face is missing or wrong"),
        ({"face": True}, "its face is missing or wrong"),
        ({"adapted": {"some_method": 3}}, "its adapted is missing or wrong"),
        ({"prepared": {"a": 1}}, "its prepared is missing or wrong"),
        ({"color": "blue"}, "unknown 'color'"),
    ],
)
def test_what_was_edited_is_named(tmp_path: Path, fields: dict[str, Any], told: str) -> None:
    change(tmp_path, **fields)
    with pytest.raises(InputError, match=told) as caught:
        read_record(tmp_path)
    assert str(tmp_path / FILE) in str(caught.value)


@pytest.mark.parametrize("content", ["", '{"format": "talkinghead-person", "ver', "[1, 2]", "null"])
def test_what_was_cut_off_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="make the person again with talkinghead adapt"):
        read_record(tmp_path)


def test_other_folders_are_no_persons(tmp_path: Path) -> None:
    assert not has_record(tmp_path)
    with pytest.raises(InputError, match=f"without {FILE}, not a person"):
        read_record(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        read_record(tmp_path / "nobody")
