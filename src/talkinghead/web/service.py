"""The service without HTTP: takes tasks within limits, keeps and removes their files, tells what became of them."""

from __future__ import annotations

import ipaddress
import logging
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from talkinghead.errors import InputError
from talkinghead.web.kinds import PERSON, client_names, input_folder, task_of
from talkinghead.web.records import FINAL, Kind, TaskRecord, TaskRecords
from talkinghead.web.running import Runner
from talkinghead.web.sentences import RefusedError, hide_paths
from talkinghead.web.settings import ServiceSettings
from talkinghead.web.uploads import DISK_FULL, RETRY_S, ReadForm, check_disk

if TYPE_CHECKING:
    from talkinghead.production.pool import WorkerPool
    from talkinghead.types import Progress

Result = TypeVar("Result")

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_CANCEL_S = 3.0  # in which a cancelled task should have ended
_SWEEP_S = 60.0
HELPER_S = 60.0
"""Seconds that a helper's task may take."""
_LOG = logging.getLogger("talkinghead.web")


class Service:
    """Everything that doors (HTTP, the page) need; usable from several threads.

    Args:
        settings: limits and the folder.
        makers: a pool that makes videos and persons.
        helper: a pool for what clients wait for, such as the check of an upload.

    Raises:
        InputError: the folder cannot be used, or another server uses it.
    """

    def __init__(self, settings: ServiceSettings, *, makers: WorkerPool, helper: WorkerPool) -> None:
        from talkinghead.media.files import make_folder

        self.settings, self._helper = settings, helper
        self.tasks_folder = make_folder(settings.data / "tasks")
        self._lock_file = _lock(settings.data / "lock")
        self.records = TaskRecords(settings.data / "tasks.sqlite")
        self.runner = Runner(self.records, makers, self.folder_of, self.find_person, max_seconds=settings.max_seconds)
        self._uploading: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.asked = self.refused = 0
        self.closing = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_often, name="sweeper", daemon=True)

    def start(self) -> None:
        """Go on with what waited when the last server ended."""
        if waiting := self.records.requeue():
            _LOG.info("%d tasks ran when the server ended: they begin anew", waiting)
        self._remove_strays()
        self.runner.start()
        self._sweeper.start()

    def close(self) -> None:
        """Stop; what waits or runs is for the next server."""
        self.closing.set()
        self.runner.close()
        self._helper.close(cancel=True)
        self.records.close()
        self._lock_file.close()

    def is_ready(self) -> bool:
        """Whether workers have started."""
        return self.runner.num_ready > 0 and self._helper.num_ready > 0

    # Files

    def folder_of(self, id: str) -> Path:
        """The folder of a task."""
        return self.tasks_folder / id

    def find_person(self, id: str) -> Path:
        """The folder of a person.

        Raises:
            InputError: there is none of that id, or it is not done.
        """
        record = self.records.find(id) if _ID.fullmatch(id) else None
        if record is None or record.kind != "person":
            raise InputError("there is no such person: give the id of one of /v1/persons.")
        if record.state != "done":
            raise InputError("that person is not ready: wait until its state is done.")
        return self.folder_of(id) / PERSON

    def result_file(self, record: TaskRecord, name: str) -> Path | None:
        """A file of a task that is done; None: it has none of that name."""
        file = (record.result or {"files": {}})["files"].get(name)
        return None if file is None else self.folder_of(record.id) / file

    # Tasks

    @contextmanager
    def admit(self, client: str, size: int = 0) -> Iterator[str]:
        """Meanwhile, a place in the queue is reserved; the id of a new task, whose folder for uploads is there.

        The folder is removed if the task was not added by the end.

        Args:
            client: who asks.
            size: bytes that will come, if that is known.

        Raises:
            RefusedError: the queue or the client's share of it is full, or the disk is.
        """
        with self._lock:
            self.asked += 1
            self._check_room(client, size)
            self._uploading[client] += 1
        id = secrets.token_urlsafe(16)
        folder = self.folder_of(id)
        try:
            try:
                input_folder(folder).mkdir(parents=True)
            except OSError as error:
                raise RefusedError(507, DISK_FULL, retry=RETRY_S) from error
            yield id
        finally:
            with self._lock:
                self._uploading[client] -= 1
                if not self._uploading[client]:
                    del self._uploading[client]
            if self.records.find(id) is None:
                self.refused += 1
                shutil.rmtree(folder, ignore_errors=True)

    def _check_room(self, client: str, size: int) -> None:
        settings = self.settings
        check_disk(self.tasks_folder, size)
        if self.records.counts().get("queued", 0) + self._uploading.total() >= settings.queue:
            raise RefusedError(503, f"the queue is full, {settings.queue} jobs wait: try again later.", retry=RETRY_S)
        if self.records.count_unfinished(client) + self._uploading[client] >= settings.per_client:
            raise RefusedError(
                429, f"{settings.per_client} of your jobs wait already: let one of them end first.", retry=RETRY_S
            )

    def submit(
        self, id: str, kind: Kind, form: ReadForm, client: str, check: Callable[[Any], Callable[[Progress], Any]]
    ) -> TaskRecord:
        """Add a task after its files were checked in a worker; blocks until they are.

        Args:
            id: from ``admit``.
            kind: of the task.
            form: what was asked for.
            client: who asks.
            check: makes of the task another one that checks its files.

        Raises:
            InputError: a value or a file cannot be used; the sentence calls files as the client does.
        """
        record = TaskRecord(id, kind, client, form.as_request())
        folder = self.folder_of(id)
        try:
            (folder / "out-0").mkdir(exist_ok=True)
            task = task_of(record, folder, self.find_person)
            with suppress(TimeoutError):  # then the worker that makes it checks it
                self.ask(check(task))
        except InputError as error:
            raise InputError(hide_paths(str(error), client_names(record, folder))) from error
        self.records.add(record)
        self.runner.wake()
        return record

    def ask(self, task: Callable[[Progress], Result]) -> Result:
        """Let the helper do something, and wait for it.

        Raises:
            InputError: it fails because of its input.
            RefusedError: it fails for another reason.
            TimeoutError: the helper was too busy.
        """
        from talkinghead.production.failures import TaskFaultError

        handle = self._helper.submit(task)
        try:
            result: Result = handle.result(HELPER_S + 5)
        except TaskFaultError as error:
            _LOG.error("%s\n%s", error.failure.sentence, error.failure.details)
            if error.failure.details:
                raise RefusedError(500, "a fault of the program, not of what was given: try again.") from error
            raise InputError(error.failure.sentence) from error
        except TimeoutError:
            handle.cancel()
            raise
        return result

    def cancel(self, record: TaskRecord) -> None:
        """Cancel a task that waits or runs, and remove its files; of one that ended, remove everything."""
        if record.state in FINAL:
            self.records.remove(record.id)
        else:
            self.runner.cancel(record.id)
            until = time.monotonic() + _CANCEL_S
            while time.monotonic() < until:
                now = self.records.find(record.id)
                if now is None or now.state in FINAL:
                    break
                time.sleep(0.02)
        shutil.rmtree(self.folder_of(record.id), ignore_errors=True)

    def describe(self, record: TaskRecord) -> dict[str, Any]:
        """What a client is told of a task, plain JSON."""
        told: dict[str, Any] = {"id": record.id, "kind": record.kind, "state": record.state}
        told |= {"created": record.created, "started": record.started, "ended": record.ended}
        live = self.runner.live(record.id)
        if live is not None and record.state == "running":
            remaining = live.remaining()
            told["progress"] = {
                "stage": live.stage,
                "done": live.done,
                "total": live.total,
                "remaining": None if remaining is None else round(remaining, 1),
            }
            told["notes"] = list(live.notes)
        if record.result is not None:
            told |= {name: value for name, value in record.result.items() if name != "files"}
            told["results"] = sorted(record.result["files"])
        if record.sentence is not None:
            told["error"] = record.sentence
        return told

    # Keeping house

    def sweep(self) -> None:
        """Remove what has been kept long enough."""
        for record in self.records.list_expired(time.time() - self.settings.keep):
            self.records.remove(record.id)
            shutil.rmtree(self.folder_of(record.id), ignore_errors=True)

    def _sweep_often(self) -> None:
        while not self.closing.wait(_SWEEP_S):
            try:
                self.sweep()
            except Exception:
                _LOG.exception("old results could not be removed")

    def _remove_strays(self) -> None:
        """Remove uploads that a dead server did not finish."""
        for folder in self.tasks_folder.iterdir():
            if self.records.find(folder.name) is None:
                shutil.rmtree(folder, ignore_errors=True)


def client_of(address: str | None) -> str:
    """Who counts as one client: an address, of IPv6 its network."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 6 and not found.is_loopback:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def public_report(record: TaskRecord) -> Mapping[str, Any]:
    """What was asked for and what came of it, without anything of the server."""
    files = {name: [each["name"] for each in files] for name, files in record.request["files"].items()}
    result = {name: value for name, value in (record.result or {}).items() if name != "files"}
    return {"version": 1, "id": record.id, "values": record.request["values"], "files": files, **result}


def _lock(path: Path) -> Any:
    """An open file that only one server can have."""
    file = path.open("a+b")
    try:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise InputError(f"{path.parent} is used by another server: stop it, or choose another --data.") from error
    return file
