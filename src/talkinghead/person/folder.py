"""A person: a folder with what was learned from their reference videos, to be animated again and again.

| in the folder         | what                                                                     |
|-----------------------|--------------------------------------------------------------------------|
| `person.json`         | see ``person.record``                                                    |
| `portrait.png`, `.npz`| the picture to animate, see ``person.portrait``                          |
| `reference.npz`, `.json` | see ``person.reference``                                              |
| `weights/METHOD/`     | weights of a method's networks adapted to the person, with their cards   |
| `store/`              | intermediate results, to resume adapting; may be removed                 |
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from talkinghead.errors import InputError, announce
from talkinghead.methods.base import Method, UsesReference
from talkinghead.person.portrait import DETAILS, PICTURE, load_portrait
from talkinghead.person.record import PersonRecord, Scores, find_videos, has_record, read_record
from talkinghead.person.reference import TRACK, load_duration, load_reference
from talkinghead.store import file_digest
from talkinghead.types import Portrait, Reference

PREPARED = (PICTURE, DETAILS, TRACK)
"""Files that preparation makes, and that animation needs."""


class Person:
    """A prepared person.

    Attributes:
        folder: of the person.
        record: the content of ``person.json``.
    """

    def __init__(self, folder: Path, record: PersonRecord) -> None:
        self.folder, self.record = folder, record

    @property
    def name(self) -> str:
        """The person's name."""
        return self.record.name

    @property
    def seconds(self) -> float:
        """Seconds of the reference videos that show the person.

        Raises:
            InputError: the reference is missing or damaged.
        """
        return load_duration(self.folder)

    def portrait(self, *, reference: UsesReference = False) -> Portrait:
        """The picture to animate.

        Args:
            reference: whether to include the reference video, whose files must then exist; "if there": if they do,
                and if not, that is announced.

        Raises:
            InputError: files of the folder are missing or damaged, or the videos are missing or have changed.
        """
        portrait = load_portrait(self.folder)
        if not reference:
            return portrait
        try:
            return dataclasses.replace(portrait, reference=self.reference())
        except InputError as error:
            if reference != "if there":
                raise
            announce(f"{self.name}'s face moves from what it is in the picture alone: {error}")
            return portrait

    def reference(self) -> Reference:
        """The reference video with its track and its speech.

        Raises:
            InputError: files of the folder are missing or damaged, or the videos are missing or have changed.
        """
        return load_reference(self.videos(), self.folder)

    def videos(self) -> tuple[Path, ...]:
        """The reference videos, verified to be those from which the person was made.

        Raises:
            InputError: one is missing, or has changed.
        """
        return find_videos(self.record, self.folder)

    def find_weights(self, method: Method) -> tuple[Path, ...]:
        """The folder of a method's weights adapted to this person; if there are none, that is announced."""
        folder = self.folder / "weights" / method.name
        if folder.is_dir():
            return (folder,)
        if any("person" in stage.scope for stage in method.stages.values()):
            announce(
                f"{self.folder} has no weights of {method.name}, those for anybody are used: talkinghead adapt with "
                f"--method {method.name} makes the person's own."
            )
        return ()

    def find_style(self, method: Method) -> Path:
        """The folder of a method's weights adapted to this person, among which are those of motion.

        Raises:
            InputError: there are none.
        """
        folder = self.folder / "weights" / method.name
        _, picture = method.person_renderer or ("", "")
        if not any(file.stem != picture for file in folder.glob("*.safetensors")):
            raise InputError(
                f"{self.folder} has no motion of {method.name} to take a style from: make it with talkinghead adapt "
                f"--method {method.name}, or choose another person or method."
            )
        return folder

    def scores(self, method: str) -> Mapping[str, Scores]:
        """Stage -> scores of a method's adapted weights; empty if none were adapted."""
        return self.record.adapted.get(method, {})


def is_person(path: str | os.PathLike[str]) -> bool:
    """Whether a path is the folder of a person."""
    return has_record(Path(path))


def open_person(folder: str | os.PathLike[str]) -> Person:
    """The person in a folder, ready to be animated.

    Raises:
        InputError: the folder is not a person, was not finished, was edited, or has another version.
    """
    folder = Path(folder)
    record = read_record(folder)
    if not record.prepared:
        raise InputError(f"{folder} is not finished: run the same talkinghead adapt command again to resume.")
    for name in PREPARED:
        path = folder / name
        if not path.is_file() or file_digest(path) != record.prepared.get(name):
            state = "was changed since" if path.is_file() else "is missing, though"
            raise InputError(f"{path} {state} the person was made: run talkinghead adapt again, which makes it anew.")
    return Person(folder, record)
