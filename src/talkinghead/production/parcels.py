"""A job with its files, for a machine that does not see the folders of the one that gives the job."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.production.failures import Failure
from talkinghead.production.job import INPUTS, Job
from talkinghead.production.messages import End, Message, Note
from talkinghead.production.outputs import Outputs
from talkinghead.production.producer import Made

LARGEST_CARRIED = 256 * 2**20
"""Bytes of a file that travels with its job; larger ones must lie where all machines see them."""


@dataclass(frozen=True)
class FileMark:
    """A file by its name and what tells it from another of that name."""

    path: str
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> FileMark:
        """The mark of a file that is there."""
        state = path.stat()
        return cls(str(path), state.st_size, state.st_mtime_ns)

    def is_here(self) -> bool:
        """Whether this machine has the file at the same place."""
        try:
            state = os.stat(self.path)
        except OSError:
            return False
        return (state.st_size, state.st_mtime_ns) == (self.size, self.modified)


@dataclass(frozen=True)
class Parcel:
    """A job, the content of inputs that the other machine lacks, and whether its outputs travel back.

    Attributes:
        job: with the giver's paths.
        contents: path of a file -> its bytes, or what ``fetch`` makes them of.
        sends_back: whether the outputs' folder is unknown there.
    """

    job: Job
    contents: Mapping[str, Any]
    sends_back: bool


@dataclass(frozen=True)
class CarriedBack:
    """What was made elsewhere, with the content of its files."""

    made: Made
    contents: Mapping[str, bytes]


def files_to_read(job: Job) -> list[Path]:
    """The files that a job reads, those in a person's folder, too."""
    found: list[Path] = []
    for name in INPUTS:
        given = getattr(job, name)
        if given is not None and os.path.isdir(given):
            found += sorted(each for each in Path(given).rglob("*") if each.is_file())
        elif given is not None and os.path.isfile(given):
            found.append(Path(given))
    return found


def refuse_too_large(path: Path) -> None:
    """Raise ``InputError`` for a file that cannot travel."""
    if path.stat().st_size > LARGEST_CARRIED:
        raise InputError(
            f"{path} has more than {LARGEST_CARRIED / 2**20:.0f} MiB, and a machine of the cluster does not see it: "
            "put it into a folder that all see."
        )


@contextmanager
def unpack(parcel: Parcel) -> Iterator[tuple[Job, Path | None]]:
    """The job with paths of this machine, and the temporary folder of what travels (None: nothing does)."""
    if not parcel.contents and not parcel.sends_back:
        yield parcel.job, None
        return
    with tempfile.TemporaryDirectory(prefix="talkinghead-") as name:
        folder = Path(name)
        for path, content in parcel.contents.items():
            target = _place(folder / "in", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        moved: dict[str, Any] = {}
        for field in INPUTS:
            given = getattr(parcel.job, field)
            if given is not None and any(_is_below(path, given) for path in parcel.contents):
                moved[field] = str(_place(folder / "in", given))
        if parcel.sends_back:
            (folder / "out").mkdir()
            for field in ("out", "motion_out", "arkit"):
                given = getattr(parcel.job, field)
                if given is not None:
                    moved[field] = str(folder / "out" / Path(given).name)
        yield replace(parcel.job, **moved), folder


def pack_end(end: Message, parcel: Parcel, folder: Path | None) -> Message:
    """A message of the job that ran in ``folder``, with the giver's paths and the files that travel back."""
    if folder is None:
        return end
    names = {str(_place(folder / "in", path)): path for path in parcel.contents}
    names[str(folder / "out")] = str(Path(parcel.job.out).parent)
    if isinstance(end, Note):
        return replace(end, text=_rename(end.text, names))
    if not isinstance(end, End):
        return end
    if end.failure is not None:
        return replace(end, failure=replace(end.failure, sentence=_rename(end.failure.sentence, names)))
    if parcel.sends_back and isinstance(end.result, Made):
        large = [path for path in end.result.paths.values() if path.stat().st_size > LARGEST_CARRIED]
        if large:
            sentence = f"{large[0].name} has become too large to be sent: write into a folder that all machines see."
            return End(end.number, failure=Failure(sentence))
        contents = {content: path.read_bytes() for content, path in end.result.paths.items()}
        return replace(end, result=CarriedBack(end.result, contents))
    return end


def receive(end: End, job: Job) -> End:
    """The end of a job, once what travelled back lies in its files."""
    if not isinstance(end.result, CarriedBack):
        return end
    from talkinghead.media.files import write_together

    paths = Outputs.of_job(job).paths()
    with write_together(tuple(paths.values()), job.overwrite) as parts:
        for content, part in zip(paths, parts):
            part.write_bytes(end.result.contents[content])
    return replace(end, result=replace(end.result.made, paths=paths))


def _place(folder: Path, path: str) -> Path:
    """Where a file of the giver lies in a folder; unlike those of another folder."""
    return folder.joinpath(*(part.replace(":", "") for part in Path(path).absolute().parts[1:]))


def _is_below(path: str, given: str) -> bool:
    return Path(path) == Path(given) or Path(given) in Path(path).parents


def _rename(text: str, names: Mapping[str, str]) -> str:
    for name, called in names.items():
        text = text.replace(name, called)
    return text
