"""Part files: hidden files beside an output that hold it until it is whole, and that do not outlive their run.

A run holds a lock on each of its part files. The system takes it away when the run is killed, and the next run that
writes to the folder removes part files without a lock. Files that appear together are noted in a journal before the
first of them gets its name, so that the next run gives the others theirs if the run is killed in between.

On POSIX the lock is ``flock`` on the part file itself, and where it cannot be had (some network disks), nothing is
removed. On Windows open files can be neither renamed nor deleted, so the run keeps a second, empty file open beside
each part file: while it cannot be deleted, the run lives.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from talkinghead.errors import InputError, announce

_NAME = re.compile(r"\..*\.[0-9a-f]{8}\.part(\.[^.]*)?")
_OLDER = re.compile(r"\..*\.[0-9a-f]{8}\.older(\.[^.]*)?")
_JOURNAL = re.compile(r"\..*\.[0-9a-f]{8}\.journal")
_LOCK = ".lock"
_LARGEST_JOURNAL = 100_000  # bytes
_LOCKS: dict[Path, int] = {}  # of the part files of this process: descriptors
_SWEPT: set[Path] = set()  # folders of caches in which this process has looked


def hidden_name(path: Path, kind: str) -> Path:
    """A new, hidden name beside ``path``."""
    # A cut stem, for names near the file system's limit must not become too long for it.
    return path.with_name(f".{path.stem[:40]}.{secrets.token_hex(4)}.{kind}{path.suffix}")


def create_part(path: Path) -> Path:
    """A new, empty part file for ``path``, locked until ``remove_part``.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        part = hidden_name(path, "part")
        if _create_locked(part):
            return part


def remove_part(part: Path) -> None:
    """Give up a part file: it is deleted, if it has not got its name, and no longer locked."""
    part.unlink(missing_ok=True)
    descriptor = _LOCKS.pop(part, None)
    if descriptor is not None:
        os.close(descriptor)
        if sys.platform == "win32":
            _lock_beside(part).unlink(missing_ok=True)


def is_part(path: Path) -> bool:
    """Whether a path is a part file of this process."""
    return path in _LOCKS


@contextmanager
def replace_whole(path: Path) -> Iterator[Path]:
    """A part file to write to, for a file of a cache or a training: at the end it replaces ``path``.

    What killed runs have left in the folder is removed when this process first writes there.

    Raises:
        OSError: the folder cannot be made or written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent not in _SWEPT:
        _SWEPT.add(path.parent)
        remove_dead_parts(path.parent)
    part = create_part(path)
    try:
        yield part
        part.replace(path)
    finally:
        remove_part(part)


def remove_dead_parts(folder: Path) -> None:
    """Tidy what killed runs have left in a folder, which is announced.

    Files that were whole but for their name get it, and part files are deleted.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        for name in names:
            if _JOURNAL.fullmatch(name) and folder / name not in _LOCKS:
                _finish(folder / name)
        removed = [
            name
            for name in names
            if _NAME.fullmatch(name) and folder / name not in _LOCKS and _remove_dead(folder / name)
        ]
        for name in names if sys.platform == "win32" else ():  # of files that have got their names
            if name.endswith(_LOCK) and _NAME.fullmatch(name.removesuffix(_LOCK)):
                _take_over(folder / name.removesuffix(_LOCK))
        if removed:
            announce(f"what a killed run left in {folder} is deleted: {', '.join(removed)}.")


@contextmanager
def note_moves(moves: Mapping[Path, Path], older: Sequence[Path]) -> Iterator[None]:
    """Meanwhile, journals tell the next run which part files are whole and what they are to be called.

    Args:
        moves: part file -> name; each folder gets a journal of its own.
        older: hidden names that files to be replaced have meanwhile.

    Raises:
        OSError: a journal cannot be written.
    """
    journals: list[Path] = []
    try:
        for folder in {path.parent for path in moves.values()}:
            own = {part.name: path.name for part, path in moves.items() if path.parent == folder}
            kept = [path.name for path in older if path.parent == folder]
            journal = hidden_name(folder / next(iter(own.values())).partition(".")[0], "journal")
            while not _create_locked(journal):
                pass
            journals.append(journal)
            with journal.open("w", encoding="utf-8") as file:
                json.dump({"moves": own, "older": kept}, file)
                file.flush()
                os.fsync(file.fileno())
        yield
    finally:
        for journal in journals:
            remove_part(journal)


def _finish(journal: Path) -> None:
    """Give the files in the journal of a killed run their names."""
    if not _take_over(journal):
        return
    from talkinghead.foreign import read_json

    moves, older = {}, []
    with suppress(InputError, AttributeError, KeyError, TypeError, ValueError):
        content = read_json(journal, kind="a journal", remedy="delete it.", largest=_LARGEST_JOURNAL)
        moves, older = dict(content["moves"]), list(content["older"])
    finished = []
    # Names alone, and only of part files: a journal may have come with the folder from elsewhere.
    for part, name in moves.items():
        target = journal.with_name(str(name).replace("/", ""))
        if not _NAME.fullmatch(str(part)) or target.name != name or target.name.startswith("."):
            continue
        if (journal.parent / part).is_file() and not _is_newer(target, journal) and _take_over(journal.parent / part):
            (journal.parent / part).replace(target)
            finished.append(target.name)
    for name in older:
        if _OLDER.fullmatch(str(name)):
            (journal.parent / name).unlink(missing_ok=True)
    journal.unlink(missing_ok=True)
    if finished:
        announce(f"what a killed run had finished in {journal.parent} got its name: {', '.join(finished)}.")


def _is_newer(path: Path, than: Path) -> bool:
    return path.exists() and path.stat().st_mtime_ns > than.stat().st_mtime_ns


def _remove_dead(part: Path) -> bool:
    """Delete a part file unless a run holds its lock; whether that was so."""
    if not _take_over(part):
        return False
    try:
        part.unlink()
    except OSError:
        return False
    return True


def _create_locked(part: Path) -> bool:
    """Make a file that nobody but this process will take for a dead run's; False: another run did meanwhile."""
    locked = _lock_beside(part) if sys.platform == "win32" else part
    descriptor = os.open(locked, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    if sys.platform == "win32":
        _LOCKS[part] = descriptor
        try:
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError:
            remove_part(part)
            raise
        return True
    # Another run may have taken it for a dead one's before it was locked.
    if _lock(descriptor) is not False and part.exists():
        _LOCKS[part] = descriptor
        return True
    os.close(descriptor)
    return False


def _take_over(part: Path) -> bool:
    """Whether the run that made a file is gone."""
    if sys.platform == "win32":
        try:
            # Files that are open elsewhere, if not opened for sharing their deletion, cannot be deleted.
            _lock_beside(part).unlink(missing_ok=True)
        except OSError:
            return False
        return True
    try:
        descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone
        return False
    try:
        return bool(_lock(descriptor))
    finally:
        os.close(descriptor)


def _lock_beside(part: Path) -> Path:
    return part.with_name(part.name + _LOCK)


def _lock(descriptor: int) -> bool | None:
    """Lock an open file: False if another run holds it, None if it cannot be locked."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextmanager
def delay_signals() -> Iterator[None]:
    """Meanwhile, Ctrl-C and SIGTERM wait; what they would have done happens at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where no signals arrive
        return
    arrived: list[tuple[int, FrameType | None]] = []
    before = {
        number: signal.signal(number, lambda *given: arrived.append(given))
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(signal.getsignal(number))
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for arrival, frame in arrived:
            handler = before[signal.Signals(arrival)]
            if callable(handler):
                handler(arrival, frame)
