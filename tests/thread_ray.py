"""As much of Ray as the crew of a cluster uses, with actors that are threads of this process."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from types import SimpleNamespace
from typing import Any


class ActorLostError(Exception):
    """Stands for all of Ray's errors."""


class ThreadActor:
    """An actor whose methods run in threads; after ``kill`` none answers."""

    def __init__(self, kind: type) -> None:
        self._threads = ThreadPoolExecutor(4)
        self._made = kind()
        self.is_lost = False

    def __getattr__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(remote=partial(self._submit, name))

    def _submit(self, name: str, *arguments: Any) -> Future[Any]:
        return self._threads.submit(self._call, name, *arguments)

    def _call(self, name: str, *arguments: Any) -> Any:
        result = None if self.is_lost else getattr(self._made, name)(*arguments)
        if self.is_lost:
            raise ActorLostError
        return result


class ThreadRay:
    """As much of Ray as the crew uses."""

    exceptions = SimpleNamespace(RayError=ActorLostError)

    def __init__(self) -> None:
        self.actors: list[ThreadActor] = []
        self.kept: list[bytes] = []

    def remote(self, **options: Any) -> Any:
        """Makes a class of actors."""

        def make(kind: type) -> SimpleNamespace:
            def hire() -> ThreadActor:
                self.actors.append(ThreadActor(kind))
                return self.actors[-1]

            return SimpleNamespace(remote=hire)

        return make

    def get(self, found: Any, timeout: float | None = None) -> Any:
        """The result of a call, or what was put."""
        return found.result(timeout) if isinstance(found, Future) else found

    def put(self, content: bytes) -> bytes:
        """Keep content."""
        self.kept.append(content)
        return content

    def wait(self, futures: list[Future[Any]], timeout: float | None = None) -> tuple[list[Future[Any]], list[object]]:
        """The calls that have ended."""
        return list(wait(futures, timeout, FIRST_COMPLETED).done), []

    def kill(self, actor: ThreadActor) -> None:
        """Let an actor answer no more."""
        actor.is_lost = True
