"""A job with some values given anew, as a command line does with a job from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from talkinghead.errors import announce
from talkinghead.production.job import Job

# Who gives one of these anew has no use for what the job says with it: of a recording its words, of a picture where its
# face is. What the other fields say stays.
_GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "speech": ("text", "text_file", "voice", "language", "rate", "transcript", "alignment"),
    "text": ("speech", "text_file", "transcript", "alignment"),
    "text_file": ("speech", "text", "transcript", "alignment"),
    "voice": ("language",),
    "language": ("voice",),
    "transcript": ("alignment",),
    "alignment": ("transcript",),
    "face": ("which_face", "landmarks", "kind"),
    "landmarks": ("which_face",),
    "which_face": ("landmarks",),
}


def override_job(job: Job, values: Mapping[str, Any], *, name: str = "the job") -> Job:
    """The job with other values, and without those that go with what was replaced.

    A new ``speech``, say, takes the place of ``text`` and drops ``voice``, ``transcript`` and what else was about the
    old one; a new ``face`` drops ``landmarks``. What is dropped without being given anew is announced.

    Args:
        job: the job.
        values: new values by field.
        name: what announcements call the job.

    Raises:
        InputError: a value is of the wrong type.
    """
    content = job.to_json()
    usual = {each.name: each.default for each in fields(Job) if each.default is not MISSING}
    companions = {other: given for given in values for other in _GOES_WITH.get(given, ()) if other not in values}
    dropped = {other: given for other, given in companions.items() if content.get(other) != usual[other]}
    for other in dropped:
        content.pop(other)
    if dropped:
        given = " and ".join(dict.fromkeys(dropped.values()))
        announce(f"{name}: {', '.join(dropped)} left out, for {given} is given anew.")
    return Job.from_json({**content, **values})
