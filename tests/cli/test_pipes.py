"""Sound from standard input and pipes."""

from __future__ import annotations

import io
import os
import subprocess
import threading
from pathlib import Path

import pytest
from PIL import Image

from cli.command import COMMAND
from talkinghead.cli import pipes
from talkinghead.cli.pipes import is_stream, seekable_file
from talkinghead.errors import InputError, announce


class Stdin:
    """Standard input with this content."""

    closed = False

    def __init__(self, content: bytes, *, keyboard: bool = False) -> None:
        self.buffer = io.BytesIO(content)
        self.keyboard = keyboard

    def isatty(self) -> bool:
        """Whether it is the keyboard."""
        return self.keyboard


def test_a_file_is_itself(tmp_path: Path) -> None:
    for path in (tmp_path / "no.wav", tmp_path, None):
        with seekable_file(path) as kept:
            assert kept is path


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(b"some sound" * 300_000))
    with seekable_file(Path("-")) as kept:
        assert kept is not None
        assert kept.read_bytes() == b"some sound" * 300_000
        assert kept.name == "standard-input"
    assert not kept.parent.exists()


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert is_stream(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"sound",))
    writer.start()
    with seekable_file(path) as kept:
        assert kept is not None
        assert kept.read_bytes() == b"sound"
    writer.join()


@pytest.mark.parametrize(
    ("stdin", "fault"),
    [
        (Stdin(b""), "standard input is empty: send a sound file"),
        (None, "standard input is closed"),
        (Stdin(b"x", keyboard=True), "standard input is the keyboard"),
        (Stdin(b"12345"), "brings more than 4e-09 GB"),
    ],
)
def test_bad_input(monkeypatch: pytest.MonkeyPatch, stdin: Stdin | None, fault: str) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.setattr(pipes, "_LARGEST", 4)
    with pytest.raises(InputError, match=fault), seekable_file(Path("-")):
        pass


def test_messages_name_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(b"no sound"))

    def read(kept: object) -> None:
        announce(f"{kept} has damaged places.")
        raise InputError(f"{kept} is not a sound file: convert it to WAV.")

    with pytest.raises(InputError) as caught, seekable_file("-") as kept:
        read(kept)
    assert str(caught.value) == "standard input is not a sound file: convert it to WAV."
    assert caplog.messages == ["standard input has damaged places."]
    caplog.clear()
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"no sound",))
    writer.start()
    with pytest.raises(InputError, match=f"^{path} is not a sound"), seekable_file(path) as kept:
        read(kept)
    writer.join()


def test_the_command_names_the_stream(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "face.png")
    command = [*COMMAND, "animate", str(tmp_path / "face.png"), "-", "-o", str(tmp_path / "o.mp4")]
    done = subprocess.run(command, input=b"no sound at all", capture_output=True, timeout=120)
    stderr = done.stderr.decode()
    assert done.returncode == 2, stderr
    assert stderr.startswith("talkinghead: standard input is not a sound or video file"), stderr
    assert "/talkinghead-" not in stderr
