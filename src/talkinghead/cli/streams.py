"""Standard input and output that are closed, full, or no longer read."""

from __future__ import annotations

import io
import os
import sys


class StdoutError(OSError):
    """Standard output took no more; what is written to it from now on is dropped."""


class _Stdout(io.FileIO):
    """Standard output whose failures can be told from those of files."""

    _has_failed = False

    def write(self, data: object, /) -> int | None:  # type: ignore[override]
        """Write bytes; after a failure, drop them, for Python itself tries again when it ends."""
        if self._has_failed:
            return memoryview(data).nbytes  # type: ignore[arg-type]
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError as error:
            self._has_failed = True
            raise StdoutError(error.errno, error.strerror) from None


def guard_streams() -> None:
    """Make standard streams safe to use: closed ones are opened, and failures of output are ``StdoutError``.

    In place of closed ones stands the null device. Otherwise the next file that is opened would take their numbers, and
    a library's complaints would go into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    elif isinstance(sys.stdout, io.TextIOWrapper) and sys.platform != "win32":  # where consoles are no files
        sys.stdout.flush()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Stdout(1, "w", closefd=False)),
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            line_buffering=sys.stdout.line_buffering,
            write_through=sys.stdout.write_through,
        )
