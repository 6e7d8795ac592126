"""The service behind HTTP, with workers in this process, and small files to send."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drawn import speech_like, write_wav

NEEDED = ("fastapi", "httpx2", "python_multipart")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

# Files that need packages of the extra for their imports.
collect_ignore = [] if not MISSING else [f"test_{name}.py" for name in ("guard", "http", "schema", "shield", "uploads")]


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of speech."""
    return write_wav(tmp_path_factory.mktemp("speech") / "speech.wav", speech_like(0.5))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a service."""
    from starlette.testclient import TestClient

    from served import HERE, make_service
    from talkinghead.web.server import make_app

    service = make_service(tmp_path_factory.mktemp("data"), max_upload=2_000_000)
    with TestClient(make_app(service, page=False), base_url=HERE) as client:
        client.service = service
        yield client
    service.close()
