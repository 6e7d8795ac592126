"""All of a job's files or none, progress that only grows, and a stop that is quick."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn import speech_like, write_wav
from talkinghead.errors import InputError
from talkinghead.media import VideoReader, encoders
from talkinghead.media import files as media_files
from talkinghead.motion import arkit
from talkinghead.motion.files import load_motion
from talkinghead.pipeline import TalkingHead
from talkinghead.production import Job, Producer, WorkCancelledError, check_job, run_job
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import Frames, Motion, Portrait


@pytest.fixture
def job(face: Path, speech: Path, out: Path) -> Job:
    """One that writes three files."""
    return Job(
        str(face),
        str(out),
        speech=str(speech),
        fps=10,
        motion_out=str(out.with_name("motion.npz")),
        arkit=str(out.with_name("arkit.csv")),
    )


def content_of(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_are_made_and_told(job: Job, producer: Producer, out: Path) -> None:
    made = producer.run(job)
    assert made.paths == {
        "video": out,
        "motion": out.with_name("motion.npz"),
        "arkit": out.with_name("arkit.csv"),
    }
    assert sorted(out.parent.iterdir()) == sorted(made.paths.values())
    assert (made.seconds, made.size, made.fps) == (1.0, (256, 256), 10)
    assert 0 < made.work < 60
    assert VideoReader(out).size == (256, 256)
    assert len(load_motion(made.paths["motion"])) == 10
    assert len(made.paths["arkit"].read_text().splitlines()) == 11


def test_a_job_alone_needs_no_producer(face: Path, speech: Path, out: Path) -> None:
    made = run_job(Job(str(face), str(out.with_suffix(".gif")), speech=str(speech), fps=3))
    assert list(out.parent.iterdir()) == [made.paths["video"]]


def broken_disk(*args: object, **kwargs: object) -> None:
    """Stands for whatever writes."""
    raise OSError(errno.ENOSPC, "No space left on device")


class FaultError(Exception):
    """Of a renderer."""


def broken_render(self: WarpRenderer, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
    """One frame, then none."""
    yield Frames(portrait.frames.images[portrait.best][None], motion.fps)
    raise FaultError


def break_renaming(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """Let the nth file that gets its name not get it."""
    really_replace, count = Path.replace, iter(range(1, 100))

    def replace(self: Path, target: Path) -> Path:
        if ".part" in self.name and next(count) == nth:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    "fault", ["frames", "finish", "motion", "arkit", "renderer", "cancel", "rename 1", "rename 2", "rename 3"]
)
def test_nothing_is_written_or_replaced_when_something_fails(
    job: Job, producer: Producer, out: Path, monkeypatch: pytest.MonkeyPatch, fault: str, older: bool
) -> None:
    if older:
        for name in ("out.mp4", "arkit.csv"):  # motion.npz is not there
            out.with_name(name).write_text(f"older {name}")
        job = Job.from_json({**job.to_json(), "overwrite": True})
    before = content_of(out.parent)
    cancel = threading.Event()
    error: type[Exception] = InputError
    if fault == "frames":
        monkeypatch.setattr(encoders.MovieEncoder, "add", broken_disk)
    elif fault == "finish":
        monkeypatch.setattr(encoders.MovieEncoder, "finish", broken_disk)
    elif fault == "motion":
        monkeypatch.setattr(np.lib.format, "write_array", broken_disk)
    elif fault == "arkit":
        monkeypatch.setattr(arkit, "_csv_lines", broken_disk)
    elif fault == "renderer":
        monkeypatch.setattr(WarpRenderer, "render", broken_render)
        error = FaultError
    elif fault == "cancel":
        error = WorkCancelledError
    else:
        error = PermissionError

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "render" and fault.startswith("rename"):
            break_renaming(monkeypatch, nth=int(fault[-1]))
        if stage == "encode" and fault == "cancel":
            cancel.set()

    with pytest.raises(error) as caught:
        producer.run(job, progress=progress, cancel=cancel)
    assert content_of(out.parent) == before
    if error is InputError:
        name = {"motion": "motion.npz", "arkit": "arkit.csv"}.get(fault, "out.mp4")
        assert ".part" not in str(caught.value)
        assert name in str(caught.value)


def test_older_files_are_replaced_together(job: Job, producer: Producer, out: Path) -> None:
    for name in ("out.mp4", "motion.npz", "arkit.csv"):
        out.with_name(name).write_text("older")
    before = content_of(out.parent)
    with pytest.raises(InputError, match="already exists"):
        producer.run(job)
    assert content_of(out.parent) == before
    producer.run(Job.from_json({**job.to_json(), "overwrite": True}))
    after = content_of(out.parent)
    assert after.keys() == before.keys()
    assert all(len(content) > 100 for content in after.values())


def test_older_files_come_back_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(media_files.os, "link", no_links)
    paths = (tmp_path / "a.txt", tmp_path / "b.txt")
    for path in paths:
        path.write_text("older")
    with media_files.write_together(paths, overwrite=True) as parts:
        for part in parts:
            part.write_text("new")
    assert content_of(tmp_path) == {"a.txt": b"new", "b.txt": b"new"}
    break_renaming(monkeypatch, nth=2)  # of the parts; older files are not called so yet
    with pytest.raises(PermissionError), media_files.write_together(paths, overwrite=True):
        pass
    assert content_of(tmp_path) == {"a.txt": b"new", "b.txt": b"new"}


def test_a_file_that_appears_meanwhile_is_left_alone(job: Job, producer: Producer, out: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        out.with_name("arkit.csv").write_text("somebody else's")

    with pytest.raises(InputError, match=r"arkit\.csv appeared while it was being made"):
        producer.run(
            job, progress=lambda stage, done, total: progress(stage, done, total) if stage == "encode" else None
        )
    assert content_of(out.parent) == {"arkit.csv": b"somebody else's"}


def test_progress_only_grows_and_comes_to_its_end(face: Path, out: Path, producer: Producer) -> None:
    speech = write_wav(out.parent / "speech.wav", speech_like(3.0))
    steps: list[tuple[str, int, int]] = []
    producer.run(Job(str(face), str(out), speech=str(speech)), progress=lambda *step: steps.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in steps))
    assert stages == ["model", "speech", "portrait", "motion", "render", "encode"]
    for stage in stages:
        counts = [done for name, done, _ in steps if name == stage]
        totals = {total for name, _, total in steps if name == stage}
        assert counts == sorted(counts)
        assert totals == {counts[-1]}
    order = [stages.index(stage) for stage, _, _ in steps if stage not in ("render", "encode")]
    assert order == sorted(order)


@pytest.mark.parametrize("stage", ["model", "speech", "portrait", "motion", "render", "encode"])
def test_a_job_can_be_cancelled_at_every_stage(job: Job, producer: Producer, out: Path, stage: str) -> None:
    cancel = threading.Event()

    def progress(reached: str, done: int, total: int) -> None:
        if reached == stage:
            cancel.set()

    with pytest.raises(WorkCancelledError, match="nothing was written"):
        producer.run(job, progress=progress, cancel=cancel)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("method", ["makeittalk", "attentional_landmarks"])
def test_a_warm_job_asks_whether_it_is_cancelled_more_often_than_once_a_second(
    face: Path, speech: Path, out: Path, producer: Producer, method: str
) -> None:
    long = write_wav(out.parent / "long.wav", np.tile(speech_like(4.0), 10))
    job = Job(str(face), str(out), speech=str(speech), method=method, fps=1, overwrite=True)
    producer.run(job)  # what is loaded once
    # Of the processor's time, which does not count that others use it, too.
    asked = [time.process_time()]

    def cancel() -> bool:
        asked.append(time.process_time())
        return False

    producer.run(replace(job, speech=str(long)), cancel=cancel)
    assert np.diff(asked).max() < 1.0


def test_a_callable_cancels_before_anything_is_loaded(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TalkingHead, "from_pretrained", broken_disk)
    with pytest.raises(WorkCancelledError):
        run_job(job, cancel=lambda: True)


def test_networks_stay_loaded_up_to_a_number(job: Job, monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
    loaded: list[Any] = []

    class Head:
        """Of which only the loading is seen."""

    def load(method: str, **options: Any) -> Any:
        loaded.append(options["renderer"])
        return Head()

    monkeypatch.setattr(TalkingHead, "from_pretrained", load)
    producer = Producer(kept=2)
    for renderer in ("a", "b", "a", "c", "a", "b"):
        producer._head(Job.from_json({**job.to_json(), "renderer": renderer}))
    assert loaded == ["a", "b", "c", "b"]


def test_a_style_is_a_person_and_no_saved_motion_has_another(job: Job, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a person"):
        check_job(replace(job, style=str(tmp_path), motion=None))
    with pytest.raises(InputError, match="--style and --motion are both given"):
        check_job(replace(job, style=str(tmp_path), motion="saved.npz"))
