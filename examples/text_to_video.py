"""Text to video: a portrait reads a text aloud in a synthetic voice.

python examples/text_to_video.py FACE "What to say." OUT.mp4 [VOICE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from talkinghead.production import Job, run_job


def read_aloud(face: Path, text: str, out: Path, voice: str = "en-us") -> None:
    """The video of a face saying a text; the lips follow the phones, which are known to the hundredth of a second."""
    run_job(Job(face=str(face), text=text, voice=voice, out=str(out), overwrite=True))


if __name__ == "__main__":
    read_aloud(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), *sys.argv[4:5])
