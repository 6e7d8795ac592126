"""Jobs in files: JSON whose relative paths start from the file's own folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json
from talkinghead.production.job import INPUTS, OUTPUTS, Job

_LARGEST = 20_000_000  # bytes: a job may hold the text of a book
_MODEL_SUFFIX = ".onnx"


def load_job(path: str | os.PathLike[str]) -> Job:
    """The job in a JSON file; relative paths from the file's folder become relative to the current one.

    Raises:
        InputError: the file cannot be read, is not JSON, or not a job (``Job.from_json``).
    """
    from talkinghead.media.files import existing_file

    path = existing_file(path)
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise InputError(f"{path} has more than {_LARGEST / 1e6:g} MB: no job is that large.")
    try:
        values = parse_json(content.decode("utf-8-sig"), make_object=_object_from_pairs)
    except ValueError as error:
        raise InputError(f"{path} is not a job in JSON ({_reason(error)}): write one with --save-job.") from error
    job = Job.from_json(values, name=str(path))
    return place_paths(job, lambda name: os.path.join(path.parent, name))


def save_job(job: Job, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a job for ``load_job``, with paths relative to the file's folder.

    Args:
        job: the job.
        path: a file that ends in .json.
        overwrite: whether it may replace an older one.

    Raises:
        InputError: the file exists, cannot be written, has another suffix, or is one that the job itself reads or
            writes.
    """
    from talkinghead.media.files import check_writable, write_beside

    path = Path(path)
    if path.suffix.lower() != ".json":
        raise InputError(f"the job {path} has an unknown suffix {path.suffix!r}: choose .json.")
    _check_apart(path, job)
    check_writable(path, overwrite)
    job = place_paths(job, lambda name: _path_from(path.parent, name))
    with write_beside(path, overwrite) as part:
        part.write_bytes(_encode(job.to_json()))
    return path


def _encode(values: dict[str, Any]) -> bytes:
    try:
        return f"{json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)}\n".encode()
    except UnicodeEncodeError:  # a file name with bytes that are not text
        return f"{json.dumps(values, indent=2, allow_nan=False)}\n".encode()


def place_paths(job: Job, place: Callable[[str], str], names: Iterable[str] = (*INPUTS, *OUTPUTS)) -> Job:
    """The job with another base for all its relative paths, or for those in some fields."""
    values = {name: getattr(job, name) for name in names}
    relative = {name: value for name, value in values.items() if value is not None and _is_relative(name, value)}
    placed: dict[str, Any] = {name: place(value) for name, value in relative.items()}
    return replace(job, **placed)


def _is_relative(name: str, value: str) -> bool:
    if name == "background" and value.startswith("#"):
        return False
    from talkinghead.media.files import is_address

    if is_address(value):
        return False
    if name == "voice" and not value.lower().endswith(_MODEL_SUFFIX):
        return False
    return not os.path.isabs(value)


def _path_from(folder: Path, name: str) -> str:
    try:
        return Path(os.path.relpath(name, folder)).as_posix()
    except ValueError:  # on Windows, another drive
        return os.path.abspath(name)


def _check_apart(path: Path, job: Job) -> None:
    called = {**INPUTS, **OUTPUTS}
    for each in fields(job):
        value = getattr(job, each.name)
        if each.name in called and value is not None and os.path.realpath(value) == os.path.realpath(path):
            raise InputError(
                f"{path} is given as {called[each.name]} and for the job: choose another name for the job."
            )


def _object_from_pairs(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{twice}" is given twice')
    return values


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return " ".join(str(error).split())
