"""Tasks at work: the queue in the database is handed to a pool of workers, and what becomes of it is noted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from talkinghead.errors import InputError
from talkinghead.web.kinds import FindPerson, client_names, result_folder, result_of, task_of
from talkinghead.web.records import State, TaskRecord, TaskRecords
from talkinghead.web.sentences import FAULT, hide_paths

if TYPE_CHECKING:
    from talkinghead.production.handle import TaskEvent, TaskHandle
    from talkinghead.production.pool import WorkerPool

PERSON_FACTOR = 12
"""How much longer than a job it may take to make a person."""

_LOG = logging.getLogger("talkinghead.web")


@dataclass
class LiveTask:
    """A task that runs.

    Attributes:
        handle: of the pool.
        stage: what it is at, see ``Producer.run``.
        done: steps of the stage.
        total: steps of the stage.
        notes: what was announced.
        serial: grows with every change.
        began: when the stage began, by ``time.monotonic``.
    """

    handle: TaskHandle | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    notes: tuple[str, ...] = ()
    serial: int = 0
    began: float = field(default_factory=time.monotonic)

    def advance(self, stage: str, done: int, total: int) -> None:
        """Note how far it is. Frames are rendered and encoded in turns: encoded ones count."""
        if stage == "render" and self.stage == "encode":
            return
        stage = "render" if stage == "encode" else stage
        if stage != self.stage:
            self.stage, self.began, self.done = stage, time.monotonic(), 0
        self.done, self.total = max(done, self.done), total
        self.serial += 1

    def remaining(self) -> float | None:
        """Seconds until the stage ends, at its pace so far; None: unknown."""
        if self.total < 2 or not 0 < self.done <= self.total:
            return None
        return (time.monotonic() - self.began) / self.done * (self.total - self.done)


class Runner:
    """Hands tasks to a pool, as many as it has workers, and notes how they end.

    Args:
        records: the tasks.
        pool: runs them.
        folder_of: id -> the folder of a task.
        find_person: see ``kinds``.
        max_seconds: of work for one task; a person may take ``PERSON_FACTOR`` times as long.

    Attributes:
        restarts: tasks that were run once more because their worker died.
        ended: tasks that ended.
        work_s: time that workers spent on them.
    """

    def __init__(
        self,
        records: TaskRecords,
        pool: WorkerPool,
        folder_of: Callable[[str], Path],
        find_person: FindPerson,
        *,
        max_seconds: float,
    ) -> None:
        self._records, self._pool, self._max_seconds = records, pool, max_seconds
        self._folder_of, self._find_person = folder_of, find_person
        self._live: dict[str, LiveTask] = {}
        self._lock = threading.RLock()
        self._events: SimpleQueue[tuple[TaskRecord, TaskHandle] | bool] = SimpleQueue()
        self._closing = False
        self.restarts, self.ended, self.work_s = 0, 0, 0.0
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self) -> None:
        """Begin to hand out."""
        self._thread.start()
        self.wake()

    def close(self) -> None:
        """Stop what runs, which the next server begins anew."""
        self._closing = True
        self._pool.close(cancel=True)
        self._events.put(False)
        self._thread.join(5)

    def wake(self) -> None:
        """A task was added."""
        self._events.put(True)

    @property
    def num_ready(self) -> int:
        """How many workers have started."""
        return self._pool.num_ready

    def live(self, id: str) -> LiveTask | None:
        """A task that runs, or None."""
        return self._live.get(id)

    def cancel(self, id: str) -> None:
        """Cancel a task that waits or runs; it ends within a second."""
        with self._lock:
            live = self._live.get(id)
            if live is None or live.handle is None:
                self._records.end(id, "cancelled")
                return
        live.handle.cancel()

    def _run(self) -> None:
        while (event := self._events.get()) is not False:
            try:
                if isinstance(event, tuple):
                    self._finish(*event)
                self._fill()
            except Exception:
                _LOG.exception("the service has a fault")

    def _fill(self) -> None:
        while not self._closing:
            with self._lock:
                if len(self._live) >= self._pool.size or (record := self._records.take()) is None:
                    return
                self._begin(record)

    def _begin(self, record: TaskRecord) -> None:
        folder = self._folder_of(record.id)
        try:
            result_folder(record, folder).mkdir(parents=True, exist_ok=True)
            task = task_of(record, folder, self._find_person)
        except (InputError, OSError) as error:
            self._records.end(record.id, "failed", sentence=hide_paths(str(error), client_names(record, folder)))
            return
        live = LiveTask()

        def listen(handle: TaskHandle, event: TaskEvent) -> None:
            if event.kind == "progress":
                live.advance(event.stage, event.done, event.total)
            elif event.kind == "note":
                live.notes = (*live.notes, hide_paths(event.text, client_names(record, folder)))
                live.serial += 1
            elif event.kind == "restarted":
                self.restarts += 1
                live.advance("", 0, 0)
            elif event.kind in ("done", "failed", "cancelled"):
                self._events.put((record, handle))

        self._live[record.id] = live
        seconds = self._max_seconds * (PERSON_FACTOR if record.kind == "person" else 1)
        live.handle = self._pool.submit(task, listen=listen, max_seconds=seconds)

    def _finish(self, record: TaskRecord, handle: TaskHandle) -> None:
        folder = self._folder_of(record.id)
        try:
            state, result, sentence = self._outcome(record, handle, folder)
            if state is not None:
                self._records.end(record.id, state, result=result, sentence=sentence)
        finally:
            with self._lock:
                live = self._live.pop(record.id, None)
        self.ended += 1
        if live is not None and record.started is not None:
            self.work_s += time.time() - record.started

    def _outcome(
        self, record: TaskRecord, handle: TaskHandle, folder: Path
    ) -> tuple[State | None, dict[str, object] | None, str | None]:
        """State, result and sentence; no state: it waits for the next server."""
        if handle.state == "cancelled":
            return (None if self._closing else "cancelled"), None, None
        if handle.failure is None:
            live = self._live[record.id]
            return "done", {**result_of(handle.result(0), folder), "notes": list(live.notes)}, None
        if handle.failure.details:
            _LOG.error("task %s failed: %s\n%s", record.id, handle.failure.sentence, handle.failure.details)
            return "failed", None, FAULT.format(id=record.id)
        return "failed", None, hide_paths(handle.failure.sentence, client_names(record, folder))
