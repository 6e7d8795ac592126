"""Jobs whose task is to dub a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError
from talkinghead.production.checks import parse_mix
from talkinghead.production.dub_checks import is_painted

if TYPE_CHECKING:
    from talkinghead.dubbing import Dubbing
    from talkinghead.pipeline import TalkingHead
    from talkinghead.production.work import Work
    from talkinghead.types import FloatArray, ImageArray, Progress, Speech


def prepare_job(work: Work, head: TalkingHead, speech: Speech, report: Progress) -> Dubbing:
    """The dubbing of a job, ready to be drawn.

    Raises:
        InputError: no frame of the video shows a face, or the picture of whom is meant shows none.
    """
    from talkinghead.dubbing import prepare_dub, read_own_sound
    from talkinghead.media import VideoReader
    from talkinghead.tracking.appearance import find_appearance

    job, figure = work.job, work.figure
    level = parse_mix(job.mix)
    who = None if figure.who is None else _find_who(figure.who)
    appearance = find_appearance(
        VideoReader(figure.face, quick=True), face=figure.which_face, who=who, name=job.face, progress=report
    )
    return prepare_dub(
        head,
        appearance,
        speech,
        length=job.length,
        under=None if level is None else read_own_sound(figure.face),
        gain_db=level or 0.0,
        drawing=figure.drawing,
        own_renderer=is_painted(job),
        seed=job.seed,
        progress=report,
    )


def _find_who(path: Path) -> tuple[ImageArray, FloatArray]:
    from talkinghead.media import read_image
    from talkinghead.person import open_person
    from talkinghead.tracking.portrait import find_mesh

    if path.is_dir():
        portrait = open_person(path).portrait(reference=False)
        return portrait.picture, portrait.mesh
    image = read_image(path)
    try:
        return image, find_mesh(image, covered=True)[0]
    except InputError as error:
        raise InputError(f"--who {path}: {error}") from error
