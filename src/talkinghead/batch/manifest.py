"""The table of a batch: one row is one job, or with globs as many as there are files."""

from __future__ import annotations

import csv
import glob
import io
import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json, read_content, refuse_damage
from talkinghead.production.job import INPUTS, OUTPUTS, Job
from talkinghead.production.job_files import place_paths
from talkinghead.production.values import describe_unknown, refuse

_KIND, _REMEDY = "a manifest", "write it as CSV with a header, or as one JSON object a line, in UTF-8."
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_ANNOTATIONS = {each.name: str(each.type) for each in fields(Job)}
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SPREAD = ("face", "speech", "text_file", "motion")  # fields in which a glob stands for several files
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Row:
    """A job of a manifest, or why there is none.

    Attributes:
        number: line of the manifest, counted from 1 without the header of CSV; those of one glob share it.
        name: of the video below the batch's folder.
        job: with absolute paths; None: there is none.
        why: why there is none, in one sentence.
    """

    number: int
    name: str
    job: Job | None
    why: str = ""


def read_manifest(path: Path, out: Path) -> list[Row]:
    """The rows of a manifest.

    Columns are a job's fields. Empty cells have the usual value. Relative inputs start from the manifest's folder,
    outputs from ``out``. ``*``, ``?`` and ``[...]`` in a face, speech, text file or motion stand for all files that
    match, in alphabetical order; of two such fields in a row, each goes with each. ``out`` may be left out, and may
    hold ``{face}``, ``{speech}`` and ``{row}``.

    Raises:
        InputError: the file cannot be read, is empty, or has columns that a job does not have. What is wrong with one
            row is told in the row.
    """
    from talkinghead.media.files import existing_file

    path = existing_file(path)
    content = read_content(path, kind=_KIND, remedy=_REMEDY)
    with refuse_damage(path, kind=_KIND, remedy=_REMEDY):
        text = content.decode("utf-8-sig")
        if path.suffix.lower() in _JSON_LINES:
            lines = [(number, parse_json(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        else:
            lines = list(enumerate(_read_csv(text), 1))
    if not lines:
        raise InputError(f"{path} has no rows: {_REMEDY}")
    _check_columns(path, [values for _, values in lines])
    rows: list[Row] = []
    taken: set[str] = set()
    for number, values in lines:
        for row in _rows_of(number, values, path.absolute().parent, out.absolute(), taken):
            taken.add(row.name)
            rows.append(row)
    return rows


def _read_csv(text: str) -> Iterator[dict[str, Any]]:
    for cells in csv.DictReader(io.StringIO(text, newline=""), strict=True):
        if None in cells:
            raise ValueError("a row has more cells than the header")
        yield {name.strip(): cell for name, cell in cells.items() if cell is not None and cell.strip()}


def _check_columns(path: Path, lines: list[Any]) -> None:
    """Raise ``InputError`` unless each line is an object with a job's fields."""
    if not all(isinstance(values, dict) for values in lines):
        raise InputError(f"{path} has a line that is no object: {_REMEDY}")
    names = dict.fromkeys(name for values in lines for name in values)
    refuse(
        str(path), [describe_unknown(name, _ANNOTATIONS) for name in names if name not in {*_ANNOTATIONS, "version"}]
    )
    if "face" not in names:
        raise InputError(f'{path} has no "face": {_REMEDY}')


def _rows_of(number: int, values: Mapping[str, Any], base: Path, out: Path, taken: set[str]) -> Iterator[Row]:
    """The row's jobs, one for each combination of files."""
    called = f"row {number}"
    try:
        given = {name: _parse(name, value) for name, value in values.items()}
        globs = {name: _expand(str(given[name]), base) for name in _SPREAD if given.get(name) is not None}
    except InputError as error:
        yield Row(number, called, None, f"{called}: {error}")
        return
    spread = {name: found for name, found in globs.items() if found is not None}
    for chosen in itertools.product(*spread.values()):
        yield _row_of(number, {**given, **dict(zip(spread, chosen))}, base, out, taken)


def _row_of(number: int, values: dict[str, Any], base: Path, out: Path, taken: set[str]) -> Row:
    called = f"row {number}"
    try:
        name = _name_of(number, values, taken)
        job = Job.from_json({**values, "out": name}, name=called)
        if name in taken:
            raise InputError(f"{called} writes {name} as another row does: choose another name for one of them.")
        job = place_paths(job, lambda given: os.path.normpath(base / given), INPUTS)
        job = place_paths(job, lambda given: os.path.normpath(out / given), OUTPUTS)
        for field in OUTPUTS:
            written = getattr(job, field)
            if written is not None and out not in Path(written).parents:
                raise InputError(f"{called} writes {written}, which is not below {out}: give a name without folders.")
    except InputError as error:
        return Row(number, called, None, str(error))
    return Row(number, name, job)


def _parse(name: str, value: Any) -> Any:
    """The value of a cell; a text that should be something else is tried as that."""
    annotation = _ANNOTATIONS.get(name, "str")
    if not isinstance(value, str) or name == "version":
        return value
    text = value.strip()
    if "bool" in annotation and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    for kind, convert in (("int", int), ("float", float)):
        if kind in annotation:
            try:
                return convert(text)
            except ValueError:
                continue
    return value if name in ("text", "transcript") else text


def _expand(value: str, base: Path) -> list[str] | None:
    """The files that a glob stands for; None: it is the name of one."""
    if not glob.has_magic(value) or (base / value).exists():
        return None
    found = sorted(glob.glob(str(base / value), recursive=True))
    found = [each for each in found if os.path.isfile(each)]
    if not found:
        raise InputError(f"no file matches {value}: check the name and the folder.")
    return found


def _name_of(number: int, values: Mapping[str, Any], taken: set[str]) -> str:
    """Of the video, below the batch's folder."""
    face = Path(str(values.get("face", ""))).stem
    said = next((str(values[name]) for name in ("speech", "text_file") if values.get(name)), "")
    speech = Path(said).stem or f"row{number}"
    wanted = values.get("out")
    if wanted is not None:
        for place, filled in (("{face}", face), ("{speech}", speech), ("{row}", str(number))):
            wanted = str(wanted).replace(place, filled)
        return Path(wanted).as_posix()
    stem = re.sub(r"[^\w.-]+", "_", f"{face}-{speech}")[:_LONGEST_NAME] or f"row{number}"
    names = itertools.chain([f"{stem}.mp4"], (f"{stem}-{count}.mp4" for count in itertools.count(2)))
    return next(name for name in names if name not in taken)
