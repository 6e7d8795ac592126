"""A person: a folder with what was learned from their reference videos, to be animated again and again.

| in the folder         | what                                                                     |
|-----------------------|--------------------------------------------------------------------------|
| `person.json`         | see ``person.record``                                                    |
| `portrait.png`, `.npz`| the picture that is animated, see ``person.portrait``                    |
| `reference.npz`       | where the face is in every frame, the fitted face, what is said and when |
| `weights/METHOD/`     | weights of a method's networks adapted to the person, with their cards   |
| `store/`              | what adapting keeps to go on from; may be removed                        |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.person.portrait import DETAILS, PICTURE, load_portrait
from talkinghead.person.record import PersonRecord, Scores, has_record, read_record
from talkinghead.store import file_digest
from talkinghead.types import Portrait

PREPARED = (PICTURE, DETAILS)
"""Files without which nobody can be animated."""


class Person:
    """A person who has been prepared.

    Attributes:
        folder: where everything about them lies.
        record: what ``person.json`` says.
    """

    def __init__(self, folder: Path, record: PersonRecord) -> None:
        self.folder, self.record = folder, record

    @property
    def name(self) -> str:
        """How the person is called."""
        return self.record.name

    def portrait(self) -> Portrait:
        """The picture that is animated.

        Raises:
            InputError: its files are missing or damaged.
        """
        return load_portrait(self.folder)

    def weights(self, method: str) -> Path:
        """The folder of a method's weights adapted to this person; it is not there where none were."""
        return self.folder / "weights" / method

    def scores(self, method: str) -> Mapping[str, Scores]:
        """Stage -> scores of what was adapted of a method; nothing where it was not."""
        return self.record.adapted.get(method, {})


def is_person(path: str | os.PathLike[str]) -> bool:
    """Whether a path is the folder of a person."""
    return has_record(Path(path))


def open_person(folder: str | os.PathLike[str]) -> Person:
    """The person in a folder, ready to be animated.

    Raises:
        InputError: the folder is no person, was not finished, was edited, or is of another version.
    """
    folder = Path(folder)
    record = read_record(folder)
    if not record.prepared:
        raise InputError(f"{folder} is not finished: run the same talkinghead adapt command again, which goes on.")
    for name in PREPARED:
        path = folder / name
        if not path.is_file() or file_digest(path) != record.prepared.get(name):
            state = "was changed since" if path.is_file() else "is missing, though"
            raise InputError(f"{path} {state} the person was made: run talkinghead adapt again, which makes it anew.")
    return Person(folder, record)
