"""What the page for landmarks begins with: those that are found, or the mean face in the middle of the picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from talkinghead.errors import InputError, announce

if TYPE_CHECKING:
    from talkinghead.tracking.placed import Placed
    from talkinghead.types import ImageArray


def size_of(image: ImageArray) -> tuple[int, int]:
    """(width, height) px of a picture."""
    return image.shape[1], image.shape[0]


def find_landmarks(name: str, image: ImageArray, which_face: int | None = None) -> Placed:
    """The landmarks that the tracker finds.

    Raises:
        InputError: it finds none; the sentence calls the picture ``name``.
    """
    from talkinghead.tracking.placed import Placed, automatic_landmarks

    try:
        return Placed(size_of(image), automatic_landmarks(image, face=which_face))
    except InputError as error:
        if "no face was found" not in str(error):
            raise
        raise InputError(f"no face was found in {name}: place the points by hand with --edit.") from error


def begin_landmarks(name: str, image: ImageArray, which_face: int | None = None) -> Placed:
    """The landmarks as found, or those of the mean face in the middle of the picture, which is announced."""
    from talkinghead.face.placed import mean_face_in
    from talkinghead.tracking.placed import Placed

    try:
        return find_landmarks(name, image, which_face)
    except InputError as error:
        if "no face was found" not in str(error):
            raise
        announce(f"no face was found in {name}: the points begin as the mean face in its middle.")
        return Placed(size_of(image), mean_face_in(size_of(image)))


def page_state(name: str, begun: Placed, automatic: Placed) -> dict[str, Any]:
    """What the page is told, plain JSON; ``automatic`` is what it can go back to."""
    from talkinghead.face.landmarks import FACIAL_PARTS

    shapes = {"closed": None, "open": None, **begun.as_json()}
    parts = [{"from": part.start, "to": part.stop, "closed": closed} for part, closed in FACIAL_PARTS]
    return {**shapes, "automatic": automatic.as_json()["points"], "name": name, "parts": parts}


def encode_png(image: ImageArray) -> bytes:
    """A picture as a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", compress_level=1)
    return file.getvalue()
