"""The real command, on a drawn face and made-up speech."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cli.command import Run, run_here
from drawn import drawn_face, speech_like, write_wav


@pytest.fixture
def run() -> Run:
    """Runs the command in this process."""
    return run_here


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with face.png (the drawn face, 256 px) and speech.wav (one second)."""
    folder = tmp_path_factory.mktemp("inputs")
    Image.fromarray(drawn_face(256).image).save(folder / "face.png")
    write_wav(folder / "speech.wav", speech_like(1.0))
    return folder


@pytest.fixture(scope="session")
def face(inputs: Path) -> Path:
    """A picture of the drawn face."""
    return inputs / "face.png"


@pytest.fixture(scope="session")
def speech(inputs: Path) -> Path:
    """A second of speech."""
    return inputs / "speech.wav"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where to write: in a folder that holds nothing else."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "out.mp4"


@pytest.fixture
def refused(out: Path) -> Callable[..., str]:
    """Runs a command that must end with code 2, one sentence that names what was wrong and a remedy, and no file."""

    def check(*arguments: str | Path, names: str | Path, remedy: str) -> str:
        before = sorted(out.parent.iterdir())
        outcome = run_here(*arguments)
        assert outcome.code == 2, outcome
        assert outcome.stdout == ""
        sentence = outcome.stderr.removesuffix("\n")
        assert "\n" not in sentence
        assert not re.search(r"[.!?] [A-Z]", sentence), f"more than one sentence: {sentence}"
        assert sentence.startswith("talkinghead: ")
        assert str(names) in sentence
        assert remedy in sentence
        assert sorted(out.parent.iterdir()) == before
        return sentence

    return check
