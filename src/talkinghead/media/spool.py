"""Long sound and motion in temporary files, so that memory does not grow with their length.

The files have no lasting name: they vanish with the last value that uses them, or with the process, however it ends.
"""

from __future__ import annotations

import ctypes
import errno
import math
import mmap
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError

Samples = npt.NDArray[np.float32]

IN_MEMORY = 60 * 16_000
"""Samples up to which ``spool_samples`` needs no file: a minute at 16 kHz, 4 MB."""

# Frames after which memory that was freed is given back: until then the holes that they leave may be as large as they.
_TIDIED = 100
_PIECE = 65_536
_FULL_SCALE = 32_768


@dataclass
class SpooledSound:
    """Sound in a temporary file of 16-bit samples, readable again and again, by several readers at once.

    Attributes:
        sample_rate: in Hz.
        channels: how many.
        num_samples: how long, per channel.
    """

    sample_rate: int
    channels: int
    num_samples: int
    _file: IO[bytes] = field(repr=False)
    _lock: threading.Lock = field(repr=False)

    def chunks(self) -> Iterator[Samples]:
        """(channels, n) float32 pieces in [-1, 1], ``num_samples`` in all."""
        frame = 2 * self.channels
        for start in range(0, self.num_samples, _PIECE):
            with self._lock:  # one file position for all readers
                self._file.seek(start * frame)
                data = self._file.read(min(_PIECE, self.num_samples - start) * frame)
            interleaved = np.frombuffer(data, np.int16).reshape(-1, self.channels)
            yield np.ascontiguousarray(interleaved.T.astype(np.float32) / _FULL_SCALE)


class Spool:
    """Collects sound piece by piece and returns it as a ``Sound`` that is not held in memory.

    >>> spool = Spool(22_050)
    >>> spool.append(np.zeros((1, 100), np.float32))
    >>> spool.sound().num_samples
    100

    Attributes:
        sample_rate: in Hz.
        channels: how many.
        num_samples: its length so far, per channel.
    """

    def __init__(self, sample_rate: int, channels: int = 1) -> None:
        """An empty spool.

        Raises:
            InputError: there is no room for temporary files.
        """
        self.sample_rate, self.channels, self.num_samples = sample_rate, channels, 0
        self._file, self._lock = _temporary_file(), threading.Lock()

    def append(self, chunk: Samples) -> None:
        """Append (channels, n) samples, clipped to [-1, 1] and rounded to 16 bits.

        Raises:
            InputError: there is no room for temporary files.
            ValueError: the chunk has another shape.
        """
        if chunk.ndim != 2 or len(chunk) != self.channels:
            raise ValueError(f"chunk must have shape ({self.channels}, n), got {chunk.shape}")
        whole = np.clip(np.rint(chunk.T * np.float32(_FULL_SCALE)), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
        with self._lock:
            self._file.seek(self.num_samples * 2 * self.channels)
            _write(self._file, whole)
        self.num_samples += chunk.shape[1]

    def sound(self) -> SpooledSound:
        """The sound so far; what is appended later does not change it."""
        return SpooledSound(self.sample_rate, self.channels, self.num_samples, self._file, self._lock)


def spool_samples(pieces: Iterable[Samples], *, in_memory: int = IN_MEMORY) -> Samples:
    """The pieces joined: (N,) float32, read-only where it lies in a temporary file.

    Args:
        pieces: (n,) float32 each; taken one at a time.
        in_memory: how many samples may be an ordinary array; more of them become a ``np.memmap``.

    Raises:
        InputError: there is no room for temporary files.
    """
    return spool_rows(pieces, (), in_memory=in_memory)


def spool_rows(
    pieces: Iterable[npt.NDArray[np.floating[Any]]], shape: tuple[int, ...], *, in_memory: int = IN_MEMORY
) -> Samples:
    """The pieces joined: (N, *shape) float32, read-only where it lies in a temporary file.

    Args:
        pieces: (n, *shape) each; taken one at a time.
        shape: of a row.
        in_memory: how many numbers may be an ordinary array; more of them become a ``np.memmap``.

    Raises:
        InputError: there is no room for temporary files.
    """
    held: list[Samples] = []
    count, most = 0, in_memory // math.prod(shape)
    file: IO[bytes] | None = None
    for piece in pieces:
        checkpoint()
        count += len(piece)
        if file is None and count > most:
            file = _temporary_file()
            for earlier in held:
                _write(file, earlier)
            held = []
        if file is None:
            held.append(np.asarray(piece, np.float32))
        else:
            _write(file, np.asarray(piece, np.float32))
    if file is None:
        return np.concatenate([np.zeros((0, *shape), np.float32), *held])
    file.flush()
    return np.memmap(file, np.float32, mode="r", shape=(count, *shape))


def forget_pages(*rows: npt.NDArray[Any]) -> None:
    """Take what was read of arrays in temporary files out of this process's memory; it is read again when it is used.

    Args:
        rows: as ``spool_rows`` gives them, or views of them; what lies in no file stays as it is.
    """
    for each in rows:
        base: Any = each
        while base is not None and not isinstance(base, mmap.mmap):
            base = getattr(base, "base", None)
        if base is not None and hasattr(base, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)


def return_memory_between(before: int, done: int) -> None:
    """Give back what was freed if a hundredth frame, or more than one, lies between two numbers of frames."""
    if done // _TIDIED > before // _TIDIED:
        return_freed_memory()


def return_freed_memory() -> None:
    """Give back to the system what was freed.

    GNU's C library keeps holes between what is in use: 1.8 GB of them after the frames of half an hour were looked at.
    Elsewhere this does nothing.
    """
    trim = _find_trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _find_trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(prefix="talkinghead-")
    except OSError as error:
        raise _no_room(error) from error


def _write(file: IO[bytes], values: npt.NDArray[np.generic]) -> None:
    try:
        file.write(np.ascontiguousarray(values).data)
        file.flush()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> InputError:
    why = "is full" if error.errno == errno.ENOSPC else f"cannot be written to ({error.strerror or error})"
    return InputError(
        f"the folder for temporary files, {_folder()}, {why}: free some space there or name another one in TMPDIR."
    )


def _folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return "which the system should have"
