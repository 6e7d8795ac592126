"""``talkinghead doctor``: whether everything works here and, if not, how to fix it."""

from __future__ import annotations

import importlib
import importlib.util
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import typer
from rich.text import Text

from talkinghead.cli.console import STDOUT
from talkinghead.errors import InputError

_OLDEST_PYTHON = (3, 11)
_PACKAGES = {
    "numpy": "numpy",
    "torch": "torch",
    "opencv": "cv2",
    "av": "av",
    "numba": "numba",
}
_DISTRIBUTIONS = {"opencv": "opencv-python-headless"}
_CODECS = ("libx264", "aac", "libvpx-vp9", "libopus")
_LEAST_FREE_MB = 200
_RENDERED_S = 2.0
_SCREEN_LIBRARIES = ("libGL", "libgthread", "libglib")
_REINSTALL = "pip install --force-reinstall talkinghead"


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        name: of the thing to check.
        look: returns the finding; raises if there is a fault.
        remedy: what to do then, unless the exception knows better.
    """

    name: str
    look: Callable[[], str]
    remedy: str


def doctor() -> None:
    """Check that everything works here: packages, codecs, disk, weights, tracking and a two-second render.

    Each line says ok, or FAIL and the remedy. The exit code is 0 if all is well, else 1.
    """
    failed = 0
    for check in checks():
        try:
            line = Text("ok    ", style="green").append(f"{check.name}: {check.look()}", style="default")
        except Exception as error:
            failed += 1
            reason = " ".join(str(error).split()) or type(error).__name__
            line = Text("FAIL  ", style="bold red").append(f"{check.name}: {reason}", style="default")
            line.append(f"\n      remedy: {_remedy(error, check)}", style="default")
        STDOUT.print(line, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def checks() -> Iterator[Check]:
    """All checks, in order."""
    yield Check("python", _python, "install Python 3.11 or later")
    yield Check("talkinghead", lambda: version("talkinghead"), _REINSTALL)
    for name, module in _PACKAGES.items():
        distribution = _DISTRIBUTIONS.get(name, name)
        yield Check(name, lambda m=module: _package(m), _reinstall(distribution))  # type: ignore[misc]
    yield Check(
        "speech synthesis (only the demo needs it)", _synthesis, "pip install --force-reinstall espeakng-loader"
    )
    for codec in _CODECS:
        yield Check(f"codec {codec}", lambda c=codec: _codec(c), _reinstall("av"))  # type: ignore[misc]
    yield Check("this folder", _folder, "change to a folder that you may write to")
    yield Check("free disk", _disk, "free some space, or change to a folder on another disk")
    yield Check("networks run on", _processor, _reinstall("torch"))
    yield Check("compiled functions", _compilation, _reinstall("numba"))
    yield Check("weights", _weights, _REINSTALL)
    yield Check("face tracking", _tracking, _REINSTALL)
    yield Check("two-second render", _render, "mend what fails above; if nothing does, report this line as a bug")


def _reinstall(distribution: str) -> str:
    return f"pip install --force-reinstall {distribution}, in the version that talkinghead asks for (pip check tells)"


def _remedy(error: Exception, check: Check) -> str:
    if isinstance(error, ImportError) and any(library in str(error) for library in _SCREEN_LIBRARIES):
        return (
            "pip install --force-reinstall --no-deps opencv-python-headless "
            "(another OpenCV, one that opens windows, lies over it and lacks their libraries)"
        )
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return f"pip install {error.name}, or {_REINSTALL}"
    return check.remedy


def _python() -> str:
    if sys.version_info[:2] < _OLDEST_PYTHON:
        raise InputError(f"{platform.python_version()} is not supported")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _package(module: str) -> str:
    return str(importlib.import_module(module).__version__)


def _synthesis() -> str:
    if importlib.util.find_spec("espeakng_loader") is None:
        return "not installed; if you want it: pip install 'talkinghead[tts]'"
    from talkinghead.speech.say import voices

    return f"{version('espeakng-loader')}, {len(voices())} voices"


def _codec(name: str) -> str:
    from av.codec import Codec

    return Codec(name, "w").long_name


def _folder() -> str:
    from talkinghead.media.files import check_writable

    check_writable(Path("talkinghead-doctor.mp4"), overwrite=True)
    return f"{Path.cwd()} can be written to"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free // 10**6
    if free < _LEAST_FREE_MB:
        raise InputError(f"only {free} MB are free")
    return f"{free / 1000:.1f} GB"


def _processor() -> str:
    from talkinghead.precision import processor

    return processor()


def _compilation() -> str:
    from talkinghead.rendering.rasteriser import fill_triangles

    folder = fill_triangles.cache_folder
    return "compiled anew in every process: no folder can be written to" if folder is None else f"kept in {folder}"


def _weights() -> str:
    from talkinghead.methods import get_method, method_names

    for method in map(get_method, method_names()):
        weights = method.find_weights()
        for load in (method.generator, *method.renderers.values()):
            load(weights)
    return f"{', '.join(method_names())} can be loaded"


def _tracking() -> str:
    from talkinghead.cli.demo import demo_picture
    from talkinghead.tracking.find import find_faces

    faces = find_faces(demo_picture())
    if len(faces) != 1:
        raise InputError(f"{len(faces)} faces were found in a test picture that shows one")
    x, y = faces[0][:, :2].mean(axis=0)
    return f"the face in the test picture was found at {x:.0f}, {y:.0f} px"


def _render() -> str:
    import numpy as np

    from talkinghead.cli.demo import demo_picture
    from talkinghead.media import save_video, speech_from_array
    from talkinghead.pipeline import TalkingHead
    from talkinghead.tracking import portrait_from_image

    time_s = np.arange(round(_RENDERED_S * 16_000)) / 16_000
    buzz = np.sin(2 * np.pi * 4 * time_s).clip(0) * np.sign(np.sin(2 * np.pi * 120 * time_s)) * 0.3
    speech = speech_from_array(buzz.astype(np.float32), 16_000)
    head, portrait = TalkingHead.from_pretrained(), portrait_from_image(demo_picture())
    with tempfile.TemporaryDirectory() as folder:
        warm_up = head.motion(speech, portrait)[:2]  # compiles what is compiled on first use
        save_video(head.video(warm_up, portrait), Path(folder) / "warm-up.mp4")
        began = time.monotonic()
        save_video(head(speech, portrait), Path(folder) / "render.mp4")
        wall = time.monotonic() - began
    width, height = portrait.frames.size
    factor = wall / _RENDERED_S
    return f"{width} x {height} px in {wall:.1f} s, real-time factor {factor:.2f} (below 1 is faster than real time)"
