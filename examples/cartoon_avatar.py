"""A cartoon in a conference: a drawing speaks for you, before a background of its own.

python examples/cartoon_avatar.py DRAWING SPEECH OUT.mp4 [LANDMARKS.json]

LANDMARKS.json is what ``talkinghead landmarks DRAWING --edit`` saves: drawings in which no face is found need it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from talkinghead.media import read_image, save_image
from talkinghead.production import Job, run_job
from talkinghead.types import ImageArray


def studio(width: int, height: int) -> ImageArray:
    """(height, width, 3) a plain wall, darker towards its foot."""
    shade = np.linspace(1.0, 0.75, height)[:, None, None]
    return np.broadcast_to(shade * (214, 226, 240), (height, width, 3)).astype(np.uint8)


def speak_for(drawing: Path, speech: Path, out: Path, landmarks: Path | None = None) -> None:
    """The video of a drawing saying the speech; livelier than a person, for flat colours hide small motion."""
    height, width = read_image(drawing).shape[:2]
    with TemporaryDirectory() as folder:
        wall = Path(folder) / "studio.png"
        save_image(studio(width, height), wall)
        job = Job(
            face=str(drawing),
            speech=str(speech),
            out=str(out),
            kind="drawing",
            landmarks=None if landmarks is None else str(landmarks),
            background=str(wall),
            head=1.5,
            overwrite=True,
        )
        run_job(job)


if __name__ == "__main__":
    speak_for(*map(Path, sys.argv[1:5]))
