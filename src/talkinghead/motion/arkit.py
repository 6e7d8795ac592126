"""A motion as ARKit's blendshape weights over time, for animation programs: CSV as from Live Link Face, or JSON.

Left and right in the names are the person's own, as in ARKit. Angles are radians; the head's are away from its pose in
the portrait.

**CSV** has the columns of Live Link Face recordings, byte for byte: ``Timecode``, ``BlendshapeCount`` (61, the number
of columns that follow), the 52 weights with capitalised names (``TongueOut`` is always 0), then yaw, pitch and roll of
head, left eye and right eye. A timecode is ``HH:MM:SS:FF.fff`` from zero, with 60 frames per second, as importers
expect, whatever the frame rate: at 25 fps the second row is at ``00:00:00:02.400``. Positive yaw turns to the person's
right, positive pitch down, positive roll tilts clockwise in the picture: the signs of ``docs/notation.md``.

**JSON** holds ``fps``, ``names`` (the 52, in ARKit's own spelling, as morph targets have in three.js and Blender)
and for each frame a row in ``weights`` (in the order of ``names``), ``headAngles`` (as in the CSV: yaw, pitch, roll),
``eyeAngles`` (yaw, pitch), ``headQuaternion`` (x, y, z, w) and ``headPosition`` (eye distances), the last two in the
axes of three.js and glTF: x to the right of the picture, y up, z towards the viewer.

Source: columns, timecode and number format are those of the app's recordings, and those that Unreal's importer reads
    (``LiveLinkFaceImporterFactory.cpp``). That angles are radians, and the signs of yaw and pitch, follow from the
    app's eye angles beside its weights of looks. Those recordings contain no head turns, whose signs we take to be
    those of the eyes. The weights are Apple's ``ARFaceAnchor.BlendShapeLocation``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.media.files import check_writable, write_beside
from talkinghead.motion.expressions import expression_of
from talkinghead.motion.eye_weights import set_eye_weights
from talkinghead.types import FloatArray, Motion

ARKIT_NAMES = (*EXPRESSION_NAMES, "tongueOut")
"""The 52 weights in the order of Live Link Face recordings."""

ARKIT_SUFFIXES = (".csv", ".json")

VIEWER_AXES = np.array([1.0, -1.0, -1.0])
"""Signs from our axes to those of three.js and glTF: x to the right of the picture, y up, z towards the viewer."""

_ANGLES = tuple(f"{what}{angle}" for what in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
CSV_HEADER = ("Timecode", "BlendshapeCount", *(name[0].upper() + name[1:] for name in ARKIT_NAMES), *_ANGLES)

_TIMECODE_RATE = 60  # of the app, which importers rely on
_DIGITS = 6
_PIECE = 4096  # rows


def arkit_weights(motion: Motion) -> FloatArray:
    """(T, 51) in [0, 1]: the motion's own weights, or else those of its landmarks, blinks and gaze.

    Raises:
        InputError: the motion has no frames.
    """
    if len(motion) == 0:
        raise InputError("the motion has no frames to export: make it again from speech that is not empty.")
    weights = motion.expression
    if weights is None:
        weights = expression_of(motion)
    return np.clip(set_eye_weights(weights, motion.blink, motion.gaze), 0.0, 1.0)


def save_arkit(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion as CSV or JSON (see above), atomically.

    Args:
        motion: what to write.
        path: where to; the suffix decides.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the suffix is unknown, the motion has no frames, the file exists, or it cannot be written.
    """
    path = Path(path)
    lines = {".csv": _csv_lines, ".json": _json_lines}.get(path.suffix.lower())
    if lines is None:
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose {' or '.join(ARKIT_SUFFIXES)}.")
    weights = arkit_weights(motion)
    check_writable(path, overwrite)
    with write_beside(path, overwrite) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines(motion, weights))


def timecode(frame: int, fps: float) -> str:
    """The time of a frame, as Live Link Face writes it.

    >>> timecode(31, 25.0)
    '00:00:01:14.400'
    """
    frames, thousandths = divmod(round(1000 * _TIMECODE_RATE * frame / fps), 1000)
    seconds, frames = divmod(frames, _TIMECODE_RATE)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}.{thousandths:03}"


def viewer_pose(motion: Motion) -> tuple[FloatArray, FloatArray]:
    """The head's pose away from the portrait's, in the axes of three.js and glTF.

    Returns:
        (T, 4) unit quaternions x, y, z, w, each within half a turn of the previous one; (T, 3) place in eye distances.
    """
    return viewer_rotation(motion.rotation), motion.translation * VIEWER_AXES


def viewer_rotation(rotation: FloatArray) -> FloatArray:
    """(T, 4) unit quaternions x, y, z, w in the axes of three.js and glTF of (T, 3) pitch, yaw, roll in radians."""
    matrix = matrix_from_rotation(rotation) * VIEWER_AXES[:, None] * VIEWER_AXES
    quaternions = scipy.spatial.transform.Rotation.from_matrix(matrix).as_quat()
    # A rotation has two quaternions. Between neighbours of opposite sign, programs would turn the long way round.
    turns = np.where((quaternions[1:] * quaternions[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    quaternions[1:] *= np.cumprod(turns)[:, None]
    return np.asarray(quaternions)


def _angles(motion: Motion, rows: slice) -> tuple[FloatArray, FloatArray]:
    """(n, 3) yaw, pitch, roll of the head; (n, 2) yaw, pitch of the eyes."""
    head = motion.rotation[rows][:, [1, 0, 2]]
    eyes = np.zeros((len(head), 2)) if motion.gaze is None else motion.gaze[rows]
    return head, eyes


def _csv_lines(motion: Motion, weights: FloatArray) -> Iterator[str]:
    yield ",".join(CSV_HEADER) + "\n"
    for start in range(0, len(motion), _PIECE):
        rows = slice(start, start + _PIECE)
        head, eyes = _angles(motion, rows)
        still = np.zeros((len(head), 1))
        table = np.concatenate([weights[rows], still, head, eyes, still, eyes, still], axis=1)
        for frame, row in enumerate(table, start):
            values = ",".join(f"{value + 0.0:.10f}" for value in row)
            yield f"{timecode(frame, motion.fps)},{len(row)},{values}\n"


def _json_lines(motion: Motion, weights: FloatArray) -> Iterator[str]:
    head, eyes = _angles(motion, slice(None))
    quaternions, places = viewer_pose(motion)
    tongue = np.zeros((len(motion), 1))
    about = {"format": "talkinghead-arkit", "version": 1, "fps": motion.fps, "numFrames": len(motion)}
    for name, value in about.items():
        yield f"{'{' if name == 'format' else ','}\n{json.dumps(name)}: {json.dumps(value)}"
    yield f',\n"names": {json.dumps(ARKIT_NAMES)}'
    tables = {
        "weights": np.concatenate([weights, tongue], axis=1),
        "headAngles": head,
        "eyeAngles": eyes,
        "headQuaternion": quaternions,
        "headPosition": places,
    }
    for name, table in tables.items():
        yield f",\n{json.dumps(name)}: ["
        for frame, row in enumerate(table):
            yield f"{',' * (frame > 0)}\n{json.dumps([round(float(value), _DIGITS) + 0.0 for value in row])}"
        yield "\n]"
    yield "\n}\n"
