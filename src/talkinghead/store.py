"""A store of computed results, keyed by their inputs' content and by what made them.

File names do not count, so an entry is never reused for a file with other content, another tracker, or other weights.
An entry is one ``.npz`` file, written atomically, so that two processes may share a store.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError, announce
from talkinghead.foreign import Arrays, Shape, read_arrays
from talkinghead.parts import replace_whole

_PIECE = 2**20  # bytes read at a time
_DIGITS = 32  # of a key: 128 bits


@dataclass(frozen=True)
class Store:
    """A folder of computed results; without one, nothing is kept.

    Attributes:
        folder: created on first use; None: nothing is kept.
    """

    folder: Path | None

    def arrays(self, kind: str, key: str, make: Callable[[], Mapping[str, npt.NDArray[Any]]]) -> Arrays:
        """The arrays of an entry, made if they are missing or unreadable.

        Args:
            kind: of the arrays, in one word, the name of the entry's folder.
            key: from ``key_of``, of their inputs and of what makes them.
            make: makes them.
        """
        kept = self.find(kind, key)
        if kept is None:
            kept = dict(make())
            self.keep(kind, key, kept)
        return kept

    def array(self, kind: str, key: str, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """The same for one array."""
        return self.arrays(kind, key, lambda: {"values": make()})["values"]

    def find(self, kind: str, key: str, shapes: Mapping[str, Shape] | None = None) -> Arrays | None:
        """The arrays of an entry; None if it is missing or, which is announced, unreadable.

        Args:
            kind: see ``arrays``.
            key: see ``arrays``.
            shapes: what the arrays must be, as for ``read_arrays``; None: anything.
        """
        if self.folder is None or not (path := self._path(kind, key)).exists():
            return None
        try:
            found = read_arrays(path, kind="an entry of a store", remedy="", shapes=shapes, largest=None)
        except InputError:
            found = None
        if found is None or (shapes is not None and set(found) != set(shapes)):
            announce(f"{path} is damaged and is made again.")
            return None
        return found

    def keep(self, kind: str, key: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep arrays; if they cannot be written, that is announced, and nothing is kept."""
        if self.folder is None:
            return
        path = self._path(kind, key)
        try:
            # Another process may have made the same entry: the last one writes identical content.
            with replace_whole(path) as part:
                np.savez(part, **arrays)  # type: ignore[arg-type,unused-ignore]
        except OSError as error:
            announce(f"{self.folder} cannot keep what was computed ({error.strerror or error}).")

    def _path(self, kind: str, key: str) -> Path:
        assert self.folder is not None
        return self.folder / kind / f"{key}.npz"


NOTHING_KEPT = Store(None)
"""A store that computes everything anew."""


def key_of(*parts: object) -> str:
    """The key of an entry, from everything it depends on: digests, numbers, any values with a distinctive ``repr``."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()[:_DIGITS]


def file_digest(path: Path | None) -> str:
    """The SHA-256 of a file's content in hexadecimal; "" for None."""
    if path is None:
        return ""
    state = path.stat()
    return _file_digest(path.absolute(), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_digest(path: Path, size: int, modified: int) -> str:
    content = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            content.update(piece)
    return content.hexdigest()


@lru_cache(maxsize=256)
def code_digest(*modules: str) -> str:
    """The SHA-256 of what modules do: their code without comments and docstrings.

    Args:
        modules: dotted names, or ``distribution==`` for the installed version of a package from elsewhere.
    """
    content = hashlib.sha256()
    for module in modules:
        if module.endswith("=="):
            content.update(f"{module}{version(module[:-2])}".encode())
            continue
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ValueError(f"there is no module {module}")
        content.update(f"{module}:{_code_of(Path(spec.origin))}".encode())
    return content.hexdigest()


def _code_of(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [child for child in node.body if not _is_text(child)]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
