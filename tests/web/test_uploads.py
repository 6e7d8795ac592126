"""Forms are read as they come: names of ours, limits, and one sentence for everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from talkinghead.web.forms import job_form, person_form
from talkinghead.web.sentences import RefusedError
from talkinghead.web.uploads import ReadForm, Upload, read_form

KIND = "multipart/form-data; boundary=b"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


def read(body: bytes, folder: Path, *, kind: str = KIND, largest: int = 10**6, step: int = 7) -> ReadForm:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    return asyncio.run(read_form(kind, pieces(), job_form(), folder, largest=largest))


def test_files_get_names_of_ours(tmp_path: Path) -> None:
    body = part("face", b"picture", "../../../etc/cron.d/x.png") + part("seed", b"5") + part("text", b"") + b"--b--\r\n"
    form = read(body, tmp_path)
    assert form.values == {"seed": "5"}
    assert form.files == {"face": [Upload("face.png", "x.png")]}
    assert [path.name for path in tmp_path.iterdir()] == ["face.png"]
    assert (tmp_path / "face.png").read_bytes() == b"picture"


def test_files_that_were_not_chosen_are_none(tmp_path: Path) -> None:
    assert read(part("face", b"", "") + b"--b--\r\n", tmp_path) == ReadForm()


def test_several_files_of_one_field(tmp_path: Path) -> None:
    body = part("videos", b"1", "a.mp4") + part("videos", b"2", "a.mp4") + b"--b--\r\n"

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    form = asyncio.run(read_form(KIND, pieces(), person_form(), tmp_path, largest=1000))
    assert [(each.file, (tmp_path / each.file).read_bytes()) for each in form.files["videos"]] == [
        ("videos-1.mp4", b"1"),
        ("videos-2.mp4", b"2"),
    ]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (part("face", b"x" * 2000, "a.png") + b"--b--\r\n", 413, "larger than"),
        (part("out", b"/etc/passwd") + b"--b--\r\n", 400, '"out" is unknown'),
        (part("fase", b"x") + b"--b--\r\n", 400, 'did you mean "face"'),
        (part("face", b"/etc/passwd") + b"--b--\r\n", 400, "face must be a file"),
        (part("seed", b"5", "seed.txt") + b"--b--\r\n", 400, "seed must be text"),
        (part("seed", b"5") * 2 + b"--b--\r\n", 400, "seed is given twice"),
        (part("face", b"5", "a") * 2 + b"--b--\r\n", 400, "face is given twice"),
        (part("seed", b"5" * 201) + b"--b--\r\n", 400, "more than 200 characters"),
        (part("text", b"\xff\xfe") + b"--b--\r\n", 400, "not text in UTF-8"),
        (part("face", b"half", "a.png"), 400, "breaks off"),
        (b"", 400, "breaks off"),
        (b"nonsense", 400, "damaged"),
        (b"--b\r\nX: " + b"y" * 900_000, 400, "the form is damaged"),
        (b"--b\r\n\r\nno name\r\n--b--\r\n", 400, "unknown"),
    ],
)
def test_bad_forms_are_refused(tmp_path: Path, body: bytes, status: int, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read(body, tmp_path, largest=10**6 if b"X: " in body else 1500, step=1000)
    assert caught.value.status == status
    assert sentence in caught.value.sentence
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data"])
def test_what_is_no_form_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read(b"{}", tmp_path, kind=kind)
    assert caught.value.status == 415


def test_many_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="more than 200 parts"):
        read(part("text", b"") * 300 + b"--b--\r\n", tmp_path)
