"""The files that a job writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError
from talkinghead.production.checks import check_distinct

if TYPE_CHECKING:
    from talkinghead.production.job import Job


@dataclass(frozen=True)
class Outputs:
    """The video and, if requested, the motion, its export and a picture of the renderer's inner workings.

    Attributes:
        video: the video.
        motion: the saved motion, or None.
        arkit: the motion for other programs, or None.
        show: which inner workings of the renderer to show, or None.
    """

    video: Path
    motion: Path | None = None
    arkit: Path | None = None
    show: str | None = None

    @classmethod
    def of_job(cls, job: Job) -> Outputs:
        """The outputs of a job."""
        motion, arkit = (None if path is None else Path(path) for path in (job.motion_out, job.arkit))
        return cls(Path(job.out), motion, arkit, job.show)

    @property
    def shown(self) -> Path | None:
        """The file for ``show``, beside the video."""
        return None if self.show is None else self.video.with_name(f"{self.video.stem}-{self.show}.png")

    def paths(self) -> dict[str, Path]:
        """The files by their content: "video" and, if requested, "motion", "arkit" and "show"."""
        paths = {"video": self.video, "motion": self.motion, "arkit": self.arkit, "show": self.shown}
        return {name: path for name, path in paths.items() if path is not None}

    def files(self) -> dict[str, Path | None]:
        """The files to write, by their names on the command line."""
        return {"OUT": self.video, "--motion-out": self.motion, "--arkit": self.arkit, "--show": self.shown}

    def check(self, inputs: Mapping[str, Path | None], *, overwrite: bool) -> None:
        """Raise ``InputError`` for a file that cannot be written, or would replace an input or another output."""
        from talkinghead.media import check_output
        from talkinghead.media.files import check_writable

        check_output(self.video, overwrite)
        if self.motion is not None:
            if self.motion.suffix.lower() != ".npz":
                suffix = self.motion.suffix
                raise InputError(f"--motion-out {self.motion} has an unknown suffix {suffix!r}: choose .npz.")
            check_writable(self.motion, overwrite)
        if self.arkit is not None:
            from talkinghead.motion.export import check_export

            check_export(self.arkit)
            check_writable(self.arkit, overwrite)
        if self.show is not None and not self.show.isalpha():
            raise InputError(f"--show {self.show} is unknown: choose attention.")
        if self.shown is not None:
            check_writable(self.shown, overwrite)
        check_distinct(self.files(), inputs)
