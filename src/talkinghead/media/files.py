"""What can go wrong with a file before its content matters, and how one is written so that no half of it is left."""

from __future__ import annotations

import errno
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from talkinghead.cancellation import note_file
from talkinghead.errors import InputError
from talkinghead.parts import (
    create_part,
    delay_signals,
    hidden_name,
    is_part,
    note_moves,
    remove_dead_parts,
    remove_part,
)

_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/{1,3}(?=[^/])")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_address(path: str | os.PathLike[str]) -> bool:
    """Whether a name begins as a web address does, such as https://."""
    return _ADDRESS.match(os.fspath(path)) is not None


def refuse_address(path: str | os.PathLike[str]) -> None:
    """Raise ``InputError`` for a web address, which people give instead of a file."""
    given = os.fspath(path)
    found = _ADDRESS.match(given)
    if found is None or os.path.exists(given):
        return
    # Paths have lost one of the two slashes.
    address = f"{found[1]}://{given[found.end() :]}" if found[0].endswith(":/") else given
    raise InputError(f"{address} is an address, and nothing is downloaded: save it as a file and give that.")


def existing_file(path: str | os.PathLike[str]) -> Path:
    """The path, once it is sure that a file with something in it is there.

    Raises:
        InputError: nothing is there, it is an address, a folder or a device, it may not be read, or it is empty.
    """
    refuse_address(path)
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
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # from Python 3.14 on, the questions below keep silent about names that are too long
        if path.is_dir():
            raise InputError(f"{path} is a folder: add a file name.")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file: choose another name.")
        if folder.is_dir():
            remove_dead_parts(folder)
        if os.path.lexists(path) and not overwrite:
            raise InputError(f"{path} already exists: choose another name or allow overwriting (--overwrite).")
        if not folder.exists():
            make = f"mkdir -p {shlex.quote(str(folder))}"
            raise InputError(f"{path} cannot be written for its folder does not exist: make it first ({make}).")
        if not folder.is_dir():
            raise InputError(f"{folder} is a file, not a folder: choose another place for {path.name}.")
        # Permission bits do not tell the whole truth (root, read-only and network disks): only trying does.
        remove_part(create_part(path))
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


def make_folder(path: str | os.PathLike[str]) -> Path:
    """The folder, made where it is missing, once it is sure that files can be made in it.

    Raises:
        InputError: it is a file, or it cannot be made or written to.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        remove_part(create_part(path / "x"))
    except FileExistsError as error:
        raise InputError(f"{path} is a file: give a folder, which may be new.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be written to ({error.strerror or type(error).__name__}): choose another folder."
        ) from error
    return path


@contextmanager
def write_beside(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """A hidden, empty file beside ``path`` to write to; at the end it is named ``path``, upon an exception it vanishes.

    A part file of ``write_together`` is yielded itself, so that functions that write whole files can write one.

    Raises:
        InputError: the disk is full, or a file of this name appeared meanwhile and ``overwrite`` is off.
    """
    if is_part(path):
        yield path
        return
    with write_together((path,), overwrite) as (part,), explain_full_disk(path):
        yield part


@contextmanager
def write_together(paths: Sequence[Path], overwrite: bool = False) -> Iterator[tuple[Path, ...]]:
    """As ``write_beside`` for several files: at the end all of them get their names, upon an exception none does.

    An older file that was to be replaced is then there as before.

    Raises:
        InputError: as ``write_beside``. A full disk while they are written is for ``explain_full_disk`` to tell.
    """
    parts: list[Path] = []
    try:
        for folder in {path.parent for path in paths}:
            remove_dead_parts(folder)
        for path in paths:
            with explain_full_disk(path, all_faults=True):
                parts.append(create_part(path))
        yield tuple(parts)
        for path, part in zip(paths, parts):
            with explain_full_disk(path):
                _flush_to_disk(part)
        for path in paths:
            if path.exists() and not overwrite:
                raise InputError(f"{path} appeared while it was being made: choose another name or allow overwriting.")
        with delay_signals():
            _place(paths, parts)
    finally:
        for part in parts:
            remove_part(part)


@contextmanager
def explain_full_disk(path: Path, *, all_faults: bool = False) -> Iterator[None]:
    """Turn an ``OSError`` of a full disk (``all_faults``: every one) into an ``InputError`` that names ``path``."""
    try:
        yield
    except OSError as error:
        if all_faults or error.errno in _NO_ROOM:
            raise _cannot_write(path, error) from error
        raise


def _place(paths: Sequence[Path], parts: Sequence[Path]) -> None:
    """Give the parts their names; if one cannot get its own, all is as it was before."""
    for path, part in zip(paths, parts):
        note_file(path, part)
    if len(paths) == 1:
        parts[0].replace(paths[0])
        return
    older = {path: hidden_name(path, "older") for path in paths if path.exists()}
    with explain_full_disk(paths[0]), note_moves(dict(zip(parts, paths)), tuple(older.values())):
        try:
            for path, part in zip(paths, parts):
                if path in older:
                    _keep_older(path, older[path])
                part.replace(path)
        except BaseException:
            for path, part in zip(paths, parts):
                if path in older and older[path].exists():
                    older[path].replace(path)
                elif path not in older and not part.exists():
                    path.unlink(missing_ok=True)
            raise
        finally:
            for kept in older.values():
                kept.unlink(missing_ok=True)


def _keep_older(path: Path, kept: Path) -> None:
    """Give the file at ``path`` a second, hidden name."""
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links
        path.replace(kept)


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
