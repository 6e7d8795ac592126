"""Jobs as JSON values: round trips, and one sentence for all that is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from talkinghead.errors import InputError
from talkinghead.production import Job
from talkinghead.production.job import INPUTS, OUTPUTS

FULL = Job(
    face="a.png",
    out="a.mp4",
    speech="a.wav",
    language="de",
    transcript="Grüße 你好",
    method="attentional_landmarks",
    config="tiny",
    renderer="warp",
    kind="photo",
    fps=12.5,
    which_face=2,
    background="#00b140",
    visible_mark=False,
    show="attention",
    overwrite=True,
    seed=7,
    head=0.5,
    blink=1,
    motion_out="a.npz",
    motion="b.npz",
)
LEAST = {"face": "a.png", "out": "a.mp4"}


@pytest.mark.parametrize("job", [FULL, Job("a.png", "a.mp4", text="Hi.", voice="en-us+f3", rate=1.5)])
def test_a_job_survives_json(job: Job) -> None:
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_json_names_the_version_and_leaves_out_what_is_not_there() -> None:
    values = Job("a.png", "a.mp4").to_json()
    assert values["version"] == 1
    assert values["method"] == "makeittalk"
    assert "speech" not in values
    assert None not in values.values()


def test_what_is_left_out_has_its_usual_value() -> None:
    assert Job.from_json(LEAST) == Job("a.png", "a.mp4")
    assert Job.from_json({**LEAST, "fps": None, "version": 1}) == Job("a.png", "a.mp4")


def sentence_of(content: object) -> str:
    """What is said of a job that cannot be used: one sentence."""
    with pytest.raises(InputError) as caught:
        Job.from_json(content, name="bad.json")
    sentence = str(caught.value)
    assert sentence.startswith("bad.json")
    assert sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", sentence)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"backgroud": "#00b140"}, '"backgroud" is unknown (did you mean "background"?)'),
        ({"Seed": 1}, '"Seed" is unknown (did you mean "seed"?)'),
        ({"colour": "red"}, '"colour" is unknown: correct it'),
        ({"x" * 1000: 1}, "xxx…"),
        ({"fps": [25]}, '"fps" must be text or a number or null, not [25]'),
        ({"fps": True}, '"fps" must be text or a number or null, not true'),
        ({"seed": 1.5}, '"seed" must be a whole number, not 1.5'),
        ({"seed": None}, '"seed" must be a whole number, not null'),
        ({"head": [1]}, '"head" must be a number, not [1]'),
        ({"blink": False}, '"blink" must be text or a number, not false'),
        ({"overwrite": "yes"}, '"overwrite" must be true or false, not "yes"'),
        ({"overwrite": 1}, '"overwrite" must be true or false, not 1'),
        ({"face": 3}, '"face" must be text, not 3'),
        ({"face": {"path": "y" * 1000}}, "yyy…"),
        ({"face": ""}, '"face" must not be empty'),
        ({"speech": "a\0b"}, '"speech" holds a NUL character'),
        ({"text": "\ud83d"}, '"text" holds half of a character'),
        ({"speech": "\ud83d"}, '"speech" holds half of a character'),
    ],
)
def test_a_fault_is_named(changed: dict[str, Any], told: str) -> None:
    assert told in sentence_of({**LEAST, **changed})


def test_all_faults_stand_in_one_sentence() -> None:
    sentence = sentence_of({"facs": "a.png", "fps": [25], "seed": 0.5})
    for told in (
        '"facs" is unknown (did you mean "face"?)',
        '"fps"',
        '"seed"',
        '"face" is missing',
        '"out" is missing',
    ):
        assert told in sentence


@pytest.mark.parametrize("content", [None, [], "text", 3, [LEAST]])
def test_what_is_no_object_is_no_job(content: object) -> None:
    assert "is not a job" in sentence_of(content)


@pytest.mark.parametrize("version", [2, 0, "1", True, None])
def test_another_version(version: object) -> None:
    assert "upgrade talkinghead" in sentence_of({**LEAST, "version": version})


def test_a_job_made_in_python_is_checked_too() -> None:
    with pytest.raises(InputError, match='the job cannot be used, "seed" must be a whole number'):
        Job("a.png", "a.mp4", seed="1")  # type: ignore[arg-type]


def test_paths_are_fields() -> None:
    assert {*INPUTS, *OUTPUTS} < {each.name for each in fields(Job)}
