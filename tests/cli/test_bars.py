"""The lines of a batch: one for the whole, one for each job at work, and failures above them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from talkinghead.batch.manifest import Row
from talkinghead.cli.bars import Bars
from talkinghead.production import TaskEvent


def test_lines_come_and_go_with_the_jobs() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    bars = Bars(console, shown=True)
    first, second = Row(1, "a[b]\x1b.mp4", None), Row(2, "b.mp4", None)
    with bars:
        bars.advance(0, 2)
        bars.watch(first, TaskEvent("started"))
        bars.watch(first, TaskEvent("progress", "render", 3, 10))
        bars.watch(second, TaskEvent("progress", "encode", 1, 4))
        tasks = bars._progress.tasks
        assert [(task.description, task.completed, task.total) for task in tasks] == [
            ("jobs", 0, 2),
            (r"a\[b]\x1b.mp4: rendering", 3, 10),
            ("b.mp4: encoding", 1, 4),
        ]
        bars.watch(first, TaskEvent("done"))
        bars.advance(1, 2)
        assert [task.completed for task in bars._progress.tasks] == [1, 1]


def test_without_a_terminal_only_failures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Bars(shown=False) as bars:
        bars.advance(0, 1)
        bars.watch(Row(4, "a.mp4", None), TaskEvent("progress", "render", 1, 2))
        bars.watch(Row(4, "a.mp4", None), TaskEvent("restarted", text="its worker ended (killed by SIGKILL)."))
        bars.watch(Row(4, "a.mp4", None), TaskEvent("failed", text="there is no face: give another."))
    assert capsys.readouterr().err == (
        "restarted: row 4, a.mp4: its worker ended (killed by SIGKILL).\n"
        "failed: row 4, a.mp4: there is no face: give another.\n"
    )
