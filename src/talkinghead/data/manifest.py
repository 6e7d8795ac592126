"""The table of a folder of the shared recordings."""

from __future__ import annotations

import csv
from pathlib import Path

from talkinghead.errors import InputError

MANIFEST = "manifest.csv"
"""The table's name in the folder."""


def manifest_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of ``manifest.csv`` in a folder, by the names of its columns.

    Raises:
        InputError: there is none, or it is not a table.
    """
    try:
        with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{folder}: no {MANIFEST} ({error}); name the folder of the shared recordings.") from None
    except (ValueError, csv.Error) as error:
        raise InputError(f"{folder / MANIFEST}: not a readable table ({error}); write it as CSV in UTF-8.") from None
