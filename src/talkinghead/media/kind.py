"""Whether a file is a picture or a video, by its content, whatever its name."""

from __future__ import annotations

import os
from typing import Literal

from talkinghead.errors import InputError
from talkinghead.media.containers import open_container, starts_like_mp4, video_stream
from talkinghead.media.files import existing_file
from talkinghead.media.images import is_picture

Kind = Literal["image", "video"]


def sniff(path: str | os.PathLike[str]) -> Kind:
    """The kind of a file with a face; an animated GIF or WebP counts as an image.

    Raises:
        InputError: the file is missing, empty, or neither a picture nor a video.
    """
    path = existing_file(path)
    if is_picture(path):
        return "image"
    try:
        with open_container(path) as container:
            if video_stream(container) is not None:
                return "video"
    except InputError:
        if starts_like_mp4(path):
            raise
    raise InputError(f"{path} is not a picture or video: give a picture (PNG, JPEG, ...) or a video (MP4, WebM, ...).")
