"""Workers that are processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from talkinghead.errors import announce
from talkinghead.production.crew import Worker
from talkinghead.production.messages import CancelTask, Death, Message, Ready, RunTask
from talkinghead.production.pool import WorkerPool

_GOODBYE_S = 2.0  # in which an idle worker should go
_ORPHANED_S = 1.0  # in which one whose pool is gone should stop what it does


def process_pool(
    workers: int | None = None,
    *,
    threads: int | None = None,
    warm: Sequence[str] = (),
    max_seconds: float | None = None,
    max_memory: int | None = None,
) -> WorkerPool:
    """A pool of worker processes, which start at once and keep networks loaded from job to job.

    They are spawned, not forked: a script that makes a pool must be importable (``if __name__ == "__main__":``).

    Args:
        workers: how many; None: one per core.
        threads: of each; None: the cores divided by the workers, at least one.
        warm: methods whose networks each worker loads before it is ready.
        max_seconds: most a task may take, s.
        max_memory: most bytes a worker may hold while it runs a task.
    """
    cores = num_cores()
    workers = workers or cores
    crew = ProcessCrew(workers, threads or max(1, cores // workers), warm)
    if max_memory is not None and memory_of(os.getpid()) is None:
        announce("the memory of workers is not limited, since this system does not tell it: pip install psutil.")
    return WorkerPool(crew, max_seconds=max_seconds, max_memory=max_memory)


def num_cores() -> int:
    """How many cores this process may use."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def memory_of(process: int) -> int | None:
    """Bytes of memory that a process holds; None: unknown.

    Resident memory, not addresses: a worker with all of a method loaded has 0.65 GB of the one and 1.7 GB of the other,
    and a limit of addresses (``RLIMIT_AS``) makes torch abort instead of raising an exception.
    """
    if sys.platform != "linux":
        try:
            import psutil
        except ImportError:
            return None
        with suppress(psutil.Error):
            return int(psutil.Process(process).memory_info().rss)
        return None
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGESIZE")


class ProcessWorker:
    """A process that runs tasks."""

    def __init__(self, number: int, threads: int, warm: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        # Ended with its parent, should that forget it.
        self.process: BaseProcess = context.Process(
            target=_work, args=(theirs, threads, tuple(warm)), name=f"talkinghead-{number}", daemon=True
        )
        self.process.start()
        theirs.close()  # so that the pipe ends with the process
        self.name = f"process {self.process.pid}"

    def send(self, message: RunTask | CancelTask | None) -> None:
        """Hand a message to it; None: go when you are idle."""
        with suppress(OSError):
            self.connection.send(message)

    def memory(self) -> int | None:
        """Bytes that it holds; None: unknown."""
        return None if self.process.pid is None else memory_of(self.process.pid)

    def end(self) -> None:
        """Kill it."""
        self.process.kill()


class ProcessCrew:
    """Processes of this machine, each with ``threads`` threads, and the networks of some methods (``warm``)."""

    def __init__(self, size: int, threads: int, warm: Sequence[str] = ()) -> None:
        self.size = size
        self._threads, self._warm = threads, warm
        self._hired = 0
        self._woken, self._waker = multiprocessing.Pipe(duplex=False)
        self._waking, self._is_woken = threading.Lock(), False

    def hire(self) -> ProcessWorker:
        """Start a process."""
        self._hired += 1
        return ProcessWorker(self._hired, self._threads, self._warm)

    def listen(self, workers: Sequence[Worker], timeout: float | None) -> list[tuple[Worker, Message]]:
        """Wait for messages; see ``Crew``."""
        places = {worker.connection: worker for worker in workers if isinstance(worker, ProcessWorker)}
        found: list[tuple[Worker, Message]] = []
        for connection in wait([*places, self._woken], timeout):
            if connection is self._woken:
                with self._waking:
                    self._woken.recv_bytes()
                    self._is_woken = False
                continue
            worker = places[connection]  # type: ignore[index]
            try:
                while worker.connection.poll():
                    found.append((worker, worker.connection.recv()))
            except Exception as error:  # gone; or it sends what cannot be read
                if not isinstance(error, EOFError | OSError):
                    worker.end()
                found.append((worker, Death(_bury(worker))))
        return found

    def wake(self) -> None:
        """Let ``listen`` return."""
        with self._waking:
            if not self._is_woken:
                self._waker.send_bytes(b"x")
                self._is_woken = True

    def dismiss(self, workers: Sequence[Worker]) -> None:
        """Let the processes go, and kill those that do not."""
        gone = [worker for worker in workers if isinstance(worker, ProcessWorker)]
        for worker in gone:
            worker.send(None)
        for worker in gone:
            worker.process.join(_GOODBYE_S)
            _bury(worker)


def _bury(worker: ProcessWorker) -> str:
    """Make sure that a process is gone; why it went, in a few words."""
    worker.process.join(0.5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.connection.close()
    code = worker.process.exitcode or 0
    with suppress(ValueError):
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _work(connection: Connection, threads: int, warm: Sequence[str]) -> None:
    """Run what comes through a connection, until None comes or the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pool
    take_threads(threads)
    _go_first()
    from talkinghead.production.runner import TaskRunner

    sending = threading.Lock()

    def send(message: Message) -> None:
        with sending:
            connection.send(message)

    runner = TaskRunner(send, warm)
    inbox: queue.SimpleQueue[RunTask | None] = queue.SimpleQueue()
    current: list[int] = []

    def read() -> None:
        try:
            while (message := connection.recv()) is not None:
                if isinstance(message, CancelTask):
                    runner.cancel(message.number)
                else:
                    inbox.put(message)
        except (EOFError, OSError):  # the pool's process is gone: nobody wants the results
            for number in current:
                runner.cancel(number)
            timer = threading.Timer(_ORPHANED_S, os._exit, (1,))
            timer.daemon = True
            timer.start()
        inbox.put(None)

    threading.Thread(target=read, name="inbox", daemon=True).start()
    send(Ready())
    while (message := inbox.get()) is not None:
        current[:] = [message.number]
        try:
            runner.run(message.number, message.task)
        except (BrokenPipeError, ConnectionError):
            break


def take_threads(threads: int) -> None:
    """Set the number of threads of all that computes here."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):  # read when they are loaded
        os.environ[name] = str(threads)
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)


def _go_first() -> None:
    """Where memory runs out, Linux shall end a worker, whose task is run again, rather than the pool's process."""
    with suppress(OSError):
        if sys.platform == "linux":
            Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
