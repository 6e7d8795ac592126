"""What can go wrong with a file before its content matters, and how one is written so that no half of it is left."""

from __future__ import annotations

import errno
import os
import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from talkinghead.errors import InputError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def existing_file(path: str | os.PathLike[str]) -> Path:
    """The path, once it is sure that a file with something in it is there.

    Raises:
        InputError: nothing is there, it is a folder or a device, it may not be read, or it is empty.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a file inside it.")
        if not path.exists():
            raise InputError(f"{path} does not exist: check the name and the folder.")
        if not path.is_file():
            raise InputError(f"{path} is not a regular file: save its content to a file first.")
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError(f"{path} is empty: export or download it again.")
    except PermissionError as error:
        raise InputError(f"{path} may not be read: change its permissions.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): copy it to another disk.") from error
    return path


def check_writable(path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """The path, once it is sure that a file can be made there.

    Raises:
        InputError: it is a folder or a device, it exists and ``overwrite`` is off, or its folder is missing, is none,
            or cannot be written to.
    """
    path = Path(path)
    folder = path.parent
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: add a file name.")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file: choose another name.")
        if path.exists() and not overwrite:
            raise InputError(f"{path} already exists: choose another name or allow overwriting (--overwrite).")
        if not folder.exists():
            make = f"mkdir -p {shlex.quote(str(folder))}"
            raise InputError(f"{path} cannot be written for its folder does not exist: make it first ({make}).")
        if not folder.is_dir():
            raise InputError(f"{folder} is a file, not a folder: choose another place for {path.name}.")
        # Permission bits do not tell the whole truth (root, read-only and network disks): only trying does.
        _create(_part(path)).unlink()
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


@contextmanager
def write_beside(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """A hidden, empty file beside ``path`` to write to; at the end it is named ``path``, upon an exception it vanishes.

    Raises:
        InputError: the disk is full, or a file of this name appeared meanwhile and ``overwrite`` is off.
    """
    part = _part(path)
    try:
        _create(part)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        yield part
        _flush_to_disk(part)
        if path.exists() and not overwrite:
            raise InputError(f"{path} appeared while it was being made: choose another name or allow overwriting.")
        part.replace(path)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _cannot_write(path, error) from error
        raise
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _part(path: Path) -> Path:
    # A cut stem, for names near the file system's limit must not become too long for it.
    return path.with_name(f".{path.stem[:40]}.{secrets.token_hex(4)}.part{path.suffix}")


def _create(path: Path) -> Path:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return path


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _cannot_write(path: Path, error: OSError) -> InputError:
    if error.errno in _NO_ROOM:
        folder = path.absolute().parent
        return InputError(f"the disk of {folder} is full: free some space or write {path.name} elsewhere.")
    if error.errno == errno.ENAMETOOLONG:
        return InputError(f"{path} is too long a name: choose a shorter one.")
    reason = error.strerror or type(error).__name__
    return InputError(f"{path.parent} cannot be written to ({reason}): choose another folder for {path.name}.")
