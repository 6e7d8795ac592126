"""Checks of values and files; each error is one sentence that names the option and its range."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.production.job import Job

SLOWEST_FPS, FASTEST_FPS = 0.1, 240.0  # a container's clock cannot hold much slower ones
STRONGEST_HEAD = 5.0
FASTEST_BLINKS = 1.5
QUIETEST_MIX = -80.0  # dB: less cannot be heard
_NTSC = tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 120))
_NTSC_ROUNDING = 0.0051  # 23.98 stands for 23.976...
_LARGEST_SEED = 2**63 - 1


def check_ranges(job: Job) -> None:
    """Raise ``InputError`` for a number out of range, or an unknown choice."""
    parse_blink(job.blink)
    parse_fps(job.fps)
    if job.emotion is not None:
        from talkinghead.speech.emotions import parse_emotion

        parse_emotion(job.emotion)
    if not 0 <= job.seed <= _LARGEST_SEED:
        raise InputError(f"--seed {job.seed} is out of range: choose a whole number from 0 up to {_LARGEST_SEED}.")
    if not 0 <= job.head <= STRONGEST_HEAD:
        raise InputError(
            f"--head {job.head:g} is out of range: choose a number from 0 (held still) to {STRONGEST_HEAD:g}."
        )


def parse_mix(mix: str | float | None) -> float | None:
    """dB from a number, or from a text such as "-20dB"; None for None.

    >>> parse_mix("-20 dB") == parse_mix(-20) == -20
    True

    Raises:
        InputError: it is out of range, or no number.
    """
    if mix is None:
        return None
    try:
        level = float(mix.lower().removesuffix("db")) if isinstance(mix, str) else float(mix)
    except ValueError:
        level = math.nan
    if not QUIETEST_MIX <= level <= 0:
        raise InputError(f"--mix {mix} is out of range: choose a level from {QUIETEST_MIX:g}dB up to 0dB.")
    return level


def parse_fps(fps: str | float | None) -> float | None:
    """Frames per second from a number, or from a text such as "25", "29.97" or "30000/1001"; None for None.

    The rates of NTSC, which people round, are taken for what they are: 29.97 is 30000/1001, 23.976 is 24000/1001.

    >>> parse_fps("29.97") == parse_fps(29.97) == parse_fps("30000/1001") == 30000 / 1001
    True

    Raises:
        InputError: it is out of range, or no number.
    """
    if fps is None:
        return None
    rate = _rate_from_text(fps) if isinstance(fps, str) else fps
    if not SLOWEST_FPS <= rate <= FASTEST_FPS:
        given = fps if isinstance(fps, str) else f"{fps:g}"
        raise InputError(f"--fps {given} is out of range: choose a number from {SLOWEST_FPS:g} to {FASTEST_FPS:g}.")
    return float(next((exact for exact in _NTSC if abs(exact - rate) <= _NTSC_ROUNDING), rate))


def _rate_from_text(text: str) -> float:
    number, is_fraction, divisor = text.partition("/")
    try:
        return float(number) / float(divisor) if is_fraction else float(number)
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    if text.count(",") == 1 and "." not in text:
        raise InputError(f"--fps {text} has a comma: write {text.replace(',', '.')}.")
    raise InputError(f"--fps {text} is unknown: choose a number such as 25, 29.97 or 30000/1001.")


def check_face(face: int | None) -> None:
    """Raise ``InputError`` for a number that no face can have."""
    if face is not None and face < 1:
        raise InputError(f"--face {face} is out of range: choose 1 for the leftmost face, 2 for the next and so on.")


def check_references(count: int | None) -> None:
    """Raise ``InputError`` for a number of frames from which nobody can draw."""
    if count is not None and count < 1:
        raise InputError(f"--references {count} is out of range: choose 1 or more frames; 8 are usual.")


def parse_kind(kind: str) -> bool | None:
    """Whether the face is a drawing, for ``photo`` and ``drawing``; None for ``auto``.

    Raises:
        InputError: anything else.
    """
    kinds = {"auto": None, "photo": False, "drawing": True}
    if kind not in kinds:
        raise InputError(f"--kind {kind} is unknown: choose auto, photo or drawing.")
    return kinds[kind]


def parse_blink(blink: str | float) -> float | None:
    """Blinks per second for ``auto`` (None), ``off`` (0) or a number.

    Raises:
        InputError: anything else.
    """
    if blink == "auto":
        return None
    if blink == "off":
        return 0.0
    rate = math.nan if isinstance(blink, str) else blink
    if not 0 <= rate <= FASTEST_BLINKS:
        given = blink if isinstance(blink, str) else f"{blink:g}"
        raise InputError(
            f"--blink {given} is unknown: choose auto, off or a number of blinks per second up to {FASTEST_BLINKS:g}."
        )
    return rate


def check_distinct(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Raise ``InputError`` where an output would replace an input or another output."""
    # Not Path.resolve, which fails on links that point at each other.
    seen = {os.path.realpath(path): name for name, path in inputs.items() if path is not None}
    for name, path in outputs.items():
        if path is None:
            continue
        other = seen.setdefault(os.path.realpath(path), name)
        if other != name:
            raise InputError(f"{path} is given as {other} and as {name}: choose another name for {name}.")
