"""Digests of what an evaluation depends on: files, and this package with its dependencies."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from talkinghead.store import file_digest as file_digest

PACKAGE = Path(__file__).parents[1]
STANDS_ON = ("torch", "av", "numpy", "scipy", "opencv-python-headless")
_SUFFIXES = {".py", ".json", ".npz", ".safetensors"}
# Code that runs before or after the measurements does not change them.
_NOT_MEASURING = ("cli/", "web/", "evaluation/page", "evaluation/plots", "evaluation/published", "evaluation/run")


@lru_cache(maxsize=1)
def package_digest() -> str:
    """The SHA-256 over the sources and weights of this package and the versions of its dependencies."""
    content = hashlib.sha256(repr([version(name) for name in STANDS_ON]).encode())
    for path in sorted(file for file in PACKAGE.rglob("*") if file.suffix in _SUFFIXES):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(_NOT_MEASURING):
            content.update(name.encode() + path.read_bytes())
    return content.hexdigest()
