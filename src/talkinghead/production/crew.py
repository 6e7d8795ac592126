"""What a pool asks of its workers, whatever they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from talkinghead.production.failures import Failure
from talkinghead.production.handle import TaskHandle
from talkinghead.production.messages import CancelTask, Message, RunTask


class Worker(Protocol):
    """Runs one task at a time.

    Attributes:
        name: for logs and reports.
    """

    name: str

    def send(self, message: RunTask | CancelTask) -> None:
        """Hand a message to it; one that is gone takes it in silence."""

    def memory(self) -> int | None:
        """Bytes that it holds; None: unknown."""

    def end(self) -> None:
        """End it at once, whatever it does."""


class Crew(Protocol):
    """Where workers come from.

    Attributes:
        size: how many workers are wanted.
    """

    size: int

    def hire(self) -> Worker:
        """Start a worker, without waiting for it."""

    def listen(self, workers: Sequence[Worker], timeout: float | None) -> list[tuple[Worker, Message]]:
        """Wait for messages of workers, for ``wake``, or until ``timeout`` (s); a worker's ``Death`` comes last."""

    def wake(self) -> None:
        """Let ``listen`` return; called from any thread."""

    def dismiss(self, workers: Sequence[Worker]) -> None:
        """Let idle workers go."""


@dataclass
class Post:
    """A worker, and what the pool knows of it.

    Attributes:
        worker: the worker.
        ready: whether it takes tasks.
        handle: its task, or None.
        tasks: how many it has begun.
        began: when it began its task, s (``time.monotonic``).
        checked: whether the outputs of its job were found free.
        ending: when it is to be ended, or None.
        verdict: why its task is to end, if not because it was cancelled.
    """

    worker: Worker
    ready: bool = False
    handle: TaskHandle | None = None
    tasks: int = 0
    began: float = 0.0
    checked: bool = False
    ending: float | None = None
    verdict: Failure | None = None
