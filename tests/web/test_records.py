"""The table of tasks: order, each ended once, what a dead server leaves, what is kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.web.records import TaskRecord, TaskRecords

REQUEST = {"values": {}, "files": {}}


@pytest.fixture
def records(tmp_path: Path) -> TaskRecords:
    return TaskRecords(tmp_path / "tasks.sqlite")


def add(records: TaskRecords, *ids: str, client: str = "c") -> None:
    for id in ids:
        records.add(TaskRecord(id, "job", client, REQUEST))


def test_tasks_are_taken_in_order_and_end_once(records: TaskRecords) -> None:
    add(records, "a", "b")
    first, second = records.take(), records.take()
    assert first is not None
    assert second is not None
    assert (first.id, first.state, first.starts, second.id) == ("a", "running", 1, "b")
    assert records.take() is None
    assert records.end("a", "done", result={"files": {}})
    assert not records.end("a", "failed", sentence="again")
    found = records.find("a")
    assert found is not None
    assert (found.state, found.result, found.sentence) == ("done", {"files": {}}, None)
    assert records.counts() == {"done": 1, "running": 1}
    assert records.count_unfinished("c") == 1


def test_what_ran_when_the_server_died_runs_again(records: TaskRecords, tmp_path: Path) -> None:
    add(records, "a", "b")
    records.take()
    again = TaskRecords(tmp_path / "tasks.sqlite")  # the first was never closed
    assert again.requeue() == 1
    taken = again.take()
    assert taken is not None
    assert (taken.id, taken.starts) == ("a", 2)


def test_results_expire_and_persons_stay(records: TaskRecords) -> None:
    add(records, "a", "b")
    records.add(TaskRecord("p", "person", "c", REQUEST))
    records.add(TaskRecord("q", "person", "c", REQUEST))
    for id in ("a", "p"):
        records.end(id, "done", result={"files": {}})
    records.end("q", "failed", sentence="no.")
    assert [record.id for record in records.list_expired(time.time() + 1)] == ["a", "q"]
    assert records.list_expired(time.time() - 10) == []
    records.remove("a")
    assert records.find("a") is None


def test_another_version_is_refused(records: TaskRecords, tmp_path: Path) -> None:
    records._base.execute("PRAGMA user_version=99")
    with pytest.raises(InputError, match="another version"):
        TaskRecords(tmp_path / "tasks.sqlite")
    (tmp_path / "other.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be used"):
        TaskRecords(tmp_path / "other.sqlite")
