"""Loops over pixels and frames, compiled by numba; what it compiles is kept wherever something can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cached_property, partial, update_wrapper
from pathlib import Path
from typing import Any


class CompiledLoops:
    """A function that is compiled when it is first called, and runs without holding Python's lock.

    The machine code is kept beside the source or in the user's cache, as numba does; where neither can be written, such
    as in a container with a read-only root, in a temporary folder; without one of those it is compiled in every
    process. numba itself takes half a second to import, so that waits for the first call, too.

    Args:
        function: loops over arrays, in the part of Python that numba knows.
        fastmath: sums may be taken in another order.
    """

    def __init__(self, function: Callable[..., Any], *, fastmath: bool = False) -> None:
        self._function = function
        self._options = {"nogil": True, "fastmath": fastmath}
        update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        return self._dispatcher(*args)

    @property
    def cache_folder(self) -> Path | None:
        """Where the machine code is kept; None: nowhere."""
        path = self._dispatcher.stats.cache_path
        return None if path is None else Path(path)

    @cached_property
    def _dispatcher(self) -> Any:
        import numba

        try:
            return numba.njit(cache=True, **self._options)(self._function)
        except RuntimeError:  # numba knows no folder that it may write to
            before = numba.config.CACHE_DIR
            try:
                numba.config.CACHE_DIR = str(_temporary_folder())
                return numba.njit(cache=True, **self._options)(self._function)
            except (OSError, RuntimeError):
                return numba.njit(**self._options)(self._function)
            finally:
                numba.config.CACHE_DIR = before


def compile_loops(*, fastmath: bool = False) -> Callable[[Callable[..., Any]], CompiledLoops]:
    """A decorator that compiles a function when it is first called; see ``CompiledLoops``."""
    return partial(CompiledLoops, fastmath=fastmath)


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
