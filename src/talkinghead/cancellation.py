"""Cancelling work: long loops pass checkpoints, at which cancelled work ends; and what had been written by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

Checkpoint = Callable[[], None]
Result = TypeVar("Result")

_STEP_S = 0.1


class WorkCancelledError(Exception):
    """The work was cancelled, and nothing was written."""


def _go_on() -> None:
    """The checkpoint of work that nobody cancels."""


_CURRENT: ContextVar[Checkpoint] = ContextVar("checkpoint", default=_go_on)


@contextmanager
def cancel_when(is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Meanwhile, checkpoints in this thread raise once ``is_cancelled()``, which must be quick."""

    def check() -> None:
        if is_cancelled():
            raise WorkCancelledError("the job was cancelled: nothing was written")

    token = _CURRENT.set(check)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def checkpoint() -> None:
    """Raise ``WorkCancelledError`` if this thread's work was cancelled.

    Call it several times a second in every loop that may take seconds. Code that handles exceptions properly needs
    nothing else.
    """
    _CURRENT.get()()


def current_checkpoint() -> Checkpoint:
    """The checkpoint of this thread's work, for its helper threads."""
    return _CURRENT.get()


def await_result(future: Future[Result]) -> Result:
    """Wait for the result of another thread, passing checkpoints meanwhile."""
    while not future.done():
        checkpoint()
        wait((future,), timeout=_STEP_S)
    return future.result()


@dataclass
class WrittenFiles:
    """The files that were written while ``note_written_files`` lasted."""

    _identities: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def add(self, path: Path, part: Path) -> None:
        """Note that the finished file ``part`` is about to be renamed to ``path``."""
        self._identities[path] = _identity(part)

    def paths(self) -> list[Path]:
        """Those that are there now."""
        return [path for path, identity in self._identities.items() if path.exists() and _identity(path) == identity]


_WRITTEN: ContextVar[WrittenFiles | None] = ContextVar("written", default=None)


@contextmanager
def note_written_files() -> Iterator[WrittenFiles]:
    """Meanwhile, keep account of the files that this thread writes, so that whoever is stopped can be told of them."""
    written = WrittenFiles()
    token = _WRITTEN.set(written)
    try:
        yield written
    finally:
        _WRITTEN.reset(token)


def note_file(path: Path, part: Path) -> None:
    """Note that the finished file ``part`` is about to be renamed to ``path``."""
    written = _WRITTEN.get()
    if written is not None:
        written.add(path, part)


def _identity(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_dev, state.st_ino
