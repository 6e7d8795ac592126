"""Videos of the drawn face, made by the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drawn import drawn_face, speech_like
from talkinghead.media import save_video
from talkinghead.types import Frames, ImageArray, Speech, Video


def write(path: Path, images: ImageArray, *, fps: float = 25, speech: Speech | None = None) -> Path:
    """The images (T, H, W, 3) as a video, with speech or without a sound track."""
    frames = Frames(images, fps)
    return save_video(Video(iter([frames]), speech, fps, len(images)), path, visible_mark=False, overwrite=True)


def moving_face(count: int, *, size: int = 192, amount: float = 0.03) -> ImageArray:
    """(count, size, size, 3) the drawn face going to and fro by ``amount`` of the picture, once in 20 frames."""
    places = np.round(0.5 + amount * np.sin(2 * np.pi * np.arange(count) / 20), 6)
    drawn = {place: drawn_face(size, at=place, grain=4).image for place in set(places.tolist())}
    return np.stack([drawn[place] for place in places.tolist()])


def speech_of(count: int, *, fps: float = 25, quiet: tuple[float, float] | None = None) -> Speech:
    """Made-up speech as long as so many frames."""
    return Speech(speech_like(count / fps, quiet=quiet), 16_000)
