"""Long measurements in pieces: each is kept at once, so that a run that was stopped resumes behind the last one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def measure_pieces(folder: Path, pieces: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """What each piece measures, by name.

    Args:
        folder: for the pieces until all are measured; then it goes.
        pieces: name -> measures it, and returns plain JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, measure in pieces.items():
        path = folder / f"{name}.json"
        if not path.exists():
            result = json.dumps(measure())
            path.write_text(result, encoding="utf-8")
        found[name] = json.loads(path.read_text(encoding="utf-8"))
    shutil.rmtree(folder)
    return found
