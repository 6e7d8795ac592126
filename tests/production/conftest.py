"""A drawn face, a second of speech, and a place to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from drawn import speech_like, write_wav
from talkinghead.production import Producer


@pytest.fixture(scope="session")
def producer() -> Producer:
    """Keeps its networks from test to test."""
    return Producer()


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of speech."""
    return write_wav(tmp_path_factory.mktemp("speech") / "speech.wav", speech_like(1.0))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where to write: in a folder that holds nothing else."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "out.mp4"
