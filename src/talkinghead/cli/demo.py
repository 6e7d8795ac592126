"""``talkinghead demo``: a first video, made from data in the installed packages."""

from __future__ import annotations

import time
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from talkinghead.cli.console import tell_made
from talkinghead.cli.progress import Bar

if TYPE_CHECKING:
    from talkinghead.types import ImageArray

EXAMPLES = """
[bold]Examples[/bold]

talkinghead demo

talkinghead demo -o hello.mp4 --text "Good morning, and welcome aboard."
"""

TEXT = "Hello! I am only a picture, but give me a voice, and I will say whatever you like."
_VOICE = "en-us+f3"
_SIDE_PX = 640


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The video to write.")] = Path("demo.mp4"),
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to say, in English.")] = TEXT,
    method: Annotated[str, typer.Option(metavar="NAME", help="The method; see: talkinghead methods.")] = "makeittalk",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the video if it exists.")] = False,
) -> None:
    """Make a first video: an astronaut (NASA, public domain) says a sentence in a synthetic voice.

    Needs the extra for speech synthesis: pip install 'talkinghead\\[tts]'
    """
    began = time.monotonic()
    from talkinghead.media import save_image
    from talkinghead.production import Job, run_job

    with TemporaryDirectory() as folder:
        picture = Path(folder) / "astronaut.png"
        save_image(demo_picture(), picture)
        job = Job(str(picture), str(out), text=text, voice=_VOICE, method=method, overwrite=overwrite)
        with Bar() as progress:
            made = run_job(job, progress=progress)
    tell_made(made, began)


def demo_picture() -> ImageArray:
    """(640, 640, 3) head and shoulders of Eileen Collins, photographed by NASA: public domain."""
    import numpy as np
    from PIL import Image

    with as_file(files("talkinghead.cli") / "astronaut.jpg") as path, Image.open(path) as picture:
        return np.array(picture.convert("RGB").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS))
