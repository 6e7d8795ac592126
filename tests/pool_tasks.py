"""Tasks for pools of workers, in a module that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError, announce
from talkinghead.types import Progress


def square(number: int, progress: Progress) -> tuple[int, int]:
    """The square of a number, and the process that made it."""
    progress("square", 0, 1)
    announce(f"{number} is squared.")
    progress("square", 1, 1)
    return number * number, os.getpid()


def fail(kind: str, progress: Progress) -> object:
    """Fails in one of several ways."""
    if kind == "input":
        raise InputError("the number is odd: give an even one.")
    if kind == "disk":
        raise PermissionError(13, "Permission denied", "a.txt")
    if kind == "result":
        return lambda: None  # cannot be sent
    return [][0]


def work_long(begun: Path, progress: Progress, *, seconds: float = 60.0) -> str:
    """Takes long, unless it is run a second time; passes checkpoints."""
    again = begun.exists()
    begun.write_text(str(os.getpid()))
    end = time.monotonic() + seconds
    while not again and time.monotonic() < end:
        checkpoint()
        time.sleep(0.01)
    return "again" if again else "first"


def sleep_deaf(begun: Path, progress: Progress) -> None:
    """Takes long and passes no checkpoint."""
    begun.write_text(str(os.getpid()))
    time.sleep(60)


def die(progress: Progress) -> None:
    """Ends its process."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


def hold(megabytes: int, progress: Progress, *, seconds: float) -> int:
    """Holds memory for a while."""
    held = bytearray(megabytes * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(seconds)
    return len(held)
