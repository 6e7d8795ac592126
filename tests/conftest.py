"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of shared recordings; a test that asks for it is skipped where there is none."""
    named = os.environ.get("TALKINGHEAD_CORPUS")
    folder = Path(named) if named else Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared recordings are not in {folder}; set TALKINGHEAD_CORPUS to their folder")
    return folder
