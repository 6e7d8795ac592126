"""A pool whose workers are threads of this process, and the service with them behind HTTP."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from talkinghead.production import WorkerPool
from talkinghead.production.crew import Worker
from talkinghead.production.messages import CancelTask, Death, Message, Ready, RunTask
from talkinghead.production.runner import TaskRunner
from talkinghead.web.service import Service
from talkinghead.web.settings import ServiceSettings

HERE = "http://127.0.0.1:8765"


class ThreadWorker:
    """Runs tasks in a thread."""

    def __init__(self, number: int, messages: queue.SimpleQueue[tuple[Any, Message] | None]) -> None:
        self.name = f"thread {number}"
        self._inbox: queue.SimpleQueue[RunTask | None] = queue.SimpleQueue()
        self._messages = messages
        self._runner = TaskRunner(lambda message: messages.put((self, message)))
        threading.Thread(target=self._work, daemon=True).start()
        messages.put((self, Ready()))

    def _work(self) -> None:
        while (message := self._inbox.get()) is not None:
            self._runner.run(message.number, message.task)
        self._messages.put((self, Death("it was ended")))  # another is hired: on a busy machine cancelling takes long

    def send(self, message: RunTask | CancelTask) -> None:
        if isinstance(message, CancelTask):
            self._runner.cancel(message.number)
        else:
            self._inbox.put(message)

    def memory(self) -> None:
        return None

    def end(self) -> None:
        self._inbox.put(None)


class ThreadCrew:
    """Hires threads."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self._messages: queue.SimpleQueue[tuple[Any, Message] | None] = queue.SimpleQueue()
        self._hired = 0

    def hire(self) -> ThreadWorker:
        self._hired += 1
        return ThreadWorker(self._hired, self._messages)

    def listen(self, workers: Sequence[Worker], timeout: float | None) -> list[tuple[Worker, Message]]:
        try:
            found = self._messages.get(timeout=timeout)
        except queue.Empty:
            return []
        return [] if found is None else [found]

    def wake(self) -> None:
        self._messages.put(None)

    def dismiss(self, workers: Sequence[Worker]) -> None:
        for worker in workers:
            worker.end()


def make_service(data: Path, **settings: Any) -> Service:
    """A service with a maker and a helper."""
    return Service(ServiceSettings(data, **settings), makers=WorkerPool(ThreadCrew()), helper=WorkerPool(ThreadCrew()))
