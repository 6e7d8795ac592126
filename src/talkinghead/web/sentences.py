"""What clients are told: the one sentence of the command line, without anything of the server's disk."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_LONGEST_NAME = 80
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# Absolute paths of POSIX with at least two parts, and those of Windows.
_PATHS = re.compile(r"(?<![\w./:])(?:/[^\s'\"`:;,()<>|/]+){2,}/?|\b[A-Za-z]:\\[^\s'\"`:;,()<>|]+")

FAULT = "a fault of the program, not of what was given: try again, and tell those who run the server of {id}."


class RefusedError(Exception):
    """A request is refused.

    Args:
        status: of HTTP.
        sentence: for the client.
        retry: after how many seconds to try again, or None.
    """

    def __init__(self, status: int, sentence: str, *, retry: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry = status, sentence, retry


def display_name(given: str) -> str:
    """The name of a client's file as it is shown: the last part of its path, without control characters."""
    name = _CONTROLS.sub("", re.split(r"[/\\]", given)[-1]).strip()
    return name[:_LONGEST_NAME] or "file"


def safe_suffix(given: str) -> str:
    """The suffix of a client's file name if it is an ordinary one, else ""."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", given, re.ASCII)
    return found[0] if found else ""


def hide_paths(sentence: str, names: Mapping[Path, str]) -> str:
    """The sentence with the clients' own names of files, and nothing of other paths but their last parts.

    Args:
        sentence: as the command line would show it.
        names: what clients call the files.
    """
    for path in sorted(names, key=lambda path: -len(str(path))):
        sentence = sentence.replace(str(path), names[path])
    for path, name in names.items():
        sentence = re.sub(rf"(?<![\w./-]){re.escape(path.name)}(?![\w/-])", lambda _, name=name: name, sentence)  # type: ignore[misc]
    sentence = _PATHS.sub(lambda found: os.path.basename(found[0].replace("\\", "/").rstrip("/")), sentence)
    return _CONTROLS.sub(" ", sentence)
