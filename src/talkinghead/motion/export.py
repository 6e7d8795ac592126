"""A motion for other programs: ARKit's weights as CSV or JSON."""

from __future__ import annotations

import os
from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.motion.arkit import ARKIT_SUFFIXES, save_arkit
from talkinghead.types import Motion

EXPORT_SUFFIXES = ARKIT_SUFFIXES


def check_export(path: str | os.PathLike[str]) -> None:
    """Raise ``InputError`` where ``export_motion`` could not make such a file, before there is a motion."""
    path = Path(path)
    if path.suffix.lower() not in EXPORT_SUFFIXES:
        choices = ", ".join(EXPORT_SUFFIXES[:-1])
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose {choices} or {EXPORT_SUFFIXES[-1]}.")


def export_motion(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion for another program; the suffix says for which (``docs/motion.md``).

    Args:
        motion: what to write.
        path: where to; .csv for Live Link Face, .json for three.js and Blender.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the suffix is another one, the motion has no frames, the file exists, or it cannot be written.
    """
    check_export(path)
    save_arkit(motion, path, overwrite=overwrite)
