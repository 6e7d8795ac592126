"""Types of a job's values, and descriptions of wrong ones."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence

from talkinghead.errors import InputError

# The values that a field accepts, by its annotation.
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "str": ("text", (str,)),
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "bool": ("true or false", (bool,)),
}
_FREE_TEXT = {"text", "transcript"}
_LONGEST_SHOWN = 40


def describe_type(annotation: str) -> str:
    """The annotation of a field in words.

    >>> describe_type("str | float"), describe_type("int | None")
    ('text or a number', 'a whole number or null')
    """
    return " or ".join("null" if part == "None" else _TYPES[part][0] for part in annotation.split(" | "))


def fault_of(name: str, annotation: str, value: object) -> str | None:
    """What is wrong with the value of a field, as part of a sentence; None if nothing is."""
    parts = annotation.split(" | ")
    if value is None and "None" in parts:
        return None
    allowed = tuple(kind for part in parts if part != "None" for kind in _TYPES[part][1])
    # In Python, True is a number.
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        return f'"{name}" must be {describe_type(annotation)}, not {_shorten(value)}'
    return _fault_of_text(name, value) if isinstance(value, str) else None


def describe_unknown(name: str, known: Collection[str]) -> str:
    """A description of a field that does not exist, as part of a sentence."""
    import difflib

    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    hint = f' (did you mean "{near[0]}"?)' if near else ""
    return f"{_shorten(name)} is unknown{hint}"


def refuse(name: str, faults: Sequence[str]) -> None:
    """Raise ``InputError`` with all the faults in one sentence, if there are any."""
    if faults:
        raise InputError(f"{name} cannot be used, {'; '.join(faults)}: correct it, docs/jobs.md has the fields.")


def _fault_of_text(name: str, value: str) -> str | None:
    if not value and name not in _FREE_TEXT:
        return f'"{name}" must not be empty'
    try:
        # Names of files may contain bytes that are not text.
        value.encode("utf-8") if name in _FREE_TEXT else os.fsencode(value)
    except UnicodeEncodeError:
        return f'"{name}" holds half of a character'
    return f'"{name}" holds a NUL character' if "\0" in value else None


def _shorten(value: object) -> str:
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
