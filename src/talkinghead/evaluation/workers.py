"""Work spread over processes of this machine, or over a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TypeVar

from talkinghead.production.crews import make_pool
from talkinghead.production.spread import run_all
from talkinghead.types import Progress

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class Workers:
    """Several workers, each with one thread for its networks; or this process alone.

    A worker that is killed is replaced, and what it did is done once more. On an exception such as Ctrl-C, what runs
    is cancelled.
    """

    def __init__(self, number: int, *, ray: str | None = None) -> None:
        """At most so many workers; 1 means this process, unless ``ray`` names a cluster (``make_pool``)."""
        self._pool = None if number <= 1 and ray is None else make_pool(number, ray=ray)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close(cancel=kind is not None)

    def each(
        self, work: Callable[[_Item], _Made], items: Sequence[_Item], stage: str, progress: Progress
    ) -> list[_Made]:
        """The results of ``work`` for all items, in order.

        Args:
            work: a function of a module, because its name goes to the workers.
            items: picklable values.
            stage: name for the hook.
            progress: hook (stage, done, total).

        Raises:
            InputError: the first that ``work`` raised, after all are done.
            TaskFaultError: it raised another exception in a worker, or killed two workers.
        """
        if self._pool is None:
            progress(stage, 0, len(items))
            made = []
            for item in items:
                made.append(work(item))
                progress(stage, len(made), len(items))
            return made
        tasks = [partial(_perform, work, item) for item in items]
        handles = run_all(self._pool, tasks, advance=lambda done, total: progress(stage, done, total))
        return [handle.result(0) for handle in handles]


def _perform(work: Callable[[_Item], _Made], item: _Item, progress: Progress) -> _Made:
    return work(item)
