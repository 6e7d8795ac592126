"""Peak memory of the command for short and for long speech."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from skimage import data

from benchmarks.speed import spoken
from talkinghead.media import save_image

_COMMAND = "import sys; from talkinghead.cli.main import main; main()"


def _peak_mib(seconds: float, folder: Path) -> float:
    spoken(seconds, folder / "speech.wav")
    out = folder / "out.mp4"
    arguments = ["animate", str(folder / "face.png"), str(folder / "speech.wav"), "-o", str(out), "--overwrite"]
    # A process of its own tells its peak; the parent's record of its children is the largest of them.
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, sys.executable, "-c", _COMMAND, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout.split()[-1]) * unit / 2**20


def measure(*, minutes: tuple[float, ...] = (1.0, 10.0)) -> dict[float, float]:
    """Peak resident MiB of ``talkinghead animate`` at 512x512 and 25 fps, by minutes of speech (POSIX only)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_image(data.astronaut(), folder / "face.png")
        return {length: _peak_mib(60 * length, folder) for length in minutes}
