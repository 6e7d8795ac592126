"""From the record of a task to what a worker does, and from what it returns to the result that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkinghead.errors import InputError
from talkinghead.production.producer import Made
from talkinghead.web.forms import job_of_form
from talkinghead.web.page_tasks import EvaluateVideo
from talkinghead.web.records import TaskRecord
from talkinghead.web.tasks import AdaptPerson

if TYPE_CHECKING:
    from talkinghead.production.messages import Task

FindPerson = Callable[[str], Path]
"""The folder of a person by id; raises ``InputError`` if there is none."""

PERSON = "person"
_INPUTS = "in"


def input_folder(folder: Path) -> Path:
    """Where the uploaded files of a task lie."""
    return folder / _INPUTS


def result_folder(record: TaskRecord, folder: Path) -> Path:
    """Where a task writes: another place each time it is begun, so that what a dead server left is never mistaken."""
    return folder / f"out-{record.starts}"


def input_files(record: TaskRecord, folder: Path) -> dict[str, list[Path]]:
    """The uploaded files by field."""
    given = record.request["files"]
    return {name: [input_folder(folder) / each["file"] for each in files] for name, files in given.items()}


def client_names(record: TaskRecord, folder: Path) -> dict[Path, str]:
    """What the client calls its files."""
    uploads = [each for files in record.request["files"].values() for each in files]
    return {input_folder(folder) / each["file"]: each["name"] for each in uploads}


def task_of(record: TaskRecord, folder: Path, find_person: FindPerson) -> Task:
    """What a worker does for a record.

    Raises:
        InputError: a value is of the wrong type or out of range, or the person is unknown.
    """
    task: Task = _MAKERS[record.kind](record, folder, find_person)
    return task


def result_of(value: Any, folder: Path) -> dict[str, Any]:
    """The result in plain JSON; ``files`` are named from the task's folder."""
    if isinstance(value, Made):
        value = {
            "files": value.paths,
            "seconds": value.seconds,
            "size": list(value.size),
            "fps": value.fps,
            "work": round(value.work, 3),
        }
    files = {name: Path(path).relative_to(folder).as_posix() for name, path in value["files"].items()}
    return {**value, "files": files}


def _make_job(record: TaskRecord, folder: Path, find_person: FindPerson) -> Task:
    values: Mapping[str, str] = record.request["values"]
    files = {name: paths[0] for name, paths in input_files(record, folder).items()}
    return job_of_form(values, files, result_folder(record, folder), find_person)


def _adapt_person(record: TaskRecord, folder: Path, find_person: FindPerson) -> AdaptPerson:
    values = dict(record.request["values"])
    methods = tuple(name.strip() for name in values.pop("methods", "").split(",") if name.strip())
    options: dict[str, Any] = {"methods": methods}
    for name, parse in {"minutes": float, "face": int, "steps": int}.items():
        if name in values:
            options[name] = _parse_number(name, values.pop(name), parse)
    videos = tuple(input_files(record, folder).get("videos", ()))
    if not videos:
        raise InputError("there are no videos: give at least one of the person.")
    if not values.get("consent", "").strip():
        raise InputError("nothing is said about the person's consent: give consent, a line on how they agreed.")
    task = AdaptPerson(videos, {**values, **options}, folder / PERSON)
    task.plan()
    return task


def _parse_number(name: str, text: str, parse: Callable[[str], float]) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{name} {text} is not a number: correct it.") from error


def _evaluate_video(record: TaskRecord, folder: Path, find_person: FindPerson) -> EvaluateVideo:
    files, names = input_files(record, folder), client_names(record, folder)
    if "video" not in files:
        raise InputError("there is no video: give the one to evaluate.")
    video, reference = files["video"][0], files["reference"][0] if "reference" in files else None
    told = names[video], None if reference is None else names[reference]
    return EvaluateVideo(video, reference, told, result_folder(record, folder))


_MAKERS: Mapping[str, Callable[[TaskRecord, Path, FindPerson], Any]] = {
    "job": _make_job,
    "person": _adapt_person,
    "evaluation": _evaluate_video,
}
