"""A batch: every row once, in the report whatever became of it, and only what is missing when run again."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from PIL import Image

from cli.command import run_apart, run_here
from drawn import drawn_face, speech_like, write_wav
from talkinghead.batch import read_manifest, run_batch
from talkinghead.batch.manifest import Row
from talkinghead.batch.records import JOURNAL, RowOutcome
from talkinghead.media import read_provenance
from talkinghead.production import TaskEvent, process_pool


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a batch of two good rows and a bad one, by the command."""
    folder = tmp_path_factory.mktemp("batch")
    Image.fromarray(drawn_face(128).image).save(folder / "face.png")
    for name in ("a", "b"):
        write_wav(folder / f"{name}.wav", speech_like(0.4))
    (folder / "jobs.csv").write_text("face,speech,fps,renderer\nface.png,*.wav,5,warp\nface.png,no.wav,5,warp\n")
    done = run_apart("batch", folder / "jobs.csv", "-o", folder / "out", "--jobs", "1")
    assert done.code == 3
    assert done.stdout == f"{folder / 'out' / 'report.html'}\n"
    assert f"failed: row 2, face-no.mp4: {folder / 'no.wav'} does not exist: check the name" in done.stderr
    assert "2 of 3 made, 0 of them before; 1 failed" in done.stderr
    return folder


def test_the_report_tells_all(made: Path) -> None:
    out = made / "out"
    names = {"face-a.mp4", "face-b.mp4", "report.csv", "report.json", "report.html", "thumbnails", JOURNAL}
    assert {path.name for path in out.iterdir()} == names
    report = json.loads((out / "report.json").read_text())
    assert (report["done"], report["failed"], report["not done"]) == (2, 1, 0)
    assert [row["state"] for row in report["rows"]] == ["done", "done", "failed"]
    assert report["rows"][0]["seconds"] == pytest.approx(0.4)
    with (out / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["done", "done", "failed"]
    assert "does not exist" in rows[2]["why"]
    page = (out / "report.html").read_text()
    thumbnails = sorted((out / "thumbnails").iterdir())
    assert len(thumbnails) == 2
    assert all(f'src="thumbnails/{path.name}"' in page for path in thumbnails)
    assert Image.open(thumbnails[0]).size == (120, 120)
    assert "row 2, face-no.mp4" in page
    assert "http" not in page


def no_pool(number: int) -> object:
    """For batches in which nothing is left to do."""
    raise AssertionError(f"{number} jobs are run again")


def test_what_is_finished_is_not_made_again(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    shutil.copytree(made, folder)
    (folder / "jobs.csv").write_text("speech,face,fps,renderer\n*.wav,face.png,5,warp\n")
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.mp4")}
    rows = read_manifest(folder / "jobs.csv", folder / "out")
    outcomes = run_batch(rows, folder / "out", no_pool)  # type: ignore[arg-type]
    assert all(outcome.resumed for outcome in outcomes)
    assert before == {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.mp4")}
    done = run_here("batch", folder / "jobs.csv", "-o", folder / "out")
    assert done.code == 0
    assert "2 of 2 made, 2 of them before; 0 failed" in done.stderr


def test_videos_are_dubbed(clip: Path, tmp_path: Path) -> None:
    """A row whose task is to dub, one by a renderer of heads, and one that asks for what dubbing has not."""
    write_wav(tmp_path / "say.wav", speech_like(0.5))
    shutil.copy(clip, tmp_path / "clip.mp4")
    table = "face,speech,task,length,renderer,head,out\nclip.mp4,say.wav,dub,speech,,,warped.mp4\n"
    table += "clip.mp4,say.wav,dub,speech,composition,,painted.mp4\nclip.mp4,say.wav,dub,speech,,0.5,no.mp4\n"
    (tmp_path / "jobs.csv").write_text(table)
    outcomes, begun = run_again(tmp_path)
    assert begun == ["warped.mp4", "painted.mp4"]
    assert "--head goes with talkinghead animate" in str(outcomes[2].failure)
    renderers = [(read_provenance(tmp_path / "out" / name) or {})["renderer"] for name in begun]
    assert renderers == ["mouth-warp", "composition"]


def run_again(folder: Path) -> tuple[list[RowOutcome], list[str]]:
    """The outcomes, and the names of what was made anew."""
    begun: list[str] = []

    def watch(row: Row, event: TaskEvent) -> None:
        if event.kind == "done":
            begun.append(row.name)

    rows = read_manifest(folder / "jobs.csv", folder / "out")
    outcomes = run_batch(rows, folder / "out", lambda number: process_pool(1, threads=1), watch=watch)
    return outcomes, begun


def test_only_what_changed_is_made_and_a_torn_journal_is_read(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    shutil.copytree(made, folder)
    (folder / "jobs.csv").write_text("face,speech,fps,renderer\nface.png,*.wav,5,warp\nface.png,a.wav,5,warp\n")
    write_wav(folder / "b.wav", speech_like(0.8))  # other content: made again, over its own file
    (folder / "out" / "face-a-2.mp4").write_bytes(b"somebody's")  # not the batch's: not replaced
    with (folder / "out" / JOURNAL).open("a") as file:
        file.write('{"finished": {"key": "')  # a run that was killed
    outcomes, made_anew = run_again(folder)
    assert made_anew == ["face-b.mp4"]
    assert [outcome.record is not None for outcome in outcomes] == [True, True, False]
    assert outcomes[1].record is not None
    assert outcomes[1].record.seconds == pytest.approx(0.8)
    assert outcomes[2].failure is not None
    assert "already exists: choose another name or allow overwriting (--overwrite)" in outcomes[2].failure.sentence
    assert (folder / "out" / "face-a-2.mp4").read_bytes() == b"somebody's"


@pytest.mark.slow
def test_a_batch_that_is_stopped_goes_on(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("out"))
    rows = read_manifest(folder / "jobs.csv", folder / "out")

    def stop(row: Row, event: TaskEvent) -> None:
        if event.kind == "done":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_batch(rows, folder / "out", lambda number: process_pool(1, threads=1), watch=stop)
    report = json.loads((folder / "out" / "report.json").read_text())
    assert report["done"] == 1
    assert report["not done"] == 2
    outcomes, made_anew = run_again(folder)
    assert made_anew == ["face-b.mp4"]
    assert [outcome.resumed for outcome in outcomes] == [True, False, False]
