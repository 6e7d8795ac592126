"""Worker processes: every task exactly once, in order, whatever happens to the worker; and ends that are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pool_tasks import die, fail, hold, sleep_deaf, square, work_long
from talkinghead.cancellation import WorkCancelledError
from talkinghead.errors import InputError
from talkinghead.production import Job, TaskEvent, TaskHandle, WorkerPool, process_pool
from talkinghead.production.failures import TaskFaultError
from talkinghead.production.processes import memory_of
from talkinghead.production.spread import run_all

PATIENCE_S = 120.0
"""A busy machine may take long to start a process."""


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Two workers for all tests; they may be killed."""
    with process_pool(2, threads=1) as pool:
        while pool.num_ready < 2:
            time.sleep(0.02)
        yield pool


def await_text(path: Path, timeout: float = PATIENCE_S) -> str:
    """The content of a file as soon as it has some."""
    end = time.monotonic() + timeout
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.01)
    return path.read_text()


def test_results_come_in_order_with_progress_and_announcements(pool: WorkerPool) -> None:
    events: dict[int, list[TaskEvent]] = {}
    counted: list[tuple[int, int]] = []

    def listen(handle: TaskHandle, event: TaskEvent) -> None:
        events.setdefault(handle.number, []).append(event)
        raise ValueError("a listener's fault is its own")

    handles = run_all(
        pool,
        [partial(square, number) for number in range(8)],
        advance=lambda *call: counted.append(call),
        listen=listen,
    )
    assert [handle.result()[0] for handle in handles] == [number**2 for number in range(8)]
    assert os.getpid() not in {handle.result()[1] for handle in handles}
    assert counted == [(done, 8) for done in range(9)]
    for number, handle in enumerate(handles):
        assert handle.state == "done"
        assert handle.attempts == 1
        assert handle.notes == (f"{number} is squared.",)
        assert handle.progress == ("square", 1, 1)
        kinds = [event.kind for event in events[handle.number]]
        assert kinds == ["started", "progress", "note", "progress", "done"]


@pytest.mark.parametrize(
    ("task", "error", "sentence", "code"),
    [
        (partial(fail, "input"), InputError, "the number is odd: give an even one.", 2),
        (partial(fail, "disk"), InputError, "a.txt cannot be used (Permission denied): check its name,", 2),
        (partial(fail, "fault"), TaskFaultError, "a fault of the program (IndexError: list index out of range)", 1),
        (partial(fail, "result"), TaskFaultError, "a fault of the program (", 1),
        (lambda progress: None, TaskFaultError, "a fault of the program (", 1),
    ],
)
def test_failures_are_the_sentence_and_code_of_the_command(
    pool: WorkerPool, task: Callable[..., None], error: type[Exception], sentence: str, code: int
) -> None:
    handle = pool.submit(task)
    with pytest.raises(error) as raised:
        handle.result(PATIENCE_S)
    assert str(raised.value).startswith(sentence)
    assert handle.state == "failed"
    assert handle.failure is not None
    assert handle.failure.code == code
    assert ("Traceback" in handle.failure.details) == (code == 1)
    assert handle.attempts <= 1


def test_a_killed_worker_is_replaced_and_its_task_run_once_more(pool: WorkerPool, tmp_path: Path) -> None:
    events: list[str] = []
    begun = tmp_path / "begun"
    handle = pool.submit(partial(work_long, begun), listen=lambda handle, event: events.append(event.kind))
    others = [pool.submit(partial(square, number)) for number in range(3)]
    os.kill(int(await_text(begun)), signal.SIGKILL)
    assert handle.result(PATIENCE_S) == "again"
    assert handle.attempts == 2
    assert events == ["started", "restarted", "started", "done"]
    assert [other.result(PATIENCE_S)[0] for other in others] == [0, 1, 4]


@pytest.mark.slow
def test_a_task_that_kills_its_workers_fails_after_the_second(pool: WorkerPool) -> None:
    handle = pool.submit(die)
    with pytest.raises(TaskFaultError, match=r"ended twice \(killed by SIGTERM\), most likely because memory ran out"):
        handle.result(PATIENCE_S)
    assert handle.attempts == 2


@pytest.mark.parametrize("task", [work_long, sleep_deaf])
def test_cancelling_takes_less_than_a_second(pool: WorkerPool, tmp_path: Path, task: Callable[..., object]) -> None:
    handle = pool.submit(partial(task, tmp_path / "begun"))
    await_text(tmp_path / "begun")
    asked = time.monotonic()
    handle.cancel()
    with pytest.raises(WorkCancelledError):
        handle.result(PATIENCE_S)
    assert time.monotonic() - asked < 1.0
    assert handle.state == "cancelled"
    assert handle.attempts == 1
    handle.cancel()  # of no effect
    assert pool.submit(partial(square, 3)).result(PATIENCE_S)[0] == 9


