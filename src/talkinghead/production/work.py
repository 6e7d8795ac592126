"""A checked job, with everything that can be known before the work begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError, announce
from talkinghead.production.checks import FASTEST_FPS, check_ranges, parse_fps
from talkinghead.production.dub_checks import check_task
from talkinghead.production.figure import Figure
from talkinghead.production.job import INPUTS
from talkinghead.production.outputs import Outputs
from talkinghead.production.source import Source

if TYPE_CHECKING:
    from talkinghead.production.job import Job
    from talkinghead.types import Motion

_USUAL_FPS = 25.0
_TOLD_DIFFERENCE_S = 0.1


@dataclass(frozen=True)
class Work:
    """A checked job.

    Attributes:
        job: the job.
        figure: whom to show.
        source: what to say, with its text read.
        outputs: the files to write.
        motion: the saved motion to render, or None.
        fps: frames per second.
    """

    job: Job
    figure: Figure
    source: Source
    outputs: Outputs
    motion: Motion | None
    fps: float

    def announce_difference(self, duration: float) -> None:
        """Announce how a saved motion that is longer or shorter than the speech (s) is fitted to it."""
        if self.motion is None:
            return
        own = len(self.motion) / self.motion.fps
        if abs(own - duration) > max(_TOLD_DIFFERENCE_S, 1.5 / self.motion.fps):
            becomes = "its last pose is held" if own < duration else "the rest of it is cut off"
            announce(f"{self.job.motion} lasts {own:.1f} s and the speech {duration:.1f} s: {becomes}.")


def check_job(job: Job) -> Work:
    """Check a job as far as possible before the work begins, outputs first.

    Raises:
        InputError: a value is out of range, values contradict each other, a file cannot be written or read, or the
            method or voice does not exist.
    """
    check_ranges(job)
    check_task(job)
    _refuse_addresses(job)
    _check_style(job)
    source, figure, outputs = Source.of_job(job), Figure.of_job(job), Outputs.of_job(job)
    motion = None if job.motion is None else Path(job.motion)
    outputs.check({**figure.files(), **source.files(), "--motion": motion}, overwrite=job.overwrite)
    figure.check()
    source = source.prepare()
    fps = parse_fps(job.fps)
    saved = None if motion is None else _read_motion(motion, fps)
    _check_method(job, source)
    return Work(job, figure, source, outputs, saved, fps or (_USUAL_FPS if saved is None else saved.fps))


def _read_motion(path: Path, fps: float | None) -> Motion:
    """The motion in a file, after checking that it can be rendered at ``fps`` (None: its own)."""
    from talkinghead.motion.files import load_motion

    motion = load_motion(path)
    if fps is None and motion.fps > FASTEST_FPS:
        raise InputError(f"{path} has {motion.fps:g} frames per second: choose at most {FASTEST_FPS:g} with --fps.")
    return motion


def _refuse_addresses(job: Job) -> None:
    """Raise ``InputError`` for a web address among the files to read, while it still has all its slashes."""
    from talkinghead.media.files import refuse_address

    for name in INPUTS:
        value = getattr(job, name)
        if value is not None:
            refuse_address(value)


def _check_method(job: Job, source: Source) -> None:
    from talkinghead.methods import get_method, method_names

    if get_method(job.method).emotional:
        return
    if job.emotion is not None:
        able = " or ".join(name for name in method_names() if get_method(name).emotional)
        raise InputError(f"--emotion goes only with --method {able}, {job.method} shows none: leave it out.")
    if source.spans:
        announce(f"{job.method} shows no emotions: those in the text are left out.")


def _check_style(job: Job) -> None:
    if job.style is None:
        return
    if job.motion is not None:
        raise InputError(
            "--style and --motion are both given: a saved motion has its own style; leave one of them out."
        )
    from talkinghead.methods import get_method
    from talkinghead.person import open_person

    open_person(job.style).find_style(get_method(job.method))
