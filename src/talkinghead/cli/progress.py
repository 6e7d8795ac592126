"""The progress bar, fed by the one hook ``(stage, done, total)``."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from talkinghead.cli.console import STDERR
from talkinghead.production.stages import STAGE_NAMES


class Display:
    """Lines of progress on stderr, which disappear at the end; nothing is shown if stderr is not a terminal.

    Args:
        columns: of each line.
        console: where they are shown.
        shown: whether they are; None: only if stderr is a terminal.
    """

    def __init__(self, *columns: ProgressColumn, console: Console, shown: bool | None) -> None:
        hidden = not (sys.stderr.isatty() if shown is None else shown)
        self._progress = Progress(*columns, console=console, transient=True, disable=hidden)

    def __enter__(self) -> Self:
        if not self._progress.disable:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._progress.disable:  # before version 15, rich ends even a bar that was never shown with a line break
            self._progress.stop()


class Bar(Display):
    """One line on stderr with the stage, its progress and the remaining time; it disappears at the end.

    Nothing is shown if stderr is not a terminal. Frames are rendered and encoded at the same time; the bar counts
    encoded ones.
    """

    def __init__(self, console: Console = STDERR, *, shown: bool | None = None) -> None:
        """A bar on a console; ``shown`` None: only if stderr is a terminal."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        super().__init__(*columns, console=console, shown=shown)
        self._task = self._progress.add_task("starting", total=None)
        self._stage = ""
        self._rendered = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """The hook."""
        if stage == "render":
            self._rendered = done >= total
            self._begin("render", total)
        elif stage == "encode":
            self._begin("encode" if self._rendered else "render", total)
            self._progress.update(self._task, completed=done)
        elif total > 1:
            self._begin(stage, total)
            self._progress.update(self._task, completed=done, total=total)
        else:
            self._begin(stage, None)

    def _begin(self, stage: str, total: int | None) -> None:
        if stage == self._stage:
            return
        name = STAGE_NAMES.get(stage, stage)
        if stage == "encode":  # the end of rendering, on the same count
            self._progress.update(self._task, description=name)
        else:
            self._progress.reset(self._task, total=total, description=name)
        self._stage = stage
