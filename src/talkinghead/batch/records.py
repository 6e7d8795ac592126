"""What a batch has done: a journal in its folder, by which the next run knows finished rows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from talkinghead.batch.manifest import Row
from talkinghead.errors import announce
from talkinghead.production import Failure, Job, Made
from talkinghead.production.job import INPUTS, OUTPUTS
from talkinghead.store import file_digest, key_of
from talkinghead.version import __version__

JOURNAL = "batch.jsonl"


@dataclass(frozen=True)
class Record:
    """A finished row.

    Attributes:
        key: of its job and of the content of its inputs.
        files: name below the batch's folder -> SHA-256 of the content; the first is the video.
        seconds: duration of the video.
        size: (width, height) px.
        fps: frames per second.
        work: seconds that the work took, as ``Made`` counts them.
        wall: seconds from its beginning to its end, with all reading and loading.
        worker: who did it.
        attempts: how many workers began it.
        notes: what was announced.
    """

    key: str
    files: Mapping[str, str]
    seconds: float
    size: tuple[int, int]
    fps: float
    work: float
    wall: float = 0.0
    worker: str = ""
    attempts: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowOutcome:
    """What became of a row.

    Attributes:
        row: the row.
        record: of its files; None: it failed.
        failure: why it failed, or None.
        resumed: whether an earlier run had finished it.
    """

    row: Row
    record: Record | None = None
    failure: Failure | None = None
    resumed: bool = False


@dataclass
class Journal:
    """The records in a batch's folder, and the files that its runs have begun to write.

    Attributes:
        folder: of the batch.
        records: key -> record.
        begun: names of files below the folder that are the batch's own.
    """

    folder: Path
    records: dict[str, Record] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """The journal of a folder; lines that are damaged, such as the last of a run that was killed, count as none."""
        journal, damaged = cls(folder), 0
        path = folder / JOURNAL
        lines = path.read_bytes().splitlines() if path.exists() else []
        for line in lines:
            try:
                journal._read(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError):
                damaged += 1
        if damaged:
            announce(f"{path} has {damaged} damaged lines: what they told of is made again.")
        if lines and not path.read_bytes().endswith(b"\n"):
            with path.open("ab") as file:
                file.write(b"\n")
        return journal

    def find(self, key: str) -> Record | None:
        """The record of a row that was finished, if its files are still what they were."""
        record = self.records.get(key)
        if record is None:
            return None
        for name, digest in record.files.items():
            path = self.folder / name
            if not path.is_file() or file_digest(path) != digest:
                return None
        return record

    def note_begun(self, jobs: list[Job]) -> None:
        """Note the files that jobs are about to write."""
        names = sorted({name for job in jobs for name in files_of(job, self.folder)} - self.begun)
        if names:
            self.begun |= set(names)
            self._write({"begun": names})

    def note_finished(self, record: Record) -> None:
        """Note a finished row."""
        self.records[record.key] = record
        self._write({"finished": asdict(record)})

    def _read(self, line: Mapping[str, Any]) -> None:
        if "begun" in line:
            self.begun |= {str(name) for name in line["begun"]}
            return
        values = dict(line["finished"])
        known = {each.name: values[each.name] for each in fields(Record)}
        known |= {"size": tuple(values["size"]), "notes": tuple(values["notes"])}
        record = Record(**known)
        self.records[record.key] = record

    def _write(self, line: Mapping[str, Any]) -> None:
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def key_of_job(job: Job, folder: Path) -> str:
    """The key of a job: its values, the content of its inputs, the names of its outputs, the version of the program.

    Raises:
        OSError: an input cannot be read.
    """
    values = job.to_json()
    values.pop("overwrite", None)
    for name in INPUTS:
        given = values.get(name)
        if given is not None and os.path.exists(given):
            values[name] = _digest(Path(given))
    for name in OUTPUTS:
        if name in values:
            values[name] = os.path.relpath(values[name], folder)
    return key_of(__version__, json.dumps(values, sort_keys=True))


def files_of(job: Job, folder: Path) -> list[str]:
    """The names of a job's files below a folder, the video first."""
    from talkinghead.production.outputs import Outputs

    return [Path(os.path.relpath(path, folder)).as_posix() for path in Outputs.of_job(job).paths().values()]


def record_of(made: Made, key: str, folder: Path) -> Record:
    """The record of what was just made."""
    files = {Path(os.path.relpath(path, folder)).as_posix(): file_digest(path) for path in made.paths.values()}
    return Record(key, files, made.seconds, made.size, made.fps, made.work)


def _digest(path: Path) -> str:
    """Of a file's content, or of all files of a folder, such as a person's."""
    if path.is_file():
        return file_digest(path)
    found = sorted(each for each in path.rglob("*") if each.is_file())
    return key_of(*((each.relative_to(path).as_posix(), file_digest(each)) for each in found))
