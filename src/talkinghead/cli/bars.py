"""Progress of many jobs: one line for the whole, and one for each that is worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn

from talkinghead.cli.console import STDERR, escape_controls, tell
from talkinghead.cli.progress import Display
from talkinghead.production.stages import STAGE_NAMES

if TYPE_CHECKING:
    from talkinghead.batch.manifest import Row
    from talkinghead.production import TaskEvent

_LONGEST = 40


class Bars(Display):
    """Lines on stderr, which disappear at the end; without a terminal only failures are told."""

    def __init__(self, console: Console = STDERR, *, shown: bool | None = None) -> None:
        """Bars on a console; ``shown`` None: only if stderr is a terminal."""
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        super().__init__(*columns, console=console, shown=shown)
        self._whole = self._progress.add_task("jobs", total=None)
        self._lines: dict[str, TaskID] = {}

    def advance(self, done: int, total: int) -> None:
        """So many rows have ended."""
        self._progress.update(self._whole, completed=done, total=total)

    def watch(self, row: Row, event: TaskEvent) -> None:
        """Something happened to a row."""
        if event.kind == "progress":
            line = self._lines.get(row.name)
            if line is None:
                line = self._lines[row.name] = self._progress.add_task("", total=None)
            name = escape_controls(row.name)[-_LONGEST:].replace("[", r"\[")
            description = f"{name}: {STAGE_NAMES.get(event.stage, event.stage)}"
            self._progress.update(line, description=description, completed=event.done, total=event.total)
            return
        if event.kind in ("done", "failed", "cancelled", "restarted"):
            line = self._lines.pop(row.name, None)
            if line is not None:
                self._progress.remove_task(line)
        if event.kind in ("failed", "restarted"):
            tell(f"{event.kind}: row {row.number}, {row.name}: {event.text}")
