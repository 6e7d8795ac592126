"""Overriding some values of a job, as a command line does with a job from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from talkinghead.errors import announce
from talkinghead.production.job import Job

# Replacing one of these fields makes fields about the old value useless, such as a recording's words or the place of a
# picture's face. All other fields stay.
_GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "speech": ("text", "text_file", "voice", "language", "rate", "transcript", "alignment"),
    "text": ("speech", "text_file", "transcript", "alignment"),
    "text_file": ("speech", "text", "transcript", "alignment"),
    "voice": ("language",),
    "language": ("voice",),
    "transcript": ("alignment",),
    "alignment": ("transcript",),
    "face": ("which_face", "landmarks", "kind", "who", "references"),
    "landmarks": ("which_face",),
    "which_face": ("landmarks", "who"),
    "who": ("which_face",),
}


def override_job(job: Job, values: Mapping[str, Any], *, name: str = "the job") -> Job:
    """The job with other values, and without those that were about replaced ones.

    For example, a new ``speech`` replaces ``text`` and drops ``voice``, ``transcript`` and other fields about the old
    one; a new ``face`` drops ``landmarks``. Dropped fields that are not given again are announced.

    Args:
        job: the job.
        values: new values by field.
        name: of the job in announcements.

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
        announce(f"{name}: {', '.join(dropped)} left out, because {given} is given anew.")
    return Job.from_json({**content, **values})
