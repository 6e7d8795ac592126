"""``talkinghead adapt``, and ``animate`` with a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.command import run_here as run
from drawn import speech_like, write_wav
from evaluation.videos import moving_face, speech_of, write
from talkinghead.cli.adapt import describe_scores
from talkinghead.media import VideoReader

CONSENT = "The drawn face has nobody to ask."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video, a sound, a file that is no video, and a person."""
    folder = tmp_path_factory.mktemp("adapt")
    write(folder / "drawn.mp4", moving_face(30), speech=speech_of(30))
    write(folder / "empty.mp4", moving_face(30) * 0 + 90)
    write_wav(folder / "hello.wav", speech_like(0.6))
    (folder / "notes.mp4").write_text("not a video")
    done = run("adapt", folder / "drawn.mp4", "-o", folder / "anna", "--consent", CONSENT)
    assert done.code == 0, done.stderr
    assert "anna: 1.2 s of reference" in done.stderr
    assert "all can animate their picture" in done.stderr
    assert done.stdout.strip() == str(folder / "anna")
    return folder


def test_a_person_is_animated_as_a_picture_is(folder: Path, tmp_path: Path) -> None:
    done = run("animate", folder / "anna", folder / "hello.wav", "-o", tmp_path / "out.mp4")
    assert done.code == 0, done.stderr
    assert VideoReader(tmp_path / "out.mp4").num_frames == 15


def test_what_is_done_is_not_done_again(folder: Path) -> None:
    done = run("adapt", folder / "drawn.mp4", "-o", folder / "anna", "--name", "Anna")
    assert done.code == 0, done.stderr
    record = json.loads((folder / "anna" / "person.json").read_text(encoding="utf-8"))
    assert (record["name"], record["consent"]) == ("Anna", CONSENT)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["drawn.mp4", "-o", "new"], "add --consent with a line on how they agreed"),
        (["drawn.mp4", "-o", "new", "--consent", ""], "--consent is empty"),
        (["drawn.mp4", "-o", "new", "--consent", "yes", "--minutes", "0"], "--minutes 0 is out of range"),
        (["drawn.mp4", "-o", "new", "--consent", "yes", "--face", "0"], "--face 0 is out of range"),
        (["drawn.mp4", "-o", "new", "--consent", "yes", "--steps", "0"], "--steps 0 is out of range"),
        (["drawn.mp4", "-o", "new", "--consent", "yes", "--method", "nobody"], "no method 'nobody'"),
        (["drawn.mp4", "-o", "hello.wav", "--consent", "yes"], "is a file: choose a folder"),
        (["missing.mp4", "-o", "new", "--consent", "yes"], "missing.mp4"),
        (["notes.mp4", "-o", "new", "--consent", "yes"], "notes.mp4"),
        (["empty.mp4", "-o", "faceless", "--consent", "yes"], "no face was found in any frame"),
    ],
)
def test_bad_input_is_one_sentence(
    folder: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = run("adapt", *arguments)
    assert done.code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "new").exists()


def test_a_folder_that_is_no_person_is_told(folder: Path, tmp_path: Path) -> None:
    done = run("animate", folder, folder / "hello.wav", "-o", tmp_path / "out.mp4")
    assert done.code == 2
    assert "is a folder without person.json" in done.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_options_that_do_not_go_with_a_person(folder: Path, tmp_path: Path) -> None:
    done = run("animate", folder / "anna", folder / "hello.wav", "-o", tmp_path / "out.mp4", "--face", "2")
    assert done.code == 2
    assert "--face is chosen when a person is made" in done.stderr


def test_what_a_person_gains_is_told() -> None:
    scores = {"splits": "val", "val correlation": 0.75, "val D-A": 0.1, "before": {"val correlation": 0.7}}
    assert list(describe_scores(scores)) == ["val correlation 0.75 (0.7 before)", "val D-A 0.1"]
