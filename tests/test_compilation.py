"""Compiled loops are kept wherever something can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType

import numba
import pytest
from numba.core.caching import CacheImpl

from talkinghead.compilation import compile_loops


@pytest.fixture
def source(tmp_path: Path) -> Callable[[], FunctionType]:
    """A function in a file of its own, whose folder may be made one that cannot be written to."""

    def make() -> FunctionType:
        path = tmp_path / "package" / "loops.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("def add(a, b):\n    return a + b\n")
        scope: dict[str, FunctionType] = {}
        exec(compile(path.read_text(), str(path), "exec"), scope)
        return scope["add"]

    return make


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder of the source nor the user's own can be written to."""

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    locators = [each for each in CacheImpl._locator_classes if "UserProvided" not in each.__name__]
    assert len(locators) >= 2
    for locator in locators:
        monkeypatch.setattr(locator, "ensure_cache_path", refuse)


def test_machine_code_is_kept_beside_the_source(source: Callable[[], FunctionType], tmp_path: Path) -> None:
    compiled = compile_loops()(source())
    assert compiled(1, 2) == 3
    folder = compiled.cache_folder
    assert folder is not None
    assert folder.is_relative_to(tmp_path / "package")
    assert list(folder.glob("*.nbi"))


@pytest.mark.usefixtures("read_only")
def test_a_read_only_package_keeps_it_in_a_temporary_folder(
    source: Callable[[], FunctionType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = numba.config.CACHE_DIR
    compiled = compile_loops(fastmath=True)(source())
    assert compiled(1, 2) == 3
    folder = compiled.cache_folder
    assert folder is not None
    assert folder.is_relative_to(tmp_path / f"talkinghead-{os.getuid()}")
    assert list(folder.glob("*.nbi"))
    assert (tmp_path / f"talkinghead-{os.getuid()}").stat().st_mode & 0o077 == 0
    assert before == numba.config.CACHE_DIR


@pytest.mark.usefixtures("read_only")
def test_a_folder_that_others_can_write_to_is_not_trusted(
    source: Callable[[], FunctionType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / f"talkinghead-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    compiled = compile_loops()(source())
    assert compiled(1, 2) == 3
    assert not any(planted.iterdir())
    folder = compiled.cache_folder
    assert folder is not None
    assert folder.is_relative_to(tmp_path)


@pytest.mark.usefixtures("read_only")
def test_nothing_can_be_written(
    source: Callable[[], FunctionType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    compiled = compile_loops()(source())
    assert compiled(1, 2) == 3
    assert compiled.cache_folder is None
