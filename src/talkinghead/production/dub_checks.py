"""Checks of jobs whose task is to dub a video, and of those whose task is not."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError, announce
from talkinghead.production.checks import parse_mix

if TYPE_CHECKING:
    from talkinghead.production.job import Job

TASKS = ("animate", "dub")
MOUTH_WARP = "mouth-warp"
PAINTERS = ("composition", "render-to-video", "space-time")
"""Renderers of whole heads whose mouths and cheeks can be laid over a video."""
# Fields that go with one task only, and what they are called.
_ANIMATED = {
    "fps": "--fps",
    "landmarks": "--landmarks",
    "background": "--background",
    "show": "--show",
    "head": "--head",
    "blink": "--blink",
    "motion": "--motion",
}
_DUBBED = {"length": "--length", "mix": "--mix", "who": "--who"}
_TOLD_S = 300.0  # of work that is announced before it begins
# Roughly, on two CPU cores: what a frame takes, and what a megapixel of it adds. 0.039 s at 1280 x 720 px are measured.
_FRAME_S, _MEGAPIXEL_S = 0.02, 0.021
_PAINTED_S = 0.1  # what a frame takes more whose mouth composition paints


def check_task(job: Job) -> None:
    """Raise ``InputError`` for an unknown task, or a field that does not go with it."""
    from talkinghead.dubbing import LENGTHS

    if job.task not in TASKS:
        raise InputError(f"the task {job.task} is unknown: choose {' or '.join(TASKS)}.")
    usual = {each.name: each.default for each in fields(job)}
    others = _ANIMATED if job.task == "dub" else _DUBBED
    for name, called in others.items():
        if getattr(job, name) != usual[name]:
            if job.task == "dub":
                raise InputError(f"{called} goes with talkinghead animate: a dubbed video keeps all but its lips.")
            raise InputError(f"{called} goes with talkinghead dub: leave it out.")
    if job.task == "dub":
        parse_mix(job.mix)
        if job.length not in LENGTHS:
            raise InputError(f"--length {job.length} is unknown: choose {', '.join(LENGTHS)}.")
        if job.renderer not in (None, MOUTH_WARP, *PAINTERS):
            able = f"{MOUTH_WARP}, {', '.join(PAINTERS[:-1])} or {PAINTERS[-1]}"
            raise InputError(f"--renderer {job.renderer} cannot redraw mouths in a video: choose {able}.")


def is_painted(job: Job) -> bool:
    """Whether the mouths of a dubbed video are painted by a renderer of whole heads."""
    return job.task == "dub" and job.renderer in PAINTERS


def check_video(path: Path, *, painted: bool = False) -> None:
    """Raise ``InputError`` for what is no video; announce a rate that changes, and how long a long one will take.

    Args:
        path: the file.
        painted: whether a renderer of heads paints its mouths.
    """
    from talkinghead.media import VideoReader, sniff

    if path.is_dir():
        raise InputError(f"{path} is a folder: give a video to dub; talkinghead animate takes persons.")
    if sniff(path) == "image":
        raise InputError(f"{path} is a picture: talkinghead animate lets it speak, talkinghead dub takes videos.")
    video = VideoReader(path, quick=True)
    if video.is_variable:
        announce(f"{path} has a variable frame rate: the result has {video.fps:g} frames per second.")
    width, height = video.size
    frame_s = _FRAME_S + _MEGAPIXEL_S * width * height / 1e6 + _PAINTED_S * painted
    seconds = video.duration * video.fps * frame_s
    if seconds > _TOLD_S:
        announce(
            f"{path} has {video.duration / 60:.0f} minutes of {width} x {height} px at {video.fps:g} fps: "
            f"dubbing it will take about {seconds / 60:.0f} minutes on two CPU cores."
        )
