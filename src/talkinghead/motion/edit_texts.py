"""How edits are written as text: times, keyframes, cuts, and the landmarks of one frame as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.foreign import read_json
from talkinghead.media.files import existing_file
from talkinghead.motion.keyframes import Correction, Keyframe
from talkinghead.types import NUM_LANDMARKS, FloatArray

_TIME = r"(?:\d+:){0,2}\d+(?:\.\d+)?(?:s|ms|f)?"
_TIMES = "1.2s, 1200ms, 0:01.2 or, by its number, frame 30f"
_FARTHEST = 5.0  # eye distances from the eyes; what lies farther is in px
_DIGITS = 5


def parse_time(text: str, fps: float) -> float:
    """Seconds from ``1.2``, ``1.2s``, ``1200ms``, ``0:01.2`` (hours and minutes before colons) or frame ``30f``.

    Raises:
        InputError: the text is not a time.
    """
    text = text.strip()
    if not re.fullmatch(_TIME, text):
        raise InputError(f"{text!r} is no time: write it as {_TIMES}.")
    number = text.rstrip("msf")
    unit = text[len(number) :]
    if ":" in number and unit in ("ms", "f"):
        raise InputError(f"{text!r} is no time: write it as {_TIMES}.")
    seconds = 0.0
    for part in number.split(":"):
        seconds = 60 * seconds + float(part)
    return {"ms": seconds / 1000, "f": seconds / fps}.get(unit, seconds)


def parse_keyframe(text: str, fps: float) -> Keyframe:
    """A keyframe from ``TIME:NAME=VALUE``, optionally followed by ``,NAME=VALUE`` or ``:NAME=VALUE``.

    Raises:
        InputError: it is malformed, a control is unknown, or a value is out of range.
    """
    found = re.fullmatch(rf"({_TIME}):([^:=]+=.*)", text.strip())
    if found is None:
        raise InputError(
            f"keyframe {text!r} is malformed: write TIME:NAME=VALUE, such as 1.2s:smile=0.4 or 30f:yaw=10."
        )
    values: dict[str, float] = {}
    for part in re.split("[:,]", found[2]):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            number = np.nan
        if not np.isfinite(number):
            raise InputError(f"keyframe {text!r} is malformed at {part!r}: write NAME=VALUE, such as smile=0.4.")
        if name in values:
            raise InputError(f"keyframe {text!r} gives {name} twice: leave out one of them.")
        values[name] = number
    return Keyframe(parse_time(found[1], fps), values)


def parse_cut(text: str, fps: float) -> tuple[float | None, float | None]:
    """Start and end in seconds from ``START:END``; either may be left out.

    Raises:
        InputError: it is malformed, or its colons can be read in two ways.
    """
    parts = text.strip().split(":")
    halves = [(":".join(parts[:middle]), ":".join(parts[middle:])) for middle in range(1, len(parts))]
    halves = [pair for pair in halves if any(pair) and all(re.fullmatch(f"({_TIME})?", half) for half in pair)]
    # Times may contain colons, so a cut can be split in several ways: prefer the one with both times in the same form.
    unlike = [abs(start.count(":") - end.count(":")) for start, end in halves]
    if not halves or unlike.count(min(unlike)) > 1:
        raise InputError(f"cut {text!r} is malformed: write START:END, such as 1.2s:3s or 30f: for all from there.")
    start, end = (parse_time(half, fps) if half else None for half in halves[unlike.index(min(unlike))])
    return start, end


def parse_correction(text: str) -> tuple[str, Path]:
    """Time, as text, and file from ``TIME:FILE.json``.

    Raises:
        InputError: it is malformed.
    """
    found = re.fullmatch(rf"({_TIME}):(.+)", text.strip())
    if found is None:
        raise InputError(f"correction {text!r} is malformed: write TIME:FILE.json, such as 1.2s:frame.json.")
    return found[1], Path(found[2])


def read_correction(text: str, fps: float) -> Correction:
    """A correction from ``TIME:FILE.json``, a file as from ``frame_text`` with all 68 points or some of them.

    Raises:
        InputError: the text is malformed, or the file cannot be read or has no landmarks in the head frame.
    """
    time, path = parse_correction(text)
    found = read_json(existing_file(path), kind="a JSON file", remedy="write one with --frame and edit it.")
    return Correction(parse_time(time, fps), _points(found, path))


def frame_text(landmarks: FloatArray) -> str:
    """JSON to edit by hand: a line for each of (68, 3) landmarks with its number and x, y, z in the head frame."""
    places = [[round(float(value), _DIGITS) + 0.0 for value in place] for place in landmarks]
    lines = [f'  "{number}": {json.dumps(place)}' for number, place in enumerate(places)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _points(found: Any, path: Path) -> dict[int, tuple[float, ...]]:
    remedy = 'write {"48": [x, y], ...} with numbers from 0 to 67 as --frame does.'
    if isinstance(found, list) and len(found) == NUM_LANDMARKS:
        found = {str(number): place for number, place in enumerate(found)}
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{path} holds no landmarks by their numbers: {remedy}")
    points = {}
    for number, place in found.items():
        if not re.fullmatch(r"\d{1,2}", number) or int(number) >= NUM_LANDMARKS:
            raise InputError(f"{path} names a landmark {number!r} that there is not: {remedy}")
        if not (isinstance(place, list) and len(place) in (2, 3) and all(type(v) in (int, float) for v in place)):
            raise InputError(f"{path} has no place [x, y] or [x, y, z] for landmark {number}: {remedy}")
        if not all(abs(value) <= _FARTHEST for value in place):
            raise InputError(
                f"{path} puts landmark {number} at {place}, which is not on the face: give eye distances from the "
                "middle between the eyes, x right, y down, as --frame does."
            )
        points[int(number)] = tuple(float(value) for value in place)
    return points
