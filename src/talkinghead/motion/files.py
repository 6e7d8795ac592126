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
| `scale`       | (T,)       | size of the head in the picture, 1 as in the portrait; left out if it stays so    |

All values lie within 100, which is far beyond any face, and all arrays together take at most 2 GiB.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.landmarks import LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER
from talkinghead.foreign import Arrays, Shape, read_arrays
from talkinghead.media.files import check_writable, existing_file, write_beside
from talkinghead.types import NUM_EXPRESSIONS, NUM_LANDMARKS, FloatArray, Motion

_FORMAT = "talkinghead-motion"
_VERSION = 1
_ARRAYS: dict[str, Shape] = {
    "landmarks": (None, NUM_LANDMARKS, 3),
    "rotation": (None, 3),
    "translation": (None, 3),
    "blink": (None,),
    "rest": (NUM_LANDMARKS, 3),
}
_OPTIONAL: dict[str, Shape] = {"expression": (None, NUM_EXPRESSIONS), "gaze": (None, 2), "scale": (None,)}
_SHAPES: dict[str, Shape] = {"format": (), "version": (), "fps": (), **_ARRAYS, **_OPTIONAL}
_FURTHEST = 100.0  # eye distances, radians; what lies beyond is no face, and overflows somewhere
_NARROWEST, _WIDEST = 0.1, 10.0  # between the outer eye corners at rest, which is 1
_SLOWEST_FPS, _FASTEST_FPS = 0.1, 1000.0  # of a motion; anything else is a mistake that would fill disk or memory
_npy: Any = np.lib.format  # which has no annotations
_REMEDY = "make one with: talkinghead animate FACE SPEECH -o OUT.mp4 --motion-out MOTION.npz."


def save_motion(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion as npz (see above), whole or not at all.

    Args:
        motion: what to write.
        path: where to; nothing is added to the name.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the motion has no frames or values that no face has, its frame rate is out of range, the file
            exists, or it cannot be written.
    """
    path = check_writable(path, overwrite)
    with write_beside(path, overwrite) as part, part.open("wb") as file:
        write_motion(motion, file, name=str(path))


def write_motion(motion: Motion, file: IO[bytes], *, name: str) -> None:
    """Write a motion as npz to an open file, which ``name`` calls in errors.

    Raises:
        InputError: the motion has no frames or values that no face has, or its frame rate is out of range.
        OSError: a full disk.
    """
    arrays: Arrays = {key: getattr(motion, key) for key in _ARRAYS}
    arrays |= {key: array for key in _OPTIONAL if (array := getattr(motion, key)) is not None}
    _check_values(arrays, f"the motion for {name}", "make it again.")
    check_motion_rate(motion.fps, f"the motion for {name}", "make it again.")
    facts = {"format": np.array(_FORMAT), "version": np.array(_VERSION), "fps": np.array(motion.fps)}
    # As numpy.savez_compressed does, which leaves its archive open when the disk is full.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in {**facts, **arrays}.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                _npy.write_array(member, np.asarray(array), allow_pickle=False)


def load_motion(path: str | os.PathLike[str]) -> Motion:
    """Read a motion that ``save_motion`` wrote.

    Raises:
        InputError: the file is missing, is not a motion file, is damaged, comes from another version, has no frames or
            values that no face has, or has a frame rate outside of 0.1 to 1000.
    """
    path = existing_file(path)
    return _motion_from(read_arrays(path, kind="a motion file", remedy=_REMEDY, shapes=_SHAPES), path)


def _motion_from(values: Arrays, path: Path) -> Motion:
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
    arrays = {name: _as_float(values[name]) for name in (*_ARRAYS, *_OPTIONAL) if name in values}
    try:
        fps = float(values["fps"])
    except ValueError as error:
        raise InputError(f"{path} is not a whole motion file ({error}): {_REMEDY}") from error
    check_motion_rate(fps, str(path), _REMEDY)
    try:
        motion = Motion(fps=fps, **arrays)
    except ValueError as error:
        raise InputError(f"{path} is not a whole motion file ({error}): {_REMEDY}") from error
    _check_values(arrays, str(path), _REMEDY)
    return motion


def _as_float(array: FloatArray) -> FloatArray:
    """Half and extended precision, which few functions take, in double precision."""
    return array.astype(np.float64) if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8) else array


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


def _check_values(arrays: Arrays, where: str, remedy: str) -> None:
    """Raise ``InputError`` for no frames, values that no face has, heads without size, and eyes on each other."""
    if not len(arrays["landmarks"]):
        raise InputError(f"{where} holds no frames: {remedy}")
    broken = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if broken:
        raise InputError(f"{where} has values that are not finite in {', '.join(broken)}: {remedy}")
    absurd = [name for name, array in arrays.items() if np.abs(array).max() > _FURTHEST]
    if absurd:
        raise InputError(f"{where} has values beyond {_FURTHEST:g} in {', '.join(absurd)}, which no face has: {remedy}")
    if "scale" in arrays and not (arrays["scale"] > 0).all():
        raise InputError(f"{where} has a head of no size: {remedy}")
    corners = arrays["rest"][[LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER]]
    distance = float(np.linalg.norm(corners[1] - corners[0]))
    if not _NARROWEST <= distance <= _WIDEST:
        raise InputError(f"{where} has outer eye corners {distance:g} apart at rest, which are 1 apart: {remedy}")
