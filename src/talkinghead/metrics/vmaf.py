"""VMAF, computed by an ffmpeg with libvmaf."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import av

from talkinghead.errors import InputError

_REMEDY = "pip install 'talkinghead[vmaf]', or put an ffmpeg that has libvmaf on the PATH"
# Pictures are paired by number, whatever their time stamps.
_CLOCK = "settb=AVTB,setpts=N/25/TB,format=yuv420p"
_GRAPH = f"[0:v]{_CLOCK}[output];[1:v]{_CLOCK}[reference];[output][reference]libvmaf=log_fmt=json:log_path=vmaf.json"


def vmaf(output: Path, reference: Path) -> float:
    """The VMAF of a video against its reference, 0 to 100, larger is better; the mean over the pictures.

    Args:
        output: a video file.
        reference: another video of the same size and number of pictures.

    Raises:
        InputError: there is no ffmpeg with libvmaf, a file is not a video, the videos differ in size or number of
            pictures, or ffmpeg fails.

    Source: Li et al. 2016, the model ``vmaf_v0.6.1``, libvmaf's default: made for full-HD pictures seen from three
        times their height, so compare values of small faces only with each other.
    """
    binary = find_ffmpeg()
    sizes = [_size_and_count(path) for path in (output, reference)]
    if sizes[0] != sizes[1]:
        (width, height, count), (width_2, height_2, count_2) = sizes
        raise InputError(
            f"{output} ({width} x {height}, {count} pictures) and {reference} ({width_2} x {height_2}, {count_2}) "
            "differ: bring both to one size and length."
        )
    with tempfile.TemporaryDirectory() as folder:
        # The log's path is part of the filter expression: a bare name in its own folder needs no quoting.
        command = [binary, "-hide_banner", "-nostdin", "-loglevel", "error"]
        command += ["-i", str(output.resolve()), "-i", str(reference.resolve())]
        command += ["-filter_complex", _GRAPH, "-an", "-f", "null", "-"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
        log = Path(folder) / "vmaf.json"
        if done.returncode or not log.is_file():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise InputError(f"{output}: ffmpeg could not compute VMAF ({said}); try another ffmpeg: {_REMEDY}.")
        return float(json.loads(log.read_text(encoding="utf-8"))["pooled_metrics"]["vmaf"]["mean"])


def find_ffmpeg() -> str:
    """An ffmpeg with libvmaf: the one on the PATH, or that of the package ``imageio-ffmpeg``.

    Raises:
        InputError: neither is there, or it has no libvmaf.
    """
    for binary in (shutil.which("ffmpeg"), _find_packaged()):
        if binary is not None and _has_libvmaf(binary):
            return binary
    raise InputError(f"VMAF needs an ffmpeg with libvmaf: {_REMEDY}.")


def _find_packaged() -> str | None:
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # not installed, or installed without a binary
        return None


@lru_cache(maxsize=4)
def _has_libvmaf(binary: str) -> bool:
    try:
        done = subprocess.run([binary, "-hide_banner", "-filters"], capture_output=True, text=True, errors="replace")
    except OSError:
        return False
    return any(line.split()[1:2] == ["libvmaf"] for line in done.stdout.splitlines())


def _size_and_count(path: Path) -> tuple[int, int, int]:
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            return stream.width, stream.height, sum(1 for _ in container.decode(stream))
    except (av.FFmpegError, IndexError, OSError) as error:
        raise InputError(f"{path} cannot be read as a video ({error}): give an MP4 (H.264).") from None
