"""The worker's side of a pool: tasks one after the other, with networks that stay loaded."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from talkinghead.cancellation import WorkCancelledError, cancel_when, checkpoint
from talkinghead.production.failures import failure_of
from talkinghead.production.job import Job
from talkinghead.production.messages import Advance, End, Message, Note, Task

_MOST_OFTEN_S = 0.05  # between two messages of a stage's progress


class TaskRunner:
    """Runs tasks in one thread, and keeps what they load; ``cancel`` may be called from another one.

    Args:
        send: takes messages to the pool.
        warm: methods whose networks are loaded now.
    """

    def __init__(self, send: Callable[[Message], None], warm: Sequence[str] = ()) -> None:
        from talkinghead.production.producer import Producer

        self._send = send
        self._producer = Producer()
        for method in warm:
            self._producer.load(method)
        self._cancelled: set[int] = set()

    def cancel(self, number: int) -> None:
        """Stop a task at its next checkpoint, or before it begins."""
        self._cancelled.add(number)

    def run(self, number: int, task: Task) -> None:
        """Do a task and send its progress, its announcements, and how it ended."""
        try:
            with cancel_when(lambda: number in self._cancelled), _announcements_sent(number, self._send):
                checkpoint()
                end = End(number, result=self._perform(task, _ProgressSender(number, self._send)))
        except WorkCancelledError:
            end = End(number, cancelled=True)
        except Exception as error:
            end = End(number, failure=failure_of(error))
        try:
            self._send(end)
        except (TypeError, ValueError, AttributeError) as error:  # a result that cannot be sent
            self._send(End(number, failure=failure_of(error)))

    def _perform(self, task: Task, progress: _ProgressSender) -> Any:
        if isinstance(task, Job):
            return self._producer.run(task, progress=progress)

        def report(stage: str, done: int, total: int) -> None:
            checkpoint()
            progress(stage, done, total)

        return task(report)


class _ProgressSender:
    """The hook (stage, done, total): sends the beginning and end of every stage, and some steps between."""

    def __init__(self, number: int, send: Callable[[Message], None]) -> None:
        self._number, self._send = number, send
        self._sent: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage in self._sent and done < total and now - self._sent[stage] < _MOST_OFTEN_S:
            return
        self._sent[stage] = now
        self._send(Advance(self._number, stage, int(done), int(total)))


class _NoteSender(logging.Handler):
    def __init__(self, number: int, send: Callable[[Message], None]) -> None:
        super().__init__(logging.WARNING)
        self._number, self._send_message = number, send
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text not in self._told:
            self._told.add(text)
            self._send_message(Note(self._number, text))


@contextmanager
def _announcements_sent(number: int, send: Callable[[Message], None]) -> Iterator[None]:
    logger, sender = logging.getLogger("talkinghead"), _NoteSender(number, send)
    before, propagates = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [sender], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before, propagates
