"""The crew of a cluster, with actors that are threads of this process in place of Ray's."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from pool_tasks import fail, square
from talkinghead.cancellation import WorkCancelledError, checkpoint
from talkinghead.errors import InputError
from talkinghead.production import Job, WorkerPool, cluster
from talkinghead.production.parcels import FileMark, Parcel
from talkinghead.types import Progress
from thread_ray import ThreadRay


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> ThreadRay:
    """In place of Ray; actors set no threads, as they share this process."""
    monkeypatch.setattr(cluster, "take_threads", lambda threads: None)
    monkeypatch.setattr(cluster, "_POLL_S", 0.05)
    return ThreadRay()


def lose_worker(ray: ThreadRay, path: Path, progress: Progress) -> str:
    """Loses the actor that runs it, the first time."""
    if path.exists():
        return "again"
    path.write_text("begun")
    ray.kill(next(actor for actor in ray.actors if not actor.is_lost))
    while True:
        checkpoint()


def work_for_ever(progress: Progress) -> None:
    """Ends only when it is cancelled."""
    progress("work", 0, 1)
    while True:
        checkpoint()


def test_tasks_are_run_and_an_actor_that_is_lost_is_replaced(ray: ThreadRay, tmp_path: Path) -> None:
    crew = cluster.RayCrew(ray, 1)
    with WorkerPool(crew) as pool:
        assert pool.submit(partial(square, 3)).result(10) == (9, os.getpid())
        handle = pool.submit(partial(lose_worker, ray, tmp_path / "begun"))
        assert handle.result(10) == "again"
        assert handle.attempts == 2
        assert handle.worker == "actor 2"
        with pytest.raises(InputError, match="give an even one"):
            pool.submit(partial(fail, "input")).result(10)
        handle = pool.submit(work_for_ever)
        while handle.progress[0] != "work":
            handle.wait(0.01)
        handle.cancel()
        with pytest.raises(WorkCancelledError):
            handle.result(10)
    assert all(actor.is_lost for actor in ray.actors)


def test_a_job_takes_along_what_its_machine_lacks(
    ray: ThreadRay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "face.png").write_bytes(b"face")
    (tmp_path / "speech.wav").write_bytes(b"speech")
    (tmp_path / "out").mkdir()
    job = Job(str(tmp_path / "face.png"), str(tmp_path / "out" / "v.mp4"), speech=str(tmp_path / "speech.wav"))
    crew = cluster.RayCrew(ray, 1)
    actor = crew.hire().actor
    assert crew.pack(job, actor) is job  # it is this machine: all is there
    monkeypatch.setattr(FileMark, "of", classmethod(lambda cls, path: FileMark(str(path), 1, 1)))
    parcel = crew.pack(job, actor)
    assert parcel == Parcel(job, {job.face: b"face", str(job.speech): b"speech"}, sends_back=True)
    crew.pack(job, actor)
    assert ray.kept in ([b"face", b"speech"], [b"speech", b"face"])  # put once, though asked for twice
    (token,) = (tmp_path / "out").iterdir()
    assert token.name.startswith(".seen.")
    crew.dismiss([])
    assert not token.exists()


def test_without_ray_its_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(InputError, match=r"--ray needs Ray .*: pip install 'talkinghead\[cluster\]'"):
        cluster.ray_pool("auto")
