"""Animated pictures: all their frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from talkinghead.cancellation import checkpoint
from talkinghead.media.files import existing_file
from talkinghead.media.images import open_picture
from talkinghead.types import Frames, ImageArray

_FORMATS = ("GIF", "WEBP", "PNG", "AVIF")  # further pictures of other formats are pages, sizes or layers
_USUAL_MS = 100.0  # that a frame is shown where a file states nothing, as browsers do
_HIGHEST_RATE = 50.0


class Animation:
    """The frames of an animated GIF, WebP, APNG or AVIF, read again and again, one at a time.

    Attributes:
        path: the file.
        num_frames: how many frames it has; 1 for a picture that stands still.
        fps: frames per second, as the first one's duration states it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Read the header.

        Raises:
            InputError: no such file, or not a picture.
        """
        self.path: Path = existing_file(path)
        self.num_frames = 1
        with open_picture(self.path) as picture:
            if picture.format in _FORMATS:
                # Counting walks through the whole file, which may be damaged in any way.
                with suppress(Exception):
                    self.num_frames = int(getattr(picture, "n_frames", 1))
                    picture.load()  # of a WebP, only then the duration is known
            duration = picture.info.get("duration", 0)
        self.fps = min(1000.0 / float(duration or _USUAL_MS), _HIGHEST_RATE)

    def chunks(self) -> Iterator[Frames]:
        """The frames in order, laid over white where they are transparent, each a chunk (1, H, W, 3).

        Of a file that is damaged further on, those before the damage.
        """
        with open_picture(self.path) as picture:
            for number in range(self.num_frames):
                checkpoint()
                image = _frame(picture, number)
                if image is None:
                    return
                yield Frames(image[None], self.fps)


def _frame(picture: Image.Image, number: int) -> ImageArray | None:
    """(H, W, 3) a frame of an opened picture, or None where it is damaged."""
    with suppress(Exception):
        picture.seek(number)
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return np.array(Image.alpha_composite(white, layered).convert("RGB"))
    return None
