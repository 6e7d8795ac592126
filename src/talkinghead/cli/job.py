"""The job that the commands share: speech and a portrait become a file, with one line about it at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from talkinghead.cli.console import tell
from talkinghead.cli.options import FASTEST_FPS, Wishes
from talkinghead.errors import InputError, announce

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from talkinghead.pipeline import TalkingHead
    from talkinghead.types import ImageArray, Motion, Portrait, Progress, Speech

    Shown: TypeAlias = tuple[Callable[[Motion], ImageArray], Path]

_USUAL_FPS = 25.0
_TOLD_DIFFERENCE_S = 0.1


@dataclass(frozen=True)
class Made:
    """What was made.

    Attributes:
        path: the video.
        seconds: how long it is.
        size: (width, height) px.
        fps: frames per second.
        work: seconds that rendering and encoding took.
    """

    path: Path
    seconds: float
    size: tuple[int, int]
    fps: float
    work: float


def make_video(
    head: TalkingHead,
    speech: Speech,
    portrait: Portrait,
    *,
    out: Path,
    wishes: Wishes,
    progress: Progress,
    saved: Motion | None = None,
    motion_out: Path | None = None,
    shown: Shown | None = None,
) -> Made:
    """Animate a portrait and write the video, and what else is asked for: all or, upon any exception, nothing.

    Args:
        head: generator and renderer.
        speech: what to say.
        portrait: who says it.
        out: the video.
        wishes: how.
        progress: hook (stage, done, total).
        saved: a motion to render instead of making one.
        motion_out: where to save the motion as it is rendered.
        shown: what to show of how it is rendered, and where.
    """
    from talkinghead.media import save_video
    from talkinghead.pipeline import fit_motion

    fps = wishes.fps or (_USUAL_FPS if saved is None else saved.fps)
    began = time.monotonic()
    seed, amount, blink = wishes.seed, wishes.head, wishes.blink
    if saved is None:
        motion = head.motion(speech, portrait, fps=fps, seed=seed, head=amount, blink=blink, progress=progress)
    else:
        motion = fit_motion(saved, speech, fps=fps, seed=seed, head=amount, blink=blink)
    with _motion_beside(motion, motion_out, wishes.overwrite), _write_view_beside(motion, shown, wishes.overwrite):
        video = head.video(motion, portrait, speech, progress=progress)
        save_video(video, out, visible_mark=wishes.visible_mark, overwrite=wishes.overwrite, progress=progress)
    width, height = portrait.frames.size
    if out.suffix.lower() != ".gif":
        width, height = width + width % 2, height + height % 2
    return Made(out, len(motion) / fps, (width, height), fps, time.monotonic() - began)


@contextmanager
def _motion_beside(motion: Motion, path: Path | None, overwrite: bool) -> Iterator[None]:
    """Write a motion under a hidden name, so that a full disk shows early; it gets its own if the block succeeds."""
    if path is None:
        yield
        return
    from talkinghead.media.files import write_beside
    from talkinghead.motion.files import save_motion

    with write_beside(path, overwrite) as part:
        try:
            save_motion(motion, part, overwrite=True)
        except InputError as error:
            raise InputError(str(error).replace(str(part), str(path))) from error
        yield


@contextmanager
def _write_view_beside(motion: Motion, shown: Shown | None, overwrite: bool) -> Iterator[None]:
    """Write what is to be shown under a hidden name; it gets its own if the block succeeds."""
    if shown is None:
        yield
        return
    from talkinghead.media import save_image
    from talkinghead.media.files import write_beside

    view, path = shown
    with write_beside(path, overwrite) as part:
        save_image(view(motion), part)
        yield


def read_saved_motion(path: Path, fps: float | None) -> Motion:
    """The motion in a file, once it is sure that it can be rendered at ``fps`` (None: its own).

    Raises:
        InputError: it cannot be read, or its own frame rate is absurd.
    """
    from talkinghead.motion.files import load_motion

    motion = load_motion(path)
    if fps is None and motion.fps > FASTEST_FPS:
        raise InputError(f"{path} has {motion.fps:g} frames per second: choose at most {FASTEST_FPS:g} with --fps.")
    return motion


def tell_difference(path: Path, motion: Motion, duration: float) -> None:
    """Announce what becomes of a saved motion that is longer or shorter than the speech (s)."""
    own = len(motion) / motion.fps
    if abs(own - duration) > max(_TOLD_DIFFERENCE_S, 1.5 / motion.fps):
        becomes = "its last pose is held" if own < duration else "the rest of it is cut off"
        announce(f"{path} lasts {own:.1f} s and the speech {duration:.1f} s: {becomes}.")


def report(made: Made, began: float) -> None:
    """The path on stdout; on stderr one line about the video and the time since ``began`` (``time.monotonic()``)."""
    width, height = made.size
    about = f"{made.seconds:.2f} s of video, {width} x {height} px at {made.fps:g} fps"
    megabytes = made.path.stat().st_size / 1e6
    factor = made.work / made.seconds
    wall = time.monotonic() - began
    tell(f"{about}, {megabytes:.2f} MB, made in {wall:.1f} s (real-time factor {factor:.2f} without loading)")
    typer.echo(os.fsencode(made.path))
