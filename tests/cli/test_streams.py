"""Standard streams that are full, closed, or no longer read: one sentence at most, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.command import COMMAND, Outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell and devices as POSIX has them")


def run_in_shell(redirections: str, *arguments: str | Path) -> Outcome:
    """Run the command with redirections of a shell, which stand in for those of the test."""
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", *COMMAND, *map(str, arguments)]
    done = subprocess.run(shell, capture_output=True, text=True, timeout=240)
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["methods"], ["--help"], ["--version"]])
def test_full_standard_output(arguments: list[str]) -> None:
    outcome = run_in_shell("> /dev/full", *arguments)
    assert outcome.code == 2
    assert outcome.stderr.startswith("talkinghead: standard output cannot be written to (No space left on device): ")
    assert outcome.stderr.count("\n") == 1


def test_output_that_is_read_no_further() -> None:
    outcome = run_in_shell("| true", "voices")
    assert outcome.stderr == ""


def test_all_streams_closed(face: Path, speech: Path, out: Path) -> None:
    """A video is made, and no library's complaint goes into it."""
    outcome = run_in_shell("<&- >&- 2>&-", "animate", face, speech, "-o", out, "--fps", "5")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")
    assert out.read_bytes()[4:8] == b"ftyp"
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_text_from_closed_standard_input(face: Path, out: Path) -> None:
    outcome = run_in_shell("<&-", "animate", face, "--text-file", "-", "-o", out)
    assert outcome.code == 2
    assert outcome.stderr == "talkinghead: standard input is empty: write at least one word to say.\n"
