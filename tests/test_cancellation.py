"""Checkpoints end work that was cancelled, in its own thread and in those that help."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from talkinghead.cancellation import WorkCancelledError, await_result, cancel_when, checkpoint, current_checkpoint
from talkinghead.media.spool import spool_rows
from talkinghead.rendering.side_by_side import side_by_side


def test_without_anybody_who_cancels_a_checkpoint_does_nothing() -> None:
    checkpoint()
    with cancel_when(lambda: False):
        checkpoint()


def test_the_inner_scope_counts_and_ends() -> None:
    with cancel_when(lambda: True):
        with cancel_when(lambda: False):
            checkpoint()
        with pytest.raises(WorkCancelledError, match="nothing was written"):
            checkpoint()
    checkpoint()


def test_another_thread_is_asked_for_by_name() -> None:
    with ThreadPoolExecutor(1) as pool, cancel_when(lambda: True):
        pool.submit(checkpoint).result()
        with pytest.raises(WorkCancelledError):
            pool.submit(current_checkpoint()).result()


def test_waiting_ends_too() -> None:
    cancelled, going_on = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(going_on.wait)
        threading.Timer(0.05, cancelled.set).start()
        with cancel_when(cancelled.is_set), pytest.raises(WorkCancelledError):
            await_result(future)
        going_on.set()
        assert await_result(future)


def test_pieces_that_wait_are_not_begun() -> None:
    cancelled, begun = threading.Event(), []

    def make(item: int) -> int:
        begun.append(item)
        time.sleep(0.01)
        return item

    with cancel_when(cancelled.is_set):
        results = side_by_side(make, range(1000))
        assert next(results) == 0
        cancelled.set()
        with pytest.raises(WorkCancelledError):
            list(results)
    assert len(begun) < 20


def test_long_arrays_are_made_with_checkpoints() -> None:
    pieces = iter([np.zeros((1, 2))] * 3)
    with cancel_when(lambda: True), pytest.raises(WorkCancelledError):
        spool_rows(pieces, (2,))
    assert len(list(pieces)) == 2
