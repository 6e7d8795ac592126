"""Sound from standard input or a pipe, which can be read only once, as a file that can be read again."""

from __future__ import annotations

import logging
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from talkinghead.cancellation import checkpoint
from talkinghead.cli.texts import STDIN
from talkinghead.errors import InputError

_LARGEST = 4_000_000_000  # bytes; days of compressed sound
_PIECE = 2**20


def is_stream(path: str | Path | None) -> bool:
    """Whether a path means standard input, or is a pipe such as ``<(command)``.

    >>> is_stream(Path("-")), is_stream(Path("speech.wav")), is_stream(None)
    (True, False, False)
    """
    if path is None:
        return False
    try:
        return str(path) == STDIN or stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def seekable_file(path: str | Path | None) -> Iterator[str | Path | None]:
    """The path itself, or for a stream a temporary file with all of it, which is gone afterwards.

    Messages name the stream, not that file.

    Raises:
        InputError: nothing comes from the stream, too much of it, or there is no room for it.
    """
    if path is None or not is_stream(path):
        yield path
        return
    from talkinghead.media.files import explain_full_disk  # which imports numpy

    with tempfile.TemporaryDirectory(prefix="talkinghead-") as folder:
        kept = Path(folder) / ("standard-input" if str(path) == STDIN else "pipe")
        with explain_full_disk(kept, all_faults=True):
            _save(Path(path), kept)
        with _call_by_name(kept, _name(path)):
            yield kept


@contextmanager
def _call_by_name(kept: Path, name: str) -> Iterator[None]:
    """Meanwhile, errors and announcements call a temporary file what it was made of."""

    def rename(record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace(str(kept), name), ()
        return True

    logger = logging.getLogger("talkinghead")
    logger.addFilter(rename)
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace(str(kept), name)) from error
    finally:
        logger.removeFilter(rename)


def _name(path: str | Path) -> str:
    return "standard input" if str(path) == STDIN else str(path)


def _save(path: str | Path, kept: Path) -> None:
    name, total = _name(path), 0
    with kept.open("wb") as file:
        for piece in _pieces(path):
            checkpoint()
            total += len(piece)
            if total > _LARGEST:
                raise InputError(f"{name} brings more than {_LARGEST / 1e9:g} GB: give SPEECH in parts.")
            file.write(piece)
    if total == 0:
        raise InputError(f"{name} is empty: send a sound file into it.")


def _pieces(path: str | Path) -> Iterator[bytes]:
    if str(path) != STDIN:
        with Path(path).open("rb") as stream:
            yield from _pieces_of(stream)
        return
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed: send a sound file into it.")
    if sys.stdin.isatty():
        raise InputError("standard input is the keyboard: send a sound file into it, or name one.")
    yield from _pieces_of(sys.stdin.buffer)


def _pieces_of(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece
