"""Jobs from files, through the real command."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command import Run, images
from talkinghead.cli.animate import animate
from talkinghead.cli.dub import dub
from talkinghead.media import VideoReader
from talkinghead.production import Job

Refused = Callable[..., str]


def write_job(path: Path, **values: Any) -> Path:
    """A job file."""
    path.write_text(json.dumps(values))
    return path


def test_every_field_of_a_job_is_an_option() -> None:
    parameters = {name for command in (animate, dub) for name in inspect.signature(command).parameters}
    named = {each.name for each in fields(Job)}
    assert parameters - named == {"context", "job", "save", "no_visible_mark"}
    assert named - parameters == {"visible_mark", "task"}


def test_a_saved_job_does_the_same_again_from_any_folder(
    run: Run, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (face, speech):
        shutil.copy(file, out.parent)
    monkeypatch.chdir(out.parent)
    options = ("--fps", 5, "--seed", 3, "--blink", 1.5, "--no-visible-mark", "--arkit", "arkit.csv")
    first = run("animate", "face.png", "speech.wav", "-o", "out.mp4", *options, "--save-job", "job.json")
    assert (first.code, first.stdout) == (0, "out.mp4\n")
    assert json.loads(Path("job.json").read_text()) == {
        "version": 1,
        "face": "face.png",
        "out": "out.mp4",
        "speech": "speech.wav",
        "method": "makeittalk",
        "config": "small",
        "kind": "auto",
        "fps": 5.0,
        "visible_mark": False,
        "overwrite": False,
        "seed": 3,
        "head": 1.0,
        "blink": 1.5,
        "arkit": "arkit.csv",
        "task": "animate",
        "length": "longest",
    }
    made, weights = images(Path("out.mp4")), Path("arkit.csv").read_text()
    (out.parent / "elsewhere").mkdir()
    monkeypatch.chdir(out.parent / "elsewhere")
    again = run("animate", "--job", "../job.json", "--overwrite")
    assert (again.code, again.stdout) == (0, "../out.mp4\n")
    np.testing.assert_array_equal(images(out), made)
    assert out.with_name("arkit.csv").read_text() == weights
    assert list(Path().iterdir()) == []


def test_the_command_line_overrides_the_job(run: Run, face: Path, speech: Path, out: Path) -> None:
    job = write_job(
        out.with_name("job.json"), face=str(face), text="Hello.", voice="de", out="out.mp4", fps=5, visible_mark=True
    )
    outcome = run(
        "animate",
        face,
        speech,
        "--job",
        job,
        "--fps",
        4,
        "-o",
        out.with_name("o.mp4"),
        "--save-job",
        job,
        "--overwrite",
    )
    assert outcome.code == 0, outcome.stderr
    assert f"note: {job}: text, voice left out, because speech is given anew.\n" in outcome.stderr
    assert VideoReader(out.with_name("o.mp4")).fps == 4
    saved = json.loads(job.read_text())
    assert (saved["fps"], saved["speech"], saved["out"], saved["overwrite"]) == (
        4.0,
        str(speech),
        str(out.with_name("o.mp4")),
        True,
    )
    assert "text" not in saved


@pytest.mark.parametrize(
    ("values", "names", "remedy"),
    [
        ({"facs": "a.png"}, "job.json", 'did you mean "face"?'),
        ({"fps": [25]}, '"fps" must be text or a number', "correct"),
        ({"fps": "fast"}, "--fps fast", "30000/1001"),
        ({"face": "https://a.example/b//c.png"}, "https://a.example/b//c.png", "save it as a file"),
        ({"fps": 0}, "--fps 0", "from 0.1"),
        ({"seed": None}, '"seed"', "a whole number"),
        ({"out": None}, '"out"', "must be text"),
        ({"face": "missing.png"}, "missing.png", "check the name"),
        ({"text": "Hi."}, "SPEECH and --text", "choose one"),
        ({"version": 2}, "version 2", "upgrade talkinghead"),
        ({"motion_out": "out.mp4"}, "out.mp4", "choose .npz"),
        ({"arkit": "out.txt"}, "out.txt", "choose .csv"),
        ({"arkit": "speech.csv", "alignment": "speech.csv"}, "--arkit", "choose another name"),
    ],
)
def test_bad_jobs(
    refused: Refused, face: Path, speech: Path, out: Path, values: dict[str, Any], names: str, remedy: str
) -> None:
    usual = {"face": str(face), "speech": str(speech), "out": "out.mp4"}
    job = write_job(out.with_name("job.json"), **{**usual, **values})
    refused("animate", "--job", job, names=names, remedy=remedy)


def test_files_that_are_no_job(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    refused("animate", "--job", out.with_name("none.json"), names="none.json", remedy="check the name")
    refused("animate", "--job", face, names=face, remedy="--save-job")


def test_a_job_that_cannot_be_done_is_not_saved(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    job = out.with_name("job.json")
    refused("animate", face, speech, "-o", out, "--fps", 0, "--save-job", job, names="--fps 0", remedy="from 0.1")
    refused("animate", face, speech, "-o", out, "--save-job", out.with_name("job.yaml"), names="yaml", remedy=".json")
    refused("animate", face, speech, "-o", out, "--save-job", face, "--overwrite", names=face, remedy=".json")


def test_a_folder_as_face(refused: Refused, speech: Path, out: Path) -> None:
    folder = out.with_name("anna")
    folder.mkdir()
    refused("animate", folder, speech, "-o", out, names=folder, remedy="without person.json")
