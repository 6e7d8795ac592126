"""A task that was given to a pool: where it stands, how to cancel it, and its result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from talkinghead.cancellation import WorkCancelledError
from talkinghead.errors import InputError
from talkinghead.production.failures import BAD_INPUT, Failure, TaskFaultError
from talkinghead.production.messages import Task

Ending: TypeAlias = Literal["done", "failed", "cancelled"]
State: TypeAlias = Literal["queued", "running"] | Ending


@dataclass(frozen=True)
class TaskEvent:
    """Something that happened to a task.

    Attributes:
        kind: "started", "progress", "note", "restarted" (its worker died, it waits to be run once more), or how it
            ended: "done", "failed", "cancelled".
        stage: of "progress", see ``Producer.run``.
        done: steps of the stage.
        total: steps of the stage.
        text: of a "note", or the reason in one sentence.
    """

    kind: Literal["started", "progress", "note", "restarted", "done", "failed", "cancelled"]
    stage: str = ""
    done: int = 0
    total: int = 0
    text: str = ""


Listener: TypeAlias = "Callable[[TaskHandle, TaskEvent], None]"


class TaskHandle:
    """A task in a pool. Attributes may be read from any thread.

    Attributes:
        number: of the task in its pool, counted from 1 in the order of ``submit``.
        task: what to do.
        max_seconds: most it may take, s, or None.
        state: "queued", "running", "done", "failed" or "cancelled".
        attempts: how many workers have begun it.
        worker: name of the worker that runs or ran it; "" before.
        progress: the newest (stage, done, total).
        notes: what was announced, each sentence once.
        failure: why it failed, or None.
    """

    def __init__(
        self,
        number: int,
        task: Task,
        listen: Listener | None,
        cancel: Callable[[TaskHandle], None],
        max_seconds: float | None = None,
    ) -> None:
        self.number, self.task, self.max_seconds = number, task, max_seconds
        self.state: State = "queued"
        self.attempts = 0
        self.worker = ""
        self.progress: tuple[str, int, int] = ("", 0, 0)
        self.notes: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self._listen, self._cancel = listen, cancel
        self._result: Any = None
        self._ended = threading.Event()

    def cancel(self) -> None:
        """Cancel the task: it ends within a second, and none of its files appears. Without effect on an ended one."""
        self._cancel(self)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end for at most ``timeout`` seconds; whether it has ended."""
        return self._ended.wait(timeout)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result: of a job, its ``Made``; of a function, what it returns.

        Raises:
            InputError: the task failed because of its input.
            TaskFaultError: it failed for another reason.
            WorkCancelledError: it was cancelled.
            TimeoutError: it has not ended after ``timeout`` seconds.
        """
        if not self.wait(timeout):
            raise TimeoutError(f"the task has not ended after {timeout} s")
        if self.state == "cancelled":
            raise WorkCancelledError("the job was cancelled: nothing was written")
        if self.failure is not None:
            raise InputError(self.failure.sentence) if self.failure.code == BAD_INPUT else TaskFaultError(self.failure)
        return self._result

    # The rest is for the pool, in its thread.

    def tell(self, event: TaskEvent) -> None:
        """Pass an event to the listener, whose faults are its own."""
        if self._listen is not None:
            self._listen(self, event)

    def end(self, state: Ending, *, result: Any = None, failure: Failure | None = None) -> None:
        """The task has ended."""
        self._result, self.failure, self.state = result, failure, state
        self._ended.set()
