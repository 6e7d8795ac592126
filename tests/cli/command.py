"""Running the real command, in this process or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from talkinghead.cli.main import app
from talkinghead.media import VideoReader
from talkinghead.types import ImageArray

COMMAND = [sys.executable, "-m", "talkinghead.cli.main"]


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Outcome]


def run_here(*arguments: str | Path) -> Outcome:
    """Run the command in this process; what no user should see, an exception, is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def run_apart(*arguments: str | Path) -> Outcome:
    """Run the command in a process of its own."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=240)
    return Outcome(done.returncode, done.stdout, done.stderr)


def images(path: Path) -> ImageArray:
    """(T, H, W, 3) all the frames of a video."""
    return np.concatenate([chunk.images for chunk in VideoReader(path).chunks()])
