"""A motion for other programs: ARKit's weights as CSV or JSON, or a moving head as binary glTF."""

from __future__ import annotations

import os
from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.motion.arkit import ARKIT_SUFFIXES, save_arkit
from talkinghead.motion.gltf import GLTF_SUFFIXES, check_gltf, save_gltf
from talkinghead.types import Motion

EXPORT_SUFFIXES = (*ARKIT_SUFFIXES, *GLTF_SUFFIXES)


def check_export(path: str | os.PathLike[str]) -> None:
    """Check, before there is a motion, that ``export_motion`` can write such a file.

    Raises:
        InputError: the suffix is none of the known ones, or the package that writes it is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in EXPORT_SUFFIXES:
        choices = ", ".join(EXPORT_SUFFIXES[:-1])
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose {choices} or {EXPORT_SUFFIXES[-1]}.")
    if path.suffix.lower() in GLTF_SUFFIXES:
        check_gltf()


def export_motion(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion for another program, in the format of the path's suffix (``docs/motion.md``).

    Args:
        motion: what to write.
        path: where to; .csv for Live Link Face, .json for scripts, .glb for programs that show a moving head.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the suffix is unknown, the motion has no frames, the file exists, or it cannot be written.
    """
    check_export(path)
    save = save_gltf if Path(path).suffix.lower() in GLTF_SUFFIXES else save_arkit
    save(motion, path, overwrite=overwrite)
