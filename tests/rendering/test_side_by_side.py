"""Pieces made side by side: their order, their number, their threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import torch

from talkinghead.rendering.side_by_side import side_by_side


@pytest.fixture
def threads() -> Iterator[int]:
    """Torch takes three for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield 3
    torch.set_num_threads(before)


def test_the_order_is_that_of_the_items(threads: int) -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.02 * (number == 0))
        return 10 * number

    assert list(side_by_side(slow_first, range(7))) == [10 * k for k in range(7)]
    assert list(side_by_side(slow_first, [])) == []


def test_as_many_are_made_at_once_as_torch_has_threads(threads: int) -> None:
    meeting = threading.Barrier(threads)  # nobody leaves before all have come
    assert list(side_by_side(lambda _: meeting.wait(5) >= 0, range(threads))) == [True] * threads


def test_no_more_are_taken_than_are_under_way(threads: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    made = side_by_side(lambda number: number, items())
    assert next(made) == 0
    assert len(taken) == threads + 1
    made.close()  # type: ignore[attr-defined]
    assert len(taken) == threads + 1


def test_each_has_one_thread_and_others_as_many_as_before(threads: int) -> None:
    counts = set(side_by_side(lambda _: torch.get_num_threads(), range(6)))
    assert counts == {1}
    assert torch.get_num_threads() == threads


def test_what_goes_wrong_is_told(threads: int) -> None:
    def fails(number: int) -> int:
        if number == 2:
            raise ValueError("the third")
        return number

    made = side_by_side(fails, range(5))
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ValueError, match="the third"):
        next(made)
