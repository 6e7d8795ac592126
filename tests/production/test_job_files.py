"""Jobs in files, and what they are refused for."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.production import Job, load_job, save_job


def test_relative_paths_count_from_the_job_s_folder(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    values = {
        "face": "in/face.png",
        "out": "/abs/out.mp4",
        "text": "in/face.png",
        "voice": "voices/a.onnx",
        "background": "bg.png",
        "motion_out": "../m.npz",
    }
    path.write_text(json.dumps(values))
    job = load_job(path)
    assert job == Job(
        face=str(tmp_path / "in/face.png"),
        out="/abs/out.mp4",
        text="in/face.png",
        voice=str(tmp_path / "voices/a.onnx"),
        background=str(tmp_path / "bg.png"),
        motion_out=os.path.join(tmp_path, "../m.npz"),
    )


def test_names_of_voices_and_colours_are_no_paths(tmp_path: Path) -> None:
    job = Job("/f.png", "/o.mp4", text="Hi.", voice="en-us+f3", background="#00b140")
    assert load_job(save_job(job, tmp_path / "job.json")) == job


def test_a_saved_job_means_the_same_files_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs").mkdir()
    monkeypatch.chdir(tmp_path)
    job = Job("face.png", "out/out.mp4", speech="/abs/speech.wav", motion="jobs/m.npz")
    path = save_job(job, "jobs/job.json")
    values = json.loads(path.read_text())
    assert (values["face"], values["out"], values["motion"]) == ("../face.png", "../out/out.mp4", "m.npz")
    loaded = load_job("jobs/job.json")
    for name in ("face", "out", "speech", "motion"):
        assert Path(getattr(loaded, name)).resolve() == Path(getattr(job, name)).resolve()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    monkeypatch.chdir(moved)
    assert Path(load_job("../jobs/job.json").face).resolve() == tmp_path / "face.png"


def test_text_is_kept_readable_and_names_to_the_byte(tmp_path: Path) -> None:
    job = Job("/f\udcff.png", "/o.mp4", text="Grüße")
    assert load_job(save_job(job, tmp_path / "a.json")) == job
    plain = replace(job, face="/f.png")
    assert "Grüße" in save_job(plain, tmp_path / "b.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"{", "is not a job in JSON"),
        (b"[" * 100_000, "is not a job in JSON"),
        (b"\xff\xfe\x00", "it is not text in UTF-8"),
        (b'{"face": "a", "face": "b", "out": "c"}', '"face" is given twice'),
        (b'{"face": "a", "out": "c", "fps": NaN}', "NaN is not a number"),
        (b'{"face": "a", "out": "c", "seed": ' + b"1" * 5000 + b"}", "is not a job in JSON"),
        (b"[1]", "is not a job"),
        (b'{"face": "a", "out": "c", "fsp": 25}', 'did you mean "fps"?'),
        (b'{"face": "a"}', '"out" is missing'),
        (b'{"face": "a", "out": "c", "version": 9}', "upgrade talkinghead"),
        (b" " * 20_000_001, "no job is that large"),
    ],
)
def test_files_that_are_no_job(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_job(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert told in sentence
    assert not re.search(r"[.!?] [A-Z]", sentence)
    assert len(sentence) < 400 + len(str(path))


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check the name"):
        load_job(tmp_path / "missing.json")
    with pytest.raises(InputError, match="is a folder"):
        load_job(tmp_path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"face": "/a", "out": "/b"}).encode())
    assert load_job(path) == Job("/a", "/b")


def test_saving_replaces_only_when_allowed_and_never_what_the_job_reads(tmp_path: Path) -> None:
    points, path = tmp_path / "points.json", tmp_path / "job.json"
    points.write_text("{}")
    job = Job("/f.png", "/o.mp4", landmarks=str(points), overwrite=True)
    save_job(job, path)
    with pytest.raises(InputError, match="already exists"):
        save_job(job, path)
    save_job(job, path, overwrite=True)
    with pytest.raises(InputError, match="given as --landmarks and for the job"):
        save_job(job, points, overwrite=True)
    with pytest.raises(InputError, match=r"choose \.json"):
        save_job(job, tmp_path / "job.txt")
    with pytest.raises(InputError, match="mkdir -p"):
        save_job(job, tmp_path / "no" / "job.json")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["job.json", "points.json"]
