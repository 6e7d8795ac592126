"""A person's picture on disk, so that they can be animated without their videos.

``portrait.png`` is the best frame of the reference; ``portrait.npz`` has its row of the track, each pixel's probability
of being the person's (``person``, (H, W) uint8, absent if unknown) and whether it is a drawing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.foreign import read_arrays, refuse_damage
from talkinghead.media import read_image, save_image
from talkinghead.media.files import write_beside
from talkinghead.types import FaceTrack, Frames, Portrait

PICTURE, DETAILS = "portrait.png", "portrait.npz"
_ROWS = ("landmarks", "rotation", "translation", "scale", "blink", "found")
_OPTIONAL = ("expression", "gaze")


def save_portrait(portrait: Portrait, folder: Path) -> None:
    """Write the picture of a portrait and its track, replacing older files.

    Raises:
        InputError: the folder cannot be written to.
    """
    row = portrait.track[portrait.best : portrait.best + 1]
    arrays = {name: getattr(row, name) for name in (*_ROWS, *_OPTIONAL) if getattr(row, name) is not None}
    if portrait.person is not None:
        arrays["person"] = np.round(portrait.person * 255).astype(np.uint8)
    with write_beside(folder / PICTURE, overwrite=True) as part:
        save_image(portrait.picture, part)
    with write_beside(folder / DETAILS, overwrite=True) as part, part.open("wb") as file:
        np.savez_compressed(file, fps=row.fps, drawing=portrait.drawing, **arrays)


def load_portrait(folder: Path) -> Portrait:
    """The portrait that ``save_portrait`` wrote.

    Raises:
        InputError: one of its files is missing or damaged.
    """
    image, path = read_image(folder / PICTURE), folder / DETAILS
    kind, remedy = "the portrait of a person", "prepare the person again with talkinghead adapt."
    values = read_arrays(path, kind=kind, remedy=remedy)
    with refuse_damage(path, kind=kind, remedy=remedy):
        rows: dict[str, Any] = {name: values[name] for name in _ROWS} | {name: values.get(name) for name in _OPTIONAL}
        person = values.get("person")
        return Portrait(
            Frames(image[None], float(values["fps"])),
            FaceTrack(fps=float(values["fps"]), **rows),
            drawing=bool(values["drawing"]),
            person=None if person is None else person.astype(np.float32) / 255,
        )
