"""What the command line says, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

STOPPED = 130  # the exit code of what Ctrl-C stopped

STDERR = Console(stderr=True)
STDOUT = Console()


def tell(sentence: str) -> None:
    """Write one sentence to stderr as it is, however long, above a progress bar if there is one."""
    STDERR.print(Text(sentence), soft_wrap=True)


class _Notes(logging.Handler):
    """Shows what is announced, each thing once."""

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
    """While this lasts, what ``errors.announce`` says is shown on stderr as ``note: ...``."""
    logger, notes = logging.getLogger("talkinghead"), _Notes()
    logger.addHandler(notes)
    try:
        yield
    finally:
        logger.removeHandler(notes)
