"""Workers that are actors of a Ray cluster: the same pool, on many machines.

Ray itself starts the workers, places them on machines and notices when one is gone.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.parts import hidden_name
from talkinghead.production.crew import Worker
from talkinghead.production.failures import failure_of
from talkinghead.production.job import Job
from talkinghead.production.messages import CancelTask, Death, End, Message, Ready, RunTask, Task
from talkinghead.production.parcels import FileMark, Parcel, files_to_read, pack_end, receive, refuse_too_large, unpack
from talkinghead.production.pool import WorkerPool
from talkinghead.production.processes import memory_of, num_cores, take_threads
from talkinghead.production.runner import TaskRunner
from talkinghead.store import file_digest

LOCAL = "local"
_SLICE_S = 0.1  # at most so long a wake-up waits
_POLL_S = 1.0
_ANSWER_S = 10.0
_KEPT_CONTENTS = 16  # files whose content stays in the object store for the next jobs


def ray_pool(
    address: str,
    *,
    workers: int | None = None,
    most: int | None = None,
    max_seconds: float | None = None,
    max_memory: int | None = None,
) -> WorkerPool:
    """A pool of Ray actors, each on one core, which keep networks loaded.

    The machines of the cluster need talkinghead installed. Files that a machine sees at the same path are read and
    written there; others travel through Ray's object store if they are not larger than ``parcels.LARGEST_CARRIED``.

    Args:
        address: "auto" (a running cluster, as ``ray`` finds it), its address, or "local": one of this machine's cores
            alone, which ends with the pool.
        workers: how many; None: one per core of the cluster.
        most: never more than that.
        max_seconds: most a task may take, s.
        max_memory: most bytes a worker may hold while it runs a task.

    Raises:
        InputError: ray is not installed, or no cluster answers.
    """
    ray = _connect(address)
    size = workers or int(ray.cluster_resources().get("CPU", 1))
    crew = RayCrew(ray, max(1, size if most is None else min(size, most)), ends_ray=address == LOCAL)
    return WorkerPool(crew, max_seconds=max_seconds, max_memory=max_memory)


def _connect(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home
    try:
        import ray
    except ImportError as error:
        raise InputError(f"--ray needs Ray ({error}): pip install 'talkinghead[cluster]'.") from error
    if ray.is_initialized():
        return ray
    given: dict[str, Any] = {"address": address}
    if address == LOCAL:
        given |= {"num_cpus": num_cores(), "include_dashboard": False}
    try:
        if address not in (LOCAL, "auto"):
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), _ANSWER_S).close()  # Ray itself tries for minutes
        ray.init(log_to_driver=False, logging_level="ERROR", **given)
    except (ray.exceptions.RayError, RuntimeError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"--ray {address}: no cluster answers ({reason}): start one with ray start.") from error
    _keep_quiet(ray)
    return ray


def _keep_quiet(ray: Any) -> None:
    """Ray writes the log of a node that died to stdout, where results belong; the pool tells of it in one line."""
    with suppress(AttributeError):  # no public setting: in a version that has it elsewhere, it is written
        ray._private.worker.print_to_stdstream = lambda *lines, **options: None


class RayServant:
    """The actor: runs tasks in a thread of its own, and hands out messages to whoever polls."""

    def __init__(self) -> None:
        take_threads(1)
        self._outbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._inbox: queue.SimpleQueue[tuple[int, Task | Parcel]] = queue.SimpleQueue()
        self._parcel: tuple[Parcel, Path | None] | None = None
        self._runner = TaskRunner(self._send)
        threading.Thread(target=self._work, name="tasks", daemon=True).start()
        self._outbox.put(Ready())

    def missing(self, marks: Sequence[FileMark]) -> list[str]:
        """Which files are not on this machine."""
        return [mark.path for mark in marks if not mark.is_here()]

    def start(self, number: int, task: Task | Parcel) -> None:
        """Do a task next."""
        self._inbox.put((number, task))

    def cancel(self, number: int) -> None:
        """Stop a task."""
        self._runner.cancel(number)

    def poll(self) -> tuple[list[Message], int | None]:
        """New messages, as soon as there are some, or none after a while; and the bytes that this process holds."""
        found: list[Message] = []
        with suppress(queue.Empty):
            found.append(self._outbox.get(timeout=_POLL_S))
            while True:
                found.append(self._outbox.get_nowait())
        return found, memory_of(os.getpid())

    def _work(self) -> None:
        while True:
            number, task = self._inbox.get()
            if not isinstance(task, Parcel):
                self._runner.run(number, task)
                continue
            try:
                import ray

                contents = {path: ray.get(content) for path, content in task.contents.items()}
                parcel = Parcel(task.job, contents, task.sends_back)
                with unpack(parcel) as (job, folder):
                    self._parcel = (parcel, folder)
                    self._runner.run(number, job)
            except Exception as error:
                self._outbox.put(End(number, failure=failure_of(error)))
            finally:
                self._parcel = None

    def _send(self, message: Message) -> None:
        if self._parcel is not None:
            message = pack_end(message, *self._parcel)
        self._outbox.put(message)


class RayWorker:
    """An actor, seen from the pool."""

    def __init__(self, crew: RayCrew, number: int) -> None:
        self.name = f"actor {number}"
        self._crew = crew
        actor = crew.ray.remote(num_cpus=1, max_concurrency=4, max_restarts=0, max_task_retries=0)(RayServant)
        self.actor = actor.remote()
        self.polling = self.actor.poll.remote()
        self.held: int | None = None
        self.job: Job | None = None
        self.unsent: list[Message] = []

    def send(self, message: RunTask | CancelTask) -> None:
        """Hand a message to it; a job with the files that its machine lacks."""
        if isinstance(message, CancelTask):
            self.actor.cancel.remote(message.number)
            return
        task = message.task
        self.job = task if isinstance(task, Job) else None
        try:
            self.actor.start.remote(
                message.number, self._crew.pack(task, self.actor) if isinstance(task, Job) else task
            )
        except (InputError, OSError) as error:
            self.unsent.append(End(message.number, failure=failure_of(error)))

    def memory(self) -> int | None:
        """Bytes that it held when it was last asked."""
        return self.held

    def end(self) -> None:
        """Kill it."""
        self._crew.ray.kill(self.actor)


class RayCrew:
    """Actors of a cluster."""

    def __init__(self, ray: Any, size: int, *, ends_ray: bool = False) -> None:
        self.ray, self.size = ray, size
        self._ends_ray = ends_ray
        self._hired = 0
        self._woken = threading.Event()
        self._contents: OrderedDict[str, Any] = OrderedDict()
        self._tokens: dict[Path, Path] = {}  # folder -> a file in it, by which a machine that sees the folder is known

    def hire(self) -> RayWorker:
        """Ask Ray for an actor, which comes once a core is free."""
        self._hired += 1
        return RayWorker(self, self._hired)

    def wake(self) -> None:
        """Let ``listen`` return."""
        self._woken.set()

    def listen(self, workers: Sequence[Worker], timeout: float | None) -> list[tuple[Worker, Message]]:
        """Wait for messages; see ``Crew``."""
        actors = [worker for worker in workers if isinstance(worker, RayWorker)]
        end = None if timeout is None else time.monotonic() + timeout
        found: list[tuple[Worker, Message]] = []
        while not found:
            for worker in actors:
                found += [(worker, message) for message in worker.unsent]
                worker.unsent = []
            polls = [worker.polling for worker in actors]
            ready = self.ray.wait(polls, timeout=0 if found else _SLICE_S)[0] if polls else []
            for worker in (each for each in actors if each.polling in ready):
                found += [(worker, message) for message in self._poll(worker)]
            if self._woken.is_set() or (end is not None and time.monotonic() >= end):
                break
        self._woken.clear()
        return found

    def _poll(self, worker: RayWorker) -> list[Message]:
        try:
            messages, worker.held = self.ray.get(worker.polling)
        except self.ray.exceptions.RayError as error:
            return [Death(type(error).__name__)]
        worker.polling = worker.actor.poll.remote()
        return [self._receive(message, worker.job) for message in messages]

    def _receive(self, message: Message, job: Job | None) -> Message:
        if not isinstance(message, End) or job is None:
            return message
        try:
            return receive(message, job)
        except (InputError, OSError) as error:
            return End(message.number, failure=failure_of(error))

    def dismiss(self, workers: Sequence[Worker]) -> None:
        """Let the actors go."""
        for worker in workers:
            worker.end()
        for token in self._tokens.values():
            token.unlink(missing_ok=True)
        if self._ends_ray:
            self.ray.shutdown()

    def pack(self, job: Job, actor: Any) -> Job | Parcel:
        """A job with those of its inputs that an actor's machine does not have; the job alone if it has all.

        Raises:
            InputError: a file is too large to travel.
        """
        token = FileMark.of(self._token(Path(job.out).parent))
        marks = [FileMark.of(path) for path in files_to_read(job)]
        try:
            missing = set(self.ray.get(actor.missing.remote([token, *marks]), timeout=_ANSWER_S))
        except self.ray.exceptions.RayError:
            return job  # the machine is gone, which the next poll tells
        if not missing:
            return job
        contents = {path: self._content(Path(path)) for path in missing - {token.path}}
        return Parcel(job, contents, token.path in missing)

    def _token(self, folder: Path) -> Path:
        if folder not in self._tokens:
            token = hidden_name(folder / "seen", "cluster")
            token.write_bytes(b"talkinghead\n")
            self._tokens[folder] = token
        return self._tokens[folder]

    def _content(self, path: Path) -> Any:
        """A reference to a file's content in the object store."""
        refuse_too_large(path)
        key = file_digest(path)
        if key not in self._contents:
            self._contents[key] = self.ray.put(path.read_bytes())
        self._contents.move_to_end(key)
        while len(self._contents) > _KEPT_CONTENTS:
            self._contents.popitem(last=False)
        return self._contents[key]
