"""Loops over pixels and frames, compiled by numba; what it compiles is kept wherever something can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compile_loops(*, fastmath: bool = False) -> Callable[[_Function], _Function]:
    """A decorator that compiles a function when it is first called, without holding Python's lock.

    The machine code is kept beside the source or in the user's cache, as numba does; where neither can be written, such
    as in a container with a read-only root, in a temporary folder; without one of those it is compiled in every
    process.
    """

    def decorate(function: _Function) -> _Function:
        options: dict[str, Any] = {"nogil": True, "fastmath": fastmath}
        try:
            compiled: _Function = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba knows no folder that it may write to
            before = numba.config.CACHE_DIR
            try:
                numba.config.CACHE_DIR = str(_temporary_folder())
                compiled = numba.njit(cache=True, **options)(function)
            except (OSError, RuntimeError):
                compiled = numba.njit(**options)(function)
            finally:
                numba.config.CACHE_DIR = before
        return compiled

    return decorate


def cache_folder(compiled: Any) -> Path | None:
    """Where the machine code of a compiled function is kept; None: nowhere."""
    path = compiled.stats.cache_path
    return None if path is None else Path(path)


def _temporary_folder() -> Path:
    """A folder for the machine code that nobody else can write to: what lies in it is executed.

    Raises:
        OSError: no temporary folder can be written to.
    """
    user = getattr(os, "getuid", int)()
    folder = Path(tempfile.gettempdir()) / f"talkinghead-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if os.name == "posix" and (folder.is_symlink() or found.st_uid != user or found.st_mode & 0o022):
        return Path(tempfile.mkdtemp(prefix="talkinghead-"))
    return folder
