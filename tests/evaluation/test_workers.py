"""Work in several processes: all of it done, in order, and what happens when it is not."""

from __future__ import annotations

import math
import os

import pytest

from talkinghead.evaluation.workers import Workers
from talkinghead.production.failures import TaskFaultError
from talkinghead.types import no_progress


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_made_comes_in_the_order_of_the_items_and_faults_come_through(number: int) -> None:
    calls: list[tuple[str, int, int]] = []
    with Workers(number) as workers:
        assert workers.each(math.factorial, [5, 3, 4, 2], "count", lambda *call: calls.append(call)) == [120, 6, 24, 2]
        assert workers.each(math.factorial, [], "nothing", no_progress) == []
        with pytest.raises((ValueError, TaskFaultError), match="factorial"):
            workers.each(math.factorial, [1, -1], "count", no_progress)
    assert calls == [("count", done, 4) for done in range(5)]


@pytest.mark.slow
def test_a_process_that_is_killed_twice_is_told_with_a_remedy() -> None:
    with (
        Workers(2) as workers,
        pytest.raises(TaskFaultError, match=r"ended twice \(exit code 1\), most likely .* run fewer at once"),
    ):
        workers.each(os._exit, [1], "count", no_progress)
