"""Part files: hidden files beside an output that hold it until it is whole, and that do not outlive their run.

A run holds a lock on each of its part files. The system takes it away when the run is killed, and the next run that
writes to the folder removes part files without a lock. Where there are no such locks (Windows, some network disks),
nothing is removed.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from talkinghead.errors import announce

_NAME = re.compile(r"\..*\.[0-9a-f]{8}\.part(\.[^.]*)?")
_LOCKS: dict[Path, int] = {}  # of the part files of this process: descriptors


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
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        if sys.platform == "win32":  # there, open files can neither be renamed nor deleted
            os.close(descriptor)
            return part
        # Another run may have taken it for a dead one's before it was locked.
        if _lock(descriptor) is not False and part.exists():
            _LOCKS[part] = descriptor
            return part
        os.close(descriptor)


def remove_part(part: Path) -> None:
    """Give up a part file: it is deleted, if it has not got its name, and no longer locked."""
    part.unlink(missing_ok=True)
    descriptor = _LOCKS.pop(part, None)
    if descriptor is not None:
        os.close(descriptor)


def is_part(path: Path) -> bool:
    """Whether a path is a part file of this process."""
    return path in _LOCKS


def remove_dead_parts(folder: Path) -> None:
    """Delete the part files that killed runs have left in a folder, which is announced."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = [
            entry.name for entry in entries if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]
        removed = [name for name in names if folder / name not in _LOCKS and _remove_dead(folder / name)]
        if removed:
            announce(f"what a killed run left in {folder} is deleted: {', '.join(removed)}.")


def _remove_dead(part: Path) -> bool:
    """Delete a part file unless a run holds its lock; whether that was so."""
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone
        return False
    try:
        if not _lock(descriptor):
            return False
        part.unlink()
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


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
