"""Form fields of HTTP from the fields of ``Job`` and back: each field of a job that a client may decide is one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.production import Job
from talkinghead.production.job import INPUTS

# What the service decides itself, and inputs that are no files of the client.
_DECIDED = frozenset({"out", "motion_out", "arkit", "overwrite"})
_NAMED = frozenset({"voice"})
_PERSONS = frozenset({"style"})
_FILE_OR_TEXT = frozenset({"background"})
_PROSE = frozenset({"text", "transcript"})
_WITH_SLASH = frozenset({"fps", "mix", "background"})
_LONGEST_PROSE, _LONGEST_VALUE = 1_000_000, 200

VIDEO_FORMATS = ("mp4", "webm", "mov", "mkv", "m4v", "gif")
ARKIT_FORMATS = ("csv", "json", "glb")
_OWN = {
    "person": "a person made by this service, instead of `face`: the id that POST /v1/persons gave",
    "format": f"of the video: {', '.join(VIDEO_FORMATS)}",
    "arkit": f"export the motion for other programs, too: {', '.join(ARKIT_FORMATS)}",
}


@dataclass(frozen=True)
class FormField:
    """A field of a form.

    Attributes:
        name: of the field.
        schema: its type in OpenAPI.
        file: whether it may be a file.
        text: whether it may be text.
        longest: characters of the text.
        several: whether it may be given more than once.
    """

    name: str
    schema: Mapping[str, Any]
    file: bool = False
    text: bool = True
    longest: int = _LONGEST_VALUE
    several: bool = False


Form = Mapping[str, FormField]


@cache
def job_form() -> Form:
    """The fields of ``POST /v1/jobs``."""
    told = _meanings()
    found = [_form_field(each, told.get(each.name, "")) for each in fields(Job) if each.name not in _DECIDED]
    own = [FormField(name, {"type": "string", "description": what}) for name, what in _OWN.items()]
    return {each.name: each for each in (*found, *own)}


def person_form() -> Form:
    """The fields of ``POST /v1/persons``."""
    rows = (
        FormField("videos", _binary("reference videos of one person; may be given again"), True, False, several=True),
        FormField("consent", {"type": "string", "description": "how the person agreed to be animated"}, longest=10_000),
        FormField("name", {"type": "string", "description": "of the person"}),
        FormField("methods", {"type": "string", "description": "adapt these to the person, too: names with commas"}),
        FormField("minutes", {"type": "number", "description": "use at most the first of the videos"}),
        FormField("face", {"type": "integer", "description": "which of several: 1 is the leftmost"}),
        FormField("steps", {"type": "integer", "description": "training steps of each stage"}),
    )
    return {each.name: each for each in rows}


def evaluation_form() -> Form:
    """The fields of an evaluation."""
    rows = (
        FormField("video", _binary("the video to evaluate"), True, False),
        FormField("reference", _binary("the real video of the same speech"), True, False),
    )
    return {each.name: each for each in rows}


def body_schema(form: Form, *, required: tuple[str, ...] = (), example: Mapping[str, Any]) -> dict[str, Any]:
    """The request body of a form, for OpenAPI."""
    properties = {
        each.name: {"type": "array", "items": dict(each.schema)} if each.several else dict(each.schema)
        for each in form.values()
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    schema |= {"required": list(required), "example": dict(example)}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def job_of_form(
    values: Mapping[str, str], files: Mapping[str, Path], folder: Path, find_person: Callable[[str], Path]
) -> Job:
    """The job that a form describes.

    Args:
        values: the texts by field.
        files: the uploaded files by field.
        folder: where the job's files go.
        find_person: id -> the folder of a person; raises ``InputError`` if there is none.

    Raises:
        InputError: a value is of the wrong type, or a person is unknown.
    """
    given: dict[str, Any] = {name: _parse_value(name, text) for name, text in values.items() if name not in _OWN}
    given |= {name: str(find_person(values[name])) for name in _PERSONS if name in values}
    given |= {name: str(path) for name, path in files.items()}
    if "person" in values:
        if "face" in given:
            raise InputError("face and person are both given: choose one of them.")
        given["face"] = str(find_person(values["person"]))
    if "face" not in given:
        raise InputError("there is no face: give face, a picture or video, or person.")
    outputs: dict[str, Any] = {"out": folder / f"video.{_choice('format', values.get('format', 'mp4'), VIDEO_FORMATS)}"}
    if "motion" not in given or given.get("task", "animate") == "animate":
        outputs["motion_out"] = folder / "motion.npz"
    if "arkit" in values:
        outputs["arkit"] = folder / f"arkit.{_choice('arkit', values['arkit'], ARKIT_FORMATS)}"
    given |= {name: str(path) for name, path in outputs.items()}
    return Job(**given)


def check_texts(values: Mapping[str, str]) -> None:
    """Raise ``InputError`` for a text that is too long, or would be taken for a file of the server."""
    for name, text in values.items():
        field = job_form().get(name)
        longest = _LONGEST_VALUE if field is None else field.longest
        if len(text) > longest:
            raise InputError(f"{name} has more than {longest} characters: shorten it.")
        if name in _NAMED and (text.lower().endswith(".onnx") or re.search(r"[/\\]", text)):
            raise InputError(
                "voice must be the name of a voice that the service has: choose one of its list of voices."
            )
        if name == "background" and not text.startswith("#"):
            raise InputError("background must be a picture, uploaded as a file, or a colour such as #00b140.")
        if name not in _PROSE | _WITH_SLASH and re.search(r"[/\\\x00-\x1f]", text):
            raise InputError(f"{name} holds a character that no name has: correct it.")


def _form_field(each: Field[Any], told: str) -> FormField:
    name = each.name
    if name in _PERSONS:
        return FormField(name, {"type": "string", "description": f"{told.replace('folder', 'id')} of this service"})
    if name in INPUTS and name not in _NAMED | _FILE_OR_TEXT:
        return FormField(name, _binary(told), file=True, text=False)
    schema: dict[str, Any] = {"description": told, **_schema_of(str(each.type))}
    if each.default not in (MISSING, None):
        schema["default"] = each.default
    longest = _LONGEST_PROSE if name in _PROSE else _LONGEST_VALUE
    return FormField(name, schema, file=name in _FILE_OR_TEXT, longest=longest)


def _schema_of(annotation: str) -> dict[str, Any]:
    kinds = {"float": "number", "int": "integer", "bool": "boolean", "str": "string"}
    parts = [part for part in annotation.split(" | ") if part != "None"]
    return {"type": "string" if "str" in parts else kinds[parts[0]]}


def _binary(told: str) -> dict[str, Any]:
    return {"type": "string", "format": "binary", "description": told}


@cache
def _meanings() -> dict[str, str]:
    """What the docstring of ``Job`` says about each field."""
    told = (inspect.getdoc(Job) or "").partition("Attributes:\n")[2]
    return {name: text.replace("``", "`") for name, text in re.findall(r"^ +(\w+): (.*)$", told, re.MULTILINE)}


@cache
def _annotations() -> dict[str, str]:
    return {each.name: str(each.type) for each in fields(Job)}


def _parse_value(name: str, text: str) -> object:
    """The value in a form's text; text that is none of its type stays text, which ``Job`` refuses in its own words."""
    parts = _annotations()[name].split(" | ")
    if "bool" in parts:
        return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(text.lower(), text)
    if "int" in parts and re.fullmatch(r"[+-]?\d{1,25}", text, re.ASCII):
        return int(text)
    if "float" in parts and re.fullmatch(r"[+-]?(\d{1,25}(\.\d{0,25})?|\.\d{1,25})", text, re.ASCII):
        return float(text)
    return text


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise InputError(f"{name} {text} is unknown: choose {', '.join(choices[:-1])} or {choices[-1]}.")
    return text
