"""``person.json``: a person's name and consent, the videos from which they were made, and the weights adapted to them.

| key         | what                                                                                              |
|-------------|---------------------------------------------------------------------------------------------------|
| `format`    | the text "talkinghead-person"                                                                     |
| `version`   | 1                                                                                                 |
| `name`      | the person's name                                                                                 |
| `consent`   | how they agreed                                                                                   |
| `videos`    | list of `file` (relative to the folder), `digest` (SHA-256) and `seconds` of each reference video |
| `minutes`   | how much of the videos is used, or null for all                                                   |
| `face`      | which face of several, or null for the largest                                                    |
| `sound_late`| seconds by which the sound is late against the picture, which trainings take off; 0 if left out   |
| `program`   | the version of talkinghead that wrote it                                                          |
| `prepared`  | digests of the files that preparation made, by name; empty until it is done                       |
| `adapted`   | method -> stage -> scores of its adapted weights                                                  |
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.foreign import read_json
from talkinghead.media.files import write_beside
from talkinghead.store import file_digest

FORMAT = "talkinghead-person"
VERSION = 1
FILE = "person.json"

Scores = Mapping[str, Any]


@dataclass(frozen=True)
class SourceVideo:
    """A video from which a person was made: its path, the SHA-256 of its content, its length in seconds."""

    file: str
    digest: str
    seconds: float


@dataclass(frozen=True)
class PersonRecord:
    """The content of ``person.json``; see the module."""

    name: str
    consent: str
    videos: tuple[SourceVideo, ...]
    minutes: float | None = None
    face: int | None = None
    program: str = ""
    sound_late: float = 0.0
    prepared: Mapping[str, str] = field(default_factory=dict)
    adapted: Mapping[str, Mapping[str, Scores]] = field(default_factory=dict)


def has_record(folder: Path) -> bool:
    """Whether a path is a folder with a ``person.json`` in it."""
    return (folder / FILE).is_file()


def read_record(folder: Path) -> PersonRecord:
    """The record of a person.

    Raises:
        InputError: the folder is not a person, or its record was truncated, edited or made by another version.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give one that talkinghead adapt made.")
    if not path.is_file():
        raise InputError(
            f"{folder} is a folder without {FILE}, not a person: make one with talkinghead adapt VIDEO -o {folder}."
        )
    return _record_from(read_json(path, kind="the record of a person", remedy=_AGAIN), path)


_AGAIN = "make the person again with talkinghead adapt."


def _record_from(content: Any, path: Path) -> PersonRecord:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path} is not the record of a person: {_AGAIN}")
    if content.get("version") != VERSION:
        raise InputError(
            f"{path} is of version {str(content.get('version'))[:20]} and this program reads version {VERSION}: "
            "upgrade talkinghead, or make the person again with talkinghead adapt."
        )
    fields = {key: value for key, value in content.items() if key not in ("format", "version")}
    for name, is_right in _RIGHT.items():
        if name in _LATER and name not in fields:
            continue
        if name not in fields or not is_right(fields[name]):
            raise InputError(f"{path} was edited or cut off (its {name} is missing or wrong): {_AGAIN}")
    unknown = sorted(set(fields) - set(_RIGHT))
    if unknown:
        raise InputError(f"{path} was edited (it has an unknown {unknown[0][:40]!r}): take that out again.")
    videos = tuple(SourceVideo(v["file"], v["digest"], float(v["seconds"])) for v in fields.pop("videos"))
    return PersonRecord(videos=videos, **fields)


def _is_video(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"file", "digest", "seconds"}
        and isinstance(value["file"], str)
        and isinstance(value["digest"], str)
        and _is_positive(value["seconds"])
    )


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and bool(value),
    "consent": lambda value: isinstance(value, str),
    "videos": lambda value: isinstance(value, list) and bool(value) and all(map(_is_video, value)),
    "minutes": lambda value: value is None or _is_positive(value),
    "face": lambda value: value is None or (type(value) is int and value >= 1),
    "program": lambda value: isinstance(value, str),
    "sound_late": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10,
    "prepared": lambda value: isinstance(value, dict) and all(isinstance(digest, str) for digest in value.values()),
    "adapted": lambda value: (
        isinstance(value, dict)
        and all(isinstance(stages, dict) for stages in value.values())
        and all(isinstance(scores, dict) for stages in value.values() for scores in stages.values())
    ),
}

_LATER = ("sound_late",)
"""Fields that records of older programs lack."""


def write_record(record: PersonRecord, folder: Path) -> None:
    """Write ``person.json`` atomically.

    Raises:
        InputError: the folder cannot be written to.
    """
    content = {"format": FORMAT, "version": VERSION, **dataclasses.asdict(record)}
    with write_beside(folder / FILE, overwrite=True) as part:
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def find_videos(record: PersonRecord, folder: Path) -> tuple[Path, ...]:
    """The reference videos of a record, verified to be unchanged.

    Raises:
        InputError: one is missing, or has changed.
    """
    paths = []
    for video in record.videos:
        path = Path(os.path.normpath(folder / video.file))
        if not path.is_file():
            raise InputError(f"{path} is not there any more, and {folder} was made from it: put it back.")
        if file_digest(path) != video.digest:
            raise InputError(
                f"{path} has changed since {folder} was made from it: put the old video back, or make a new person."
            )
        paths.append(path)
    return tuple(paths)
