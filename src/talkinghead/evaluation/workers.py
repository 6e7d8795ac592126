"""Work spread over processes."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

from talkinghead.errors import InputError
from talkinghead.types import Progress

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class Workers:
    """Several processes, each with one thread for its networks; or this process alone.

    On an exception such as Ctrl-C, running work is finished and the rest is dropped. The processes are spawned, not
    forked, because threads of networks do not survive ``fork``.
    """

    def __init__(self, number: int) -> None:
        """``number`` of processes; 1 means this one."""
        self._pool = None
        if number > 1:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def each(
        self, work: Callable[[_Item], _Made], items: Sequence[_Item], stage: str, progress: Progress
    ) -> list[_Made]:
        """The results of ``work`` for all items, in order.

        Args:
            work: a function of a module, because its name goes to the processes.
            items: picklable values.
            stage: name for the hook.
            progress: hook (stage, done, total).

        Raises:
            InputError: a process was killed.
        """
        progress(stage, 0, len(items))
        if self._pool is None:
            made = []
            for item in items:
                made.append(work(item))
                progress(stage, len(made), len(items))
            return made
        try:
            futures = [self._pool.submit(work, item) for item in items]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                progress(stage, done, len(items))
        except BrokenProcessPool:
            raise InputError(
                "a process of the evaluation was killed, most likely because memory ran out: run it again with fewer "
                "at once (--jobs 1); finished work is kept."
            ) from None
        return [future.result() for future in futures]


def _begin() -> None:
    """Set up a process: Ctrl-C is left to the waiting one, and each process uses one core."""
    import cv2
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
