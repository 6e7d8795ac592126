"""Output of the command line: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from talkinghead.production import Made

STOPPED = 130  # the exit code after Ctrl-C

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

STDERR = Console(stderr=True)
STDOUT = Console()


def tell(sentence: str) -> None:
    """Write one sentence to stderr unwrapped, above a progress bar if there is one.

    Control characters, which names of files may hold, are shown as escapes: they would steer the terminal.
    """
    with suppress(OSError):  # a full disk behind it: there is nowhere left to say so
        STDERR.print(Text(escape_controls(sentence)), soft_wrap=True)


def escape_controls(text: str) -> str:
    """The text without characters that control a terminal or the direction of writing.

    >>> print(escape_controls("a\x1b[2Jb"))
    a\\x1b[2Jb
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def tell_made(made: Made, began: float) -> None:
    """The video's path on stdout; on stderr one line about it and the time since ``began`` (``time.monotonic()``)."""
    path = made.paths["video"]
    width, height = made.size
    about = f"{made.seconds:.2f} s of video, {width} x {height} px at {made.fps:g} fps"
    megabytes = path.stat().st_size / 1e6
    factor = made.work / made.seconds
    wall = time.monotonic() - began
    tell(f"{about}, {megabytes:.2f} MB, made in {wall:.1f} s (real-time factor {factor:.2f} without loading)")
    typer.echo(os.fsencode(path))


class _Notes(logging.Handler):
    """Shows announcements, each once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message not in self._told:
            self._told.add(message)
            tell(f"note: {message}")


@contextmanager
def notes_shown() -> Iterator[None]:
    """Meanwhile, show announcements of ``errors.announce`` on stderr as ``note: ...``."""
    logger, notes = logging.getLogger("talkinghead"), _Notes()
    logger.addHandler(notes)
    try:
        yield
    finally:
        logger.removeHandler(notes)
