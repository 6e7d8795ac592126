"""A Motion on disk: an npz that other programs can read and write.

Keys of the file, all of them little-endian numbers without Python objects (``numpy.load(path, allow_pickle=False)``):

| key           | shape      | unit                                                                              |
|---------------|------------|-----------------------------------------------------------------------------------|
| `format`      | ()         | the text "talkinghead-motion"                                                     |
| `version`     | ()         | 1                                                                                 |
| `fps`         | ()         | frames per second                                                                 |
| `landmarks`   | (T, 68, 3) | head frame: outer eye corners 1 apart, origin between them; x right, y down, z away |
| `rotation`    | (T, 3)     | pitch, yaw, roll in radians, away from the portrait's pose                        |
| `translation` | (T, 3)     | outer eye corners' distances, away from the portrait's place                      |
| `blink`       | (T,)       | 0 as open as in the portrait, 1 closed                                            |
| `rest`        | (68, 3)    | head frame: the landmarks of the portrait the motion was made for                 |
| `expression`  | (T, 51)    | blendshape weights; left out where there are none                                 |
| `gaze`        | (T, 2)     | yaw, pitch of the eyes in radians, away from the portrait's; left out if none     |
"""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError
from talkinghead.types import FloatArray, Motion

_FORMAT = "talkinghead-motion"
_VERSION = 1
_ARRAYS = ("landmarks", "rotation", "translation", "blink", "rest")
_OPTIONAL = ("expression", "gaze")
_SLOWEST_FPS, _FASTEST_FPS = 0.1, 1000.0  # of a motion; anything else is a mistake that would fill disk or memory
_REMEDY = "make one with: talkinghead animate FACE SPEECH -o OUT.mp4 --motion-out MOTION.npz."


def save_motion(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion as npz (see above), atomically.

    Args:
        motion: what to write.
        path: where to; nothing is added to the name.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the motion holds values that are not finite, its frame rate is out of range, the file exists, or it
            cannot be written.
    """
    path = Path(path)
    arrays = {name: getattr(motion, name) for name in _ARRAYS}
    arrays |= {name: array for name in _OPTIONAL if (array := getattr(motion, name)) is not None}
    _check_finite(arrays, f"the motion for {path}", "make it again.")
    check_motion_rate(motion.fps, f"the motion for {path}", "make it again.")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists: choose another name or pass --overwrite.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with open(beside, "wb") as file:
                np.savez_compressed(file, format=_FORMAT, version=_VERSION, fps=motion.fps, **arrays)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path} cannot be written ({reason}): choose a folder that exists and has room") from error


def load_motion(path: str | os.PathLike[str]) -> Motion:
    """Read a motion that ``save_motion`` wrote.

    Raises:
        InputError: the file is missing, is not a motion file, is damaged, comes from another version, holds values that
            are not finite, or has a frame rate outside of 0.1 to 1000.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no motion file {path}: {_REMEDY}")
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("a single array")
        with stored:
            values = {name: stored[name] for name in stored.files}
    # NotImplementedError is what zipfile raises for a compression it does not know.
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise InputError(f"{path} is damaged or not a motion file: {_REMEDY}") from error
    return _motion_from(values, path)


def _motion_from(values: dict[str, FloatArray], path: Path) -> Motion:
    missing = [name for name in ("format", "version", "fps", *_ARRAYS) if name not in values]
    if missing:
        raise InputError(f"{path} is not a motion file (it lacks {', '.join(missing)}): {_REMEDY}")
    if str(values["format"]) != _FORMAT:
        raise InputError(f"{path} is not a motion file (its format is {str(values['format'])[:40]!r}): {_REMEDY}")
    if str(values["version"]) != str(_VERSION):
        raise InputError(
            f"{path} is a motion file of version {str(values['version'])[:40]}, this program reads version {_VERSION}: "
            "upgrade talkinghead."
        )
    arrays = {name: values[name] for name in (*_ARRAYS, *_OPTIONAL) if name in values}
    try:
        fps = float(values["fps"])
        check_motion_rate(fps, str(path), _REMEDY)
        motion = Motion(fps=fps, **arrays)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is not a whole motion file ({error}): {_REMEDY}") from error
    if len(motion) == 0:
        raise InputError(f"{path} holds no frames: {_REMEDY}")
    _check_finite(arrays, str(path), _REMEDY)
    return motion


def check_motion_rate(fps: float, where: str, remedy: str) -> None:
    """Refuse a frame rate that no motion has.

    Args:
        fps: frames per second.
        where: what has it, for the error.
        remedy: what to do, for the error.

    Raises:
        InputError: it is not a number from 0.1 to 1000.
    """
    if not _SLOWEST_FPS <= fps <= _FASTEST_FPS:
        raise InputError(
            f"{where} has {fps:g} frames per second, and {_SLOWEST_FPS:g} to {_FASTEST_FPS:g} are possible: {remedy}"
        )


def _check_finite(arrays: dict[str, FloatArray], where: str, remedy: str) -> None:
    broken = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if broken:
        raise InputError(f"{where} has values that are not finite in {', '.join(broken)}: {remedy}")
