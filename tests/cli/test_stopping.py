"""Stopped in the middle, by Ctrl-C, by a signal or by the disk: a code that says so, and nothing is left."""

from __future__ import annotations

import contextlib
import errno
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.command import COMMAND, Run
from drawn import speech_like, write_wav
from talkinghead.cli import animate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def start(*arguments: str | Path, largest_file: int | None = None) -> subprocess.Popen[str]:
    """Start the command as a shell in the foreground would."""

    def prepare() -> None:
        import resource

        signal.signal(signal.SIGINT, signal.default_int_handler)
        if largest_file is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def wait_for_frames(folder: Path, process: subprocess.Popen[str]) -> None:
    """Return once a hidden, half-written file has content."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        for path in folder.glob(".*"):
            with contextlib.suppress(FileNotFoundError):
                if path.suffix == ".mp4" and path.stat().st_size > 0:
                    return
        time.sleep(0.01)
    raise AssertionError(f"no frame was written: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(face: Path, inputs: Path, out: Path, number: signal.Signals) -> None:
    speech = inputs / "long.wav"  # frames of 20 s are still being drawn when the first of them are in the file
    if not speech.exists():
        write_wav(speech, speech_like(20, 8_000), 8_000)
    process = start("animate", face, speech, "-o", out, "--motion-out", out.with_name("motion.npz"))
    wait_for_frames(out.parent, process)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert stdout == ""
    assert stderr == "talkinghead: stopped; nothing was written\n"
    assert list(out.parent.iterdir()) == []


def test_stopped_after_the_files_were_written(
    run: Run, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(animate, "tell_made", stop)
    outcome = run("animate", face, speech, "-o", out, "--motion-out", out.with_name("m.npz"), "--fps", 5)
    assert outcome.code == 130
    written = f"{out} and {out.with_name('m.npz')}"
    assert outcome.stderr == f"talkinghead: stopped; {written} were written before, whole\n"


def test_a_fault_of_the_disk_is_one_sentence(
    run: Run, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "some/file")

    monkeypatch.setattr(animate, "tell_made", fail)
    outcome = run("animate", face, speech, "-o", out, "--fps", 5)
    assert outcome.code == 2
    assert outcome.stderr == (
        "talkinghead: some/file cannot be used (Input/output error): check its name, permissions and the room on its "
        "disk.\n"
    )


def test_the_system_refuses_to_write_more(face: Path, speech: Path, out: Path) -> None:
    process = start("animate", face, speech, "-o", out, largest_file=8_000)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 2, stderr
    assert stdout == ""
    assert stderr.startswith(f"talkinghead: the disk of {out.parent} is full: free some space")
    assert stderr.count("\n") == 1
    assert list(out.parent.iterdir()) == []
