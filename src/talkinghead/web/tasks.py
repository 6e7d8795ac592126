"""What workers do for the service besides making videos: functions that can be sent to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkinghead.cancellation import checkpoint

if TYPE_CHECKING:
    from talkinghead.production import Job
    from talkinghead.types import Progress


@dataclass(frozen=True)
class CheckJob:
    """Checks a job and all the files that it names, as far as that goes before the work begins."""

    job: Job

    def __call__(self, progress: Progress) -> None:
        """Raises ``InputError``, as ``check_job``, and for a face that is neither a whole picture nor a video."""
        from talkinghead.media import VideoReader, read_image, sniff
        from talkinghead.production import check_job

        check_job(self.job)
        face = Path(self.job.face)
        if face.is_file():
            (read_image if sniff(face) == "image" else VideoReader)(face)


@dataclass(frozen=True)
class CheckVideos:
    """Checks that files are videos."""

    paths: tuple[Path, ...]

    def __call__(self, progress: Progress) -> None:
        """Raises ``InputError`` for a file that is none."""
        from talkinghead.media import VideoReader

        for path in self.paths:
            checkpoint()
            VideoReader(path)


@dataclass(frozen=True)
class AdaptPerson:
    """Makes a person, or resumes making one.

    Attributes:
        videos: reference videos.
        options: the other values of ``PersonPlan``.
        folder: of the person.
    """

    videos: tuple[Path, ...]
    options: Mapping[str, Any]
    folder: Path

    def __call__(self, progress: Progress) -> dict[str, Any]:
        """The person in plain JSON; raises ``InputError`` as ``adapt_person``."""
        from talkinghead.person import adapt_person

        person = adapt_person(self.plan(), self.folder, progress=progress)
        adapted = {method: dict(stages) for method, stages in person.record.adapted.items()}
        return {"files": {}, "name": person.name, "seconds": person.seconds, "adapted": adapted}

    def plan(self) -> Any:
        """The ``PersonPlan``; raises ``InputError`` for values out of range."""
        from talkinghead.person import PersonPlan

        return PersonPlan(self.videos, **self.options)
