"""Cancelling work: long loops pass checkpoints, at which cancelled work ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
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
