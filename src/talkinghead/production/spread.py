"""Many tasks spread over a pool."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable

from talkinghead.production.handle import Listener, TaskEvent, TaskHandle
from talkinghead.production.messages import Task
from talkinghead.production.pool import WorkerPool


def run_all(
    pool: WorkerPool,
    tasks: Iterable[Task],
    *,
    advance: Callable[[int, int], None] | None = None,
    listen: Listener | None = None,
) -> list[TaskHandle]:
    """Run tasks to their end, and return their handles in order.

    Args:
        pool: runs them.
        tasks: see ``WorkerPool.submit``.
        advance: is told (ended, total) in this thread, first with 0.
        listen: see ``WorkerPool.submit``.

    Raises:
        KeyboardInterrupt: Ctrl-C; what was not done by then is cancelled.
    """
    ended: queue.SimpleQueue[TaskHandle] = queue.SimpleQueue()

    def notice(handle: TaskHandle, event: TaskEvent) -> None:
        if event.kind == handle.state:  # its end
            ended.put(handle)
        if listen is not None:
            listen(handle, event)

    handles = [pool.submit(task, listen=notice) for task in tasks]
    try:
        for count in range(len(handles) + 1):
            if count:
                _await_next(ended)
            if advance is not None:
                advance(count, len(handles))
    except BaseException:
        for handle in reversed(handles):  # what waits first, so that it is not begun
            handle.cancel()
        raise
    return handles


def _await_next(ended: queue.SimpleQueue[TaskHandle]) -> None:
    """Wait for the next end, in steps, because on some systems waiting for ever cannot be interrupted."""
    while True:
        try:
            ended.get(timeout=0.1)
            return
        except queue.Empty:
            continue