def test_what_waits_is_cancelled_at_once(pool: WorkerPool, tmp_path: Path) -> None:
    busy = [pool.submit(partial(work_long, tmp_path / f"begun{number}")) for number in range(2)]
    waiting = pool.submit(partial(square, 3))
    await_text(tmp_path / "begun1")
    waiting.cancel()
    waiting.cancel()  # of no effect
    assert waiting.wait(0.5)
    assert waiting.state == "cancelled"
    assert waiting.attempts == 0
    for handle in busy:
        handle.cancel()
        assert handle.wait(2)


def test_a_job_has_its_progress_and_the_sentences_of_the_command(
    pool: WorkerPool, face: Path, speech: Path, out: Path
) -> None:
    stages: list[str] = []
    handle = pool.submit(
        Job(str(face), str(out), speech=str(speech), fps=5, renderer="warp"),
        listen=lambda handle, event: stages.append(event.stage),
    )
    made = handle.result(PATIENCE_S)
    assert made.paths == {"video": out}
    assert made.seconds == 1.0
    assert list(out.parent.iterdir()) == [out]
    named = [stage for stage in dict.fromkeys(stages) if stage]
    assert named == ["model", "speech", "portrait", "motion", "render", "encode"]
    with pytest.raises(InputError, match="already exists: choose another name or allow overwriting"):
        pool.submit(Job(str(face), str(out), speech=str(speech))).result(PATIENCE_S)


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_at_any_moment_is_made_once(
    pool: WorkerPool, face: Path, speech: Path, tmp_path: Path
) -> None:
    for number in range(8):
        out = tmp_path / f"{number}.mp4"
        killed = threading.Event()

        def listen(
            handle: TaskHandle, event: TaskEvent, number: int = number, killed: threading.Event = killed
        ) -> None:
            at = ("portrait", "motion", "render", "encode")[number % 4]
            if event.stage == at and (event.done == event.total or number < 4) and not killed.is_set():
                killed.set()
                os.kill(int(handle.worker.split()[-1]), signal.SIGKILL)

        handle = pool.submit(Job(str(face), str(out), speech=str(speech), fps=5, renderer="warp"), listen=listen)
        assert handle.result(PATIENCE_S).paths["video"] == out
        assert handle.attempts <= 2
        assert killed.is_set()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{number}.mp4" for number in range(8))


@pytest.mark.slow
def test_limits_of_time_and_memory_end_a_task_and_no_other() -> None:
    own = memory_of(os.getpid())
    if own is None:
        pytest.skip("this system does not tell how much memory a process holds")
    with process_pool(1, threads=1, max_memory=600 * 2**20) as pool:
        assert pool.submit(partial(hold, 10, seconds=0.0)).result(PATIENCE_S) == 10 * 2**20
        large = pool.submit(partial(hold, 1000, seconds=20.0))
        with pytest.raises(InputError, match="took more than 600 MiB of memory"):
            large.result(PATIENCE_S)
        assert large.attempts == 2  # what the first worker held might have been due to the task before
        with pytest.raises(InputError, match=r"took longer than 1\.5 s"):
            pool.submit(partial(sleep_deaf, Path(os.devnull)), max_seconds=1.5).result(PATIENCE_S)
        assert pool.submit(partial(square, 2)).result(PATIENCE_S)[0] == 4
        waiting = pool.submit(partial(square, 5))
    assert waiting.result(0)[0] == 25  # leaving the pool waits for all
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(partial(square, 5))


SCRIPT = """
import os, sys
from functools import partial
from pathlib import Path
from pool_tasks import work_long, sleep_deaf
from talkinghead.production import process_pool

if __name__ == "__main__":
    with process_pool(2) as pool:
        handles = [pool.submit(partial(task, Path(sys.argv[1]) / task.__name__)) for task in (work_long, sleep_deaf)]
        handles[1].wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is asked for by signal 0")
def test_workers_do_not_outlive_the_process_of_their_pool(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    paths = [str(Path(__file__).parents[1]), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment)
    workers = [int(await_text(tmp_path / name)) for name in ("work_long", "sleep_deaf")]
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while any(is_alive(worker) for worker in workers):
        assert time.monotonic() < end, "a worker lives on"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc").exists() or Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
