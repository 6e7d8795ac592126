"""What the service is asked for and what became of it, in SQLite: nothing is lost when the server is killed."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from talkinghead.errors import InputError

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Kind: TypeAlias = Literal["job", "person", "evaluation"]

FINAL: frozenset[State] = frozenset({"done", "failed", "cancelled"})
KEPT_KINDS: frozenset[Kind] = frozenset({"person"})
"""What is kept until somebody deletes it, once it is done."""

_VERSION = 1
_TABLE = """
CREATE TABLE tasks (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, client TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL,
    started REAL, ended REAL, starts INTEGER NOT NULL DEFAULT 0, request TEXT NOT NULL, result TEXT, sentence TEXT
)
"""
_INDEX = "CREATE INDEX by_state ON tasks (state, created)"


@dataclass(frozen=True)
class TaskRecord:
    """Something that a client asked for.

    Attributes:
        id: which nobody can guess.
        kind: "job", "person" or "evaluation".
        client: who asked for it, such as an address.
        request: plain JSON: the values that were given, and the files with their names.
        state: "queued", "running", "done", "failed" or "cancelled".
        created: when, s since 1970.
        started: when work on it began last, or None.
        ended: when it ended, or None.
        starts: how many times work on it began.
        result: plain JSON once it is done, or None; the paths of ``files`` start from the task's folder.
        sentence: why it failed, or None.
    """

    id: str
    kind: Kind
    client: str
    request: Mapping[str, Any]
    state: State = "queued"
    created: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    starts: int = 0
    result: Mapping[str, Any] | None = None
    sentence: str | None = None


class TaskRecords:
    """The table of tasks; usable from several threads.

    Args:
        path: of the database, new or from an earlier run.

    Raises:
        InputError: it cannot be opened, or was written by another version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version == 0:
                with self._changes():
                    self._base.execute(_TABLE)
                    self._base.execute(_INDEX)
                    self._base.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.Error as error:
            raise InputError(f"{path} cannot be used ({error}): choose another folder with --data.") from error
        if version not in (0, _VERSION):
            raise InputError(f"{path} is of another version of talkinghead: choose another folder with --data.")

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._base.close()

    def add(self, record: TaskRecord) -> None:
        """Put a task at the end of the queue."""
        with self._changes() as base:
            base.execute(
                "INSERT INTO tasks (id, kind, client, state, created, request) VALUES (?, ?, ?, ?, ?, ?)",
                (record.id, record.kind, record.client, record.state, record.created, json.dumps(record.request)),
            )

    def find(self, id: str) -> TaskRecord | None:
        """The task of that name, or None."""
        return next(iter(self._select("WHERE id = ?", (id,))), None)

    def all_of(self, kind: Kind) -> list[TaskRecord]:
        """All tasks of a kind, oldest first."""
        return self._select("WHERE kind = ? ORDER BY created", (kind,))

    def take(self) -> TaskRecord | None:
        """The task that waits longest, which runs from now on; None: none waits."""
        with self._changes() as base:
            row = base.execute("SELECT id FROM tasks WHERE state = 'queued' ORDER BY created, rowid LIMIT 1").fetchone()
            if row is None:
                return None
            base.execute(
                "UPDATE tasks SET state = 'running', started = ?, starts = starts + 1 WHERE id = ?",
                (time.time(), row["id"]),
            )
        return self.find(row["id"])

    def end(
        self, id: str, state: State, *, result: Mapping[str, Any] | None = None, sentence: str | None = None
    ) -> bool:
        """Note how a task ended; False if it had ended before, which stays."""
        with self._changes() as base:
            changed = base.execute(
                "UPDATE tasks SET state = ?, ended = ?, result = ?, sentence = ? "
                "WHERE id = ? AND state IN ('queued', 'running')",
                (state, time.time(), None if result is None else json.dumps(result), sentence, id),
            )
            return changed.rowcount == 1

    def requeue(self) -> int:
        """Let everything wait again that ran when the server ended; how much that is."""
        with self._changes() as base:
            return base.execute("UPDATE tasks SET state = 'queued' WHERE state = 'running'").rowcount

    def remove(self, id: str) -> None:
        """Forget a task."""
        with self._changes() as base:
            base.execute("DELETE FROM tasks WHERE id = ?", (id,))

    def list_expired(self, before: float) -> list[TaskRecord]:
        """Tasks that ended before a time, without those that are kept."""
        ended = self._select("WHERE ended IS NOT NULL AND ended < ?", (before,))
        return [record for record in ended if record.kind not in KEPT_KINDS or record.state != "done"]

    def counts(self) -> dict[State, int]:
        """How many tasks there are, by state."""
        with self._lock:
            rows = self._base.execute("SELECT state, COUNT(*) FROM tasks GROUP BY state").fetchall()
        return {cast("State", state): count for state, count in rows}

    def count_unfinished(self, client: str) -> int:
        """How many tasks of a client wait or run."""
        with self._lock:
            (count,) = self._base.execute(
                "SELECT COUNT(*) FROM tasks WHERE client = ? AND state IN ('queued', 'running')", (client,)
            ).fetchone()
        return int(count)

    def _select(self, condition: str, values: tuple[object, ...]) -> list[TaskRecord]:
        with self._lock:
            rows = self._base.execute(f"SELECT * FROM tasks {condition}", values).fetchall()
        return [_record_of(row) for row in rows]

    @contextmanager
    def _changes(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


def _record_of(row: sqlite3.Row) -> TaskRecord:
    values = dict(row)
    for name in ("request", "result"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return TaskRecord(**values)
