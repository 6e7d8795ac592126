"""Output of the command line: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from talkinghead.production import Made

STOPPED = 130  # the exit code after Ctrl-C

STDERR = Console(stderr=True)
STDOUT = Console()


def tell(sentence: str) -> None:
    """Write one sentence to stderr unwrapped, above a progress bar if there is one."""
    STDERR.print(Text(sentence), soft_wrap=True)


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
