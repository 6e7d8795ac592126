"""Peak memory of the command for short and for long speech.

Resident memory also counts mapped temporary files, which the system takes back when it needs to; anonymous memory is
what the process itself holds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
from skimage import data

from benchmarks.speed import write_speech
from talkinghead.media import save_image

MINUTES = (1.0, 10.0, 30.0)
_COMMAND = "import sys; from talkinghead.cli.main import main; main()"
_EVERY_S = 0.02
_TITLE = """# Memory

Peak memory of `talkinghead animate`, {size}x{size}, 25 frames per second. Anonymous memory (Linux only, sampled every
{every:.0f} ms) leaves out what is mapped from files, which the system can take back at any time. In brackets: the ratio
to the shortest speech.
"""


def _memory_mib(process: int) -> dict[str, float]:
    """Of a running process: "anonymous" resident memory now and "resident" at its peak, where the system tells."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return {}
    kinds = {"RssAnon": "anonymous", "VmHWM": "resident"}
    lines = (line.split() for line in status.splitlines() if line.split(":")[0] in kinds)
    return {kinds[name[:-1]]: int(size) / 1024 for name, size, _ in lines}


def peaks_by_length(face: Path, seconds: Iterable[float], options: Sequence[str]) -> dict[str, dict[str, float]]:
    """Seconds of speech -> ``peaks`` of ``talkinghead animate``.

    Args:
        face: picture, video or person.
        seconds: lengths.
        options: further arguments.
    """
    with tempfile.TemporaryDirectory() as name:
        speech, out = Path(name) / "speech.wav", Path(name) / "out.mp4"
        found = {}
        for length in seconds:
            write_speech(length, speech)
            found[f"{length:g}"] = peaks(["animate", str(face), str(speech), "-o", str(out), "--overwrite", *options])
    return found


def peaks_table(found: Mapping[str, Mapping[str, float]]) -> str:
    """What ``peaks_by_length`` gives as a Markdown table."""
    lines = ["| speech, s | resident, MiB | anonymous, MiB |", "|---|---|---|"]
    for length, peak in found.items():
        cells = [f"{peak[kind]:.0f}" if kind in peak else "-" for kind in ("resident", "anonymous")]
        lines.append(f"| {length} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def peaks(arguments: list[str]) -> dict[str, float]:
    """Peak MiB of ``talkinghead`` with these arguments: "resident", and "anonymous" where the system tells it."""
    with tempfile.TemporaryFile() as said:
        command = subprocess.Popen([sys.executable, "-c", _COMMAND, *arguments], stdout=said, stderr=said)
        found: dict[str, float] = {}
        ended, code = 0, 0
        while not ended:
            found |= {kind: max(size, found.get(kind, 0.0)) for kind, size in _memory_mib(command.pid).items()}
            time.sleep(_EVERY_S)
            ended, code, used = os.wait4(command.pid, os.WNOHANG)
        command.returncode = os.waitstatus_to_exitcode(code)
        if command.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace"))
    unit = 1 if sys.platform == "darwin" else 1024
    # What the system tells at the end also counts what was this process, larger at times, before it became the command.
    return {"resident": used.ru_maxrss * unit / 2**20} | found


def measure(*, minutes: tuple[float, ...] = MINUTES, size: int = 512) -> dict[str, dict[str, float]]:
    """Peak MiB of the whole of ``talkinghead animate`` at 25 frames per second, by minutes of speech (POSIX only).

    Args:
        minutes: lengths of speech.
        size: side of the picture in px; the time goes with its area, what grows with the speech does not.

    Returns:
        minutes -> "resident" and "anonymous" -> MiB.
    """
    result = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        face, speech, out = folder / "face.png", folder / "speech.wav", folder / "out.mp4"
        save_image(cv2.resize(data.astronaut(), (size, size), interpolation=cv2.INTER_AREA), face)
        for length in minutes:
            write_speech(60 * length, speech)
            result[f"{length:g}"] = peaks(["animate", str(face), str(speech), "-o", str(out), "--overwrite"])
    return result


def table(result: Mapping[str, Mapping[str, float]], *, size: int = 512) -> str:
    """The result as Markdown."""
    shortest = next(iter(result.values()))
    lines = ["| minutes of speech | resident MiB | anonymous MiB |", "|---|---|---|"]
    for minutes, peak in result.items():
        cells = [
            f"{peak[kind]:.0f} ({peak[kind] / shortest[kind]:.3f})" if kind in peak else "-"
            for kind in ("resident", "anonymous")
        ]
        lines.append(f"| {minutes} | {' | '.join(cells)} |")
    return "\n".join([_TITLE.format(size=size, every=1000 * _EVERY_S), *lines]) + "\n"
