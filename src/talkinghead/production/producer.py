"""From jobs to files: all of a job's files or none, with progress and cancelling."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from talkinghead.cancellation import cancel_when, checkpoint
from talkinghead.errors import InputError
from talkinghead.production.checks import parse_blink
from talkinghead.production.dub_checks import is_painted
from talkinghead.production.work import Work, check_job

if TYPE_CHECKING:
    from talkinghead.pipeline import TalkingHead
    from talkinghead.production.job import Job
    from talkinghead.types import ImageArray, Motion, Portrait, Progress, Speech, Video

    View: TypeAlias = Callable[[Motion], ImageArray]

Cancel: TypeAlias = "Callable[[], bool] | threading.Event"

_People: TypeAlias = tuple[tuple[Path, int] | None, ...]
_Key: TypeAlias = tuple[str, str, str | None, _People]

_KEPT_MODELS = 4


@dataclass(frozen=True)
class Made:
    """The result of a job.

    Attributes:
        paths: the files by their content: "video" and, if requested, "motion", "arkit" and "show".
        seconds: duration of the video.
        size: (width, height) px.
        fps: frames per second.
        work: seconds that motion, rendering and encoding took, without loading and reading.
    """

    paths: Mapping[str, Path]
    seconds: float
    size: tuple[int, int]
    fps: float
    work: float


def run_job(job: Job, *, progress: Progress | None = None, cancel: Cancel | None = None) -> Made:
    """Make the files of one job; arguments and errors as for ``Producer.run``."""
    return Producer().run(job, progress=progress, cancel=cancel)


class Producer:
    """Runs jobs one after the other and keeps loaded networks; to be used by one thread at a time.

    Args:
        kept: how many methods with their renderers stay loaded; the least recently used is dropped first.
    """

    def __init__(self, *, kept: int = _KEPT_MODELS) -> None:
        self._kept = kept
        self._heads: OrderedDict[_Key, TalkingHead] = OrderedDict()

    def run(self, job: Job, *, progress: Progress | None = None, cancel: Cancel | None = None) -> Made:
        """Make the files of a job, which all appear together at the end; after an exception none does.

        Args:
            job: what to make.
            progress: hook (stage, done, total); the stages are "model", "speech", "portrait" ("track" for a video to
                dub), "motion", "render" and "encode". The last two take turns: frames are encoded while others are
                rendered.
            cancel: an event or a function that says whether to stop. It is checked at every
                ``cancellation.checkpoint``, several times a second, except while networks are loaded for the first time
                or the words of a long transcript are aligned.

        Raises:
            InputError: as for ``check_job``, or a file turns out to be unreadable, shows no face, or finds no room.
            WorkCancelledError: ``cancel`` requested it.
        """
        is_cancelled = cancel.is_set if isinstance(cancel, threading.Event) else cancel
        with nullcontext() if is_cancelled is None else cancel_when(is_cancelled):
            return self._run(check_job(job), _report_to(progress))

    def load(self, method: str) -> None:
        """Load a method's networks, so that its first job need not wait for them."""
        self._load(method, "small", None, (None, None))

    def _run(self, work: Work, report: Progress) -> Made:
        job = work.job
        report("model", 0, 1)
        head = self._head(job)
        report("model", 1, 1)
        speech = work.source.read(report)
        report("speech", 1, 1)
        work.announce_difference(speech.duration)
        if job.task == "dub":
            return self._dub(work, head, speech, report)
        report("portrait", 0, 1)
        staged, portrait = work.figure.load(head)
        view = None if job.show is None else head.view(job.show, portrait)
        report("portrait", 1, 1)
        return _make(work, staged, speech, portrait, view=view, report=report)

    def _dub(self, work: Work, head: TalkingHead, speech: Speech, report: Progress) -> Made:
        from talkinghead.production.dubbed import prepare_job

        began = time.monotonic()
        dubbing = prepare_job(work, head, speech, report)
        size = dubbing.appearance.video.size
        return _write(work, dubbing.motion, dubbing.video(progress=report), size, view=None, began=began, report=report)

    def _head(self, job: Job) -> TalkingHead:
        dubbed = job.task == "dub"
        # What usually warps the mouths of dubbed videos belongs to no method.
        renderer = None if dubbed and not is_painted(job) else job.renderer
        people = (job.who if dubbed else job.face, job.style)
        return self._load(job.method, job.config, renderer, tuple(_find_person(path) for path in people))

    def _load(self, method: str, config: str, renderer: str | None, people: _People) -> TalkingHead:
        from talkinghead.pipeline import TalkingHead

        key = (method, config, renderer, people)
        if key not in self._heads:
            person, style = (None if found is None else found[0] for found in people)
            self._heads[key] = TalkingHead.from_pretrained(
                method, config=config, renderer=renderer, person=person, style=style
            )
        self._heads.move_to_end(key)
        while len(self._heads) > self._kept:
            self._heads.popitem(last=False)
        return self._heads[key]


