"""A batch: the rows of a manifest, each of them once, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from talkinghead.batch.manifest import Row
from talkinghead.batch.records import Journal, RowOutcome, files_of, key_of_job, record_of
from talkinghead.batch.report import write_report
from talkinghead.errors import InputError
from talkinghead.media.files import make_folder
from talkinghead.production.failures import Failure, failure_of
from talkinghead.production.handle import TaskEvent, TaskHandle
from talkinghead.production.job import Job
from talkinghead.production.pool import WorkerPool
from talkinghead.production.spread import run_all

Watch: TypeAlias = Callable[[Row, TaskEvent], None]


def run_batch(
    rows: Sequence[Row],
    folder: Path,
    make_pool: Callable[[int], WorkerPool],
    *,
    overwrite: bool = False,
    watch: Watch | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> list[RowOutcome]:
    """Run the rows that no earlier run has finished, and write ``report.csv``, ``report.json`` and ``report.html``.

    A row that fails does not keep others from being made.

    Args:
        rows: from ``read_manifest``.
        folder: for the videos and the report; made where it is missing.
        make_pool: makes a pool for so many jobs; not called if there is nothing to do.
        overwrite: whether files that the batch did not make may be replaced.
        watch: is told what happens to a row, in another thread.
        advance: is told (ended rows, all rows) in this thread.

    Returns:
        The outcome of each row, in order.

    Raises:
        InputError: the folder cannot be written to.
        KeyboardInterrupt: Ctrl-C; what was finished by then is kept and in the report.
    """
    make_folder(folder)
    batch = _Batch(folder, Journal.open(folder), overwrite)
    outcomes = {place: batch.look_up(row) for place, row in enumerate(rows)}
    places = [place for place, outcome in outcomes.items() if outcome is None]
    jobs = [batch.begin(rows[place]) for place in places]
    batch.journal.note_begun(jobs)
    began: dict[int, float] = {}

    def listen(handle: TaskHandle, event: TaskEvent) -> None:
        place = places[handle.number - 1]  # a new pool counts from 1
        if event.kind == "started":
            began.setdefault(handle.number, time.monotonic())
        if event.kind == handle.state:  # its end
            outcomes[place] = batch.end(rows[place], handle, began.get(handle.number, time.monotonic()))
        if watch is not None:
            watch(rows[place], event)

    done = len(rows) - len(jobs)
    try:
        if jobs:
            with make_pool(len(jobs)) as pool:
                run_all(
                    pool,
                    jobs,
                    listen=listen,
                    advance=lambda ended, _: None if advance is None else advance(done + ended, len(rows)),
                )
        elif advance is not None:
            advance(done, len(rows))
    finally:
        found = [outcomes[place] or RowOutcome(row) for place, row in enumerate(rows)]
        write_report(found, folder)
    return found


@dataclass
class _Batch:
    folder: Path
    journal: Journal
    overwrite: bool

    def look_up(self, row: Row) -> RowOutcome | None:
        """What is known of a row before it is run; None: it is to be run."""
        if row.job is None:
            return RowOutcome(row, failure=Failure(row.why))
        try:
            record = self.journal.find(key_of_job(row.job, self.folder))
            if record is not None:
                return RowOutcome(row, record, resumed=True)
            self._check_free(row.job)
        except (InputError, OSError) as error:
            return RowOutcome(row, failure=failure_of(error))
        return None

    def _check_free(self, job: Job) -> None:
        """Raise ``InputError`` if a file of a job is there and is not the batch's own."""
        for name in files_of(job, self.folder):
            path = self.folder / name
            make_folder(path.parent)
            if path.exists() and name not in self.journal.begun and not (self.overwrite or job.overwrite):
                raise InputError(f"{path} already exists: choose another name or allow overwriting (--overwrite).")

    def begin(self, row: Row) -> Job:
        """The job to run; that its files are the batch's own has been checked."""
        assert row.job is not None
        return replace(row.job, overwrite=True)

    def end(self, row: Row, handle: TaskHandle, began: float) -> RowOutcome | None:
        """Record how a row ended; None: it was cancelled."""
        if handle.state == "cancelled":
            return None
        if handle.failure is not None:
            return RowOutcome(row, failure=handle.failure)
        assert row.job is not None
        try:
            record = replace(
                record_of(handle.result(0), key_of_job(row.job, self.folder), self.folder),
                wall=time.monotonic() - began,
                worker=handle.worker,
                attempts=handle.attempts,
                notes=handle.notes,
            )
            self.journal.note_finished(record)
        except OSError as error:  # of the journal
            return RowOutcome(row, failure=failure_of(error))
        return RowOutcome(row, record)
