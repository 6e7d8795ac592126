"""What ``animate`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from talkinghead.cli.options import check_distinct
from talkinghead.errors import InputError


@dataclass(frozen=True)
class Outputs:
    """The video and, if asked for, the motion and what the renderer looks at."""

    out: Path
    motion_out: Path | None
    show: str | None

    @property
    def show_out(self) -> Path | None:
        """Where what is shown goes: beside the video."""
        return None if self.show is None else self.out.with_name(f"{self.out.stem}-{self.show}.png")

    def check(self, inputs: Mapping[str, Path | None], *, overwrite: bool) -> None:
        """Raise ``InputError`` for what cannot be written, or would replace one of the ``inputs`` or another output."""
        from talkinghead.media import check_output
        from talkinghead.media.files import check_writable

        check_output(self.out, overwrite)
        if self.motion_out is not None:
            if self.motion_out.suffix.lower() != ".npz":
                suffix = self.motion_out.suffix
                raise InputError(f"--motion-out {self.motion_out} has an unknown suffix {suffix!r}: choose .npz.")
            check_writable(self.motion_out, overwrite)
        if self.show is not None and not self.show.isalpha():
            raise InputError(f"--show {self.show} is unknown: choose attention.")
        if self.show_out is not None:
            check_writable(self.show_out, overwrite)
        check_distinct({"OUT": self.out, "--motion-out": self.motion_out, "--show": self.show_out}, dict(inputs))
