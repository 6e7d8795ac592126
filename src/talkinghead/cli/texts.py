"""Texts from a file or from standard input."""

from __future__ import annotations

import sys
from pathlib import Path

STDIN = "-"


def read_given_text(name: str) -> str:
    """The text in a file or, for "-", from standard input.

    Raises:
        InputError: as for ``production.source.read_text``.
    """
    from talkinghead.production.source import LARGEST_TEXT, decode_text, read_text

    if name != STDIN:
        return read_text(Path(name))
    return decode_text(sys.stdin.buffer.read(LARGEST_TEXT + 1), "standard input")