def _find_person(path: str | None) -> tuple[Path, int] | None:
    """The folder of a person, and when it was last changed; None where the path is a file."""
    if path is None or not Path(path).is_dir():
        return None
    folder = Path(path).resolve()
    return folder, (folder / "person.json").stat().st_mtime_ns


def _report_to(progress: Progress | None) -> Progress:
    """The hook, with a checkpoint before each step."""

    def report(stage: str, done: int, total: int) -> None:
        checkpoint()
        if progress is not None:
            progress(stage, done, total)

    return report


def _make(
    work: Work, head: TalkingHead, speech: Speech, portrait: Portrait, *, view: View | None, report: Progress
) -> Made:
    began = time.monotonic()
    motion = _motion(work, head, speech, portrait, report)
    video = head.video(motion, portrait, speech, progress=report)
    return _write(work, motion, video, portrait.frames.size, view=view, began=began, report=report)


def _write(
    work: Work,
    motion: Motion,
    video: Video,
    size: tuple[int, int],
    *,
    view: View | None,
    began: float,
    report: Progress,
) -> Made:
    """Write the files; ``size`` is (width, height) px of the frames, ``began`` when the work did."""
    from talkinghead.media.files import write_together

    paths = work.outputs.paths()
    with write_together(tuple(paths.values()), work.job.overwrite) as written:
        parts = dict(zip(paths, written))
        _write_beside(motion, paths, parts, view)
        _write_video(work, video, parts["video"], report)
    width, height = size
    if work.outputs.video.suffix.lower() != ".gif":
        width, height = width + width % 2, height + height % 2
    return Made(paths, len(motion) / motion.fps, (width, height), motion.fps, time.monotonic() - began)


def _motion(work: Work, head: TalkingHead, speech: Speech, portrait: Portrait, report: Progress) -> Motion:
    """The motion to render: a new one, or the saved one with its changes."""
    from talkinghead.pipeline import fit_motion

    job, blink = work.job, parse_blink(work.job.blink)
    if work.motion is None:
        return head.motion(speech, portrait, fps=work.fps, seed=job.seed, head=job.head, blink=blink, progress=report)
    report("motion", 0, 1)
    motion = fit_motion(work.motion, speech, fps=work.fps, seed=job.seed, head=job.head, blink=blink)
    report("motion", 1, 1)
    return motion


def _write_beside(motion: Motion, paths: Mapping[str, Path], parts: Mapping[str, Path], view: View | None) -> None:
    """Write the small files first, so that a full disk is noticed early."""
    from talkinghead.media import save_image
    from talkinghead.media.files import explain_full_disk
    from talkinghead.motion.export import export_motion
    from talkinghead.motion.files import write_motion

    for name, part in parts.items():
        with explain_full_disk(paths[name]):
            try:
                if name == "motion":
                    with part.open("wb") as file:
                        write_motion(motion, file, name=str(paths[name]))
                elif name == "arkit":
                    export_motion(motion, part, overwrite=True)
                elif name == "show" and view is not None:
                    save_image(view(motion), part)
            except InputError as error:
                message = str(error).replace(str(part), str(paths[name])).replace(part.name, paths[name].name)
                raise InputError(message) from error


def _write_video(work: Work, video: Video, part: Path, report: Progress) -> None:
    from talkinghead.media.files import explain_full_disk
    from talkinghead.media.writer import encode_video

    path = work.outputs.video
    with explain_full_disk(path):
        encode_video(video, part, name=path, visible_mark=work.job.visible_mark, progress=report)
