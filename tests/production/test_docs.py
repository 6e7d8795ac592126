"""``docs/jobs.md`` says what is true: its table is that of the dataclass, its example can be loaded."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from talkinghead.cli.animate import animate
from talkinghead.cli.dub import dub
from talkinghead.production import Job
from talkinghead.production.job import INPUTS, OUTPUTS
from talkinghead.production.values import describe_type

PAGE = Path(__file__).parents[2] / "docs" / "jobs.md"
ALSO_NO_PATH = {"voice", "background"}


def options() -> dict[str, str]:
    """What the commands call the fields; the task is the command itself."""
    named = {"task": "animate, dub"}
    parameters = {
        **inspect.signature(dub, eval_str=True).parameters,
        **inspect.signature(animate, eval_str=True).parameters,
    }
    for name, parameter in parameters.items():
        told = getattr(parameter.annotation, "__metadata__", [None])[0]
        # Typer keeps the first flag in the place of a default.
        first = getattr(told, "default", None)
        flags = [first] if isinstance(first, str) and first.startswith("-") else []
        usual = told.metavar if type(told).__name__ == "ArgumentInfo" else f"--{name.replace('_', '-')}"
        named[name] = flags[0] if flags else usual
    return {**named, "visible_mark": named["no_visible_mark"]}


def meanings() -> dict[str, str]:
    """What the docstring says about each field."""
    told = (inspect.getdoc(Job) or "").split("Attributes:\n")[1]
    return dict(re.findall(r"^ +(\w+): (.*)$", told, re.MULTILINE))


def row(field: Field[Any]) -> str:
    """A line of the table."""
    kind = describe_type(str(field.type)).removesuffix(" or null")
    if field.name in {*INPUTS, *OUTPUTS} - ALSO_NO_PATH:
        kind = "a path"
    usual = "" if field.default in (MISSING, None) else f"`{json.dumps(field.default)}`"
    meaning = meanings()[field.name].replace("``", "`").removesuffix(".")
    cells = (f"`{field.name}`", kind, usual, f"`{options()[field.name]}`", meaning)
    return f"| {' | '.join(cells)} |"


def test_the_table_of_fields_is_that_of_the_dataclass() -> None:
    rows = [row(field) for field in fields(Job)]
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert shown == rows, "the table in docs/jobs.md is to be:\n" + "\n".join(rows)


def test_the_example_is_a_job() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert Job.from_json(json.loads(example)).arkit == "hello.csv"
