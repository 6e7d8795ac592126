"""Pieces of a video made side by side, and handed on in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from talkinghead.cancellation import await_result, current_checkpoint

_MOST = 4  # pieces at once, for each takes memory

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(make: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What is made of each item, in their order; one more is under way for each thread that torch takes, at most 4.

    Every layer of a network waits until the threads that share it are done; pieces that have one thread each do not
    wait for one another, nor does a network for what comes before and after it.

    Args:
        make: is called in several threads at once.
        items: are taken from in the caller's thread.
    """
    check = current_checkpoint()

    def make_checked(item: Item) -> Result:
        check()
        return make(item)

    workers = min(torch.get_num_threads(), _MOST)
    with ThreadPoolExecutor(workers, initializer=_take_one_thread) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(make_checked, item))
            if len(waiting) > workers:
                yield await_result(waiting.popleft())
        while waiting:
            yield await_result(waiting.popleft())


def _take_one_thread() -> None:
    """From now on torch takes one in this thread, and as many as before in all others."""
    torch.get_num_threads()  # the first thing that torch does in a thread is to set their number
    threadpool_limits(1, user_api="openmp")
