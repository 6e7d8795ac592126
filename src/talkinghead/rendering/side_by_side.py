"""Pieces of a video made in parallel and returned in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

from talkinghead.cancellation import await_result, current_checkpoint
from talkinghead.threads import take_one_thread

_MOST = 4  # pieces at once, because each takes memory

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(make: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The results for all items, in order; as many are made at once as torch uses threads, at most 4.

    When threads share a network, each layer waits for the slowest of them. When each thread has its own piece, none
    waits for another, and the work before and after the network runs in parallel as well.

    Args:
        make: called in several threads at once.
        items: consumed in the caller's thread.
    """
    check = current_checkpoint()

    def make_checked(item: Item) -> Result:
        check()
        return make(item)

    workers = min(torch.get_num_threads(), _MOST)
    with ThreadPoolExecutor(workers, initializer=take_one_thread) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(make_checked, item))
            if len(waiting) > workers:
                yield await_result(waiting.popleft())
        while waiting:
            yield await_result(waiting.popleft())
