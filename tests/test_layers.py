"""Who may import whom, read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import talkinghead

SOURCE = Path(talkinghead.__file__).parent

# Imports go only up this list, from a later line to an earlier one.
ORDER = (
    ("errors", "types"),
    ("precision", "weights", "store"),
    ("media", "face"),
    ("tracking", "speech"),
    ("motion", "rendering", "data", "training", "metrics"),
    ("recipes",),
    ("methods",),
    ("person",),
    ("pipeline",),
    ("evaluation",),
    ("cli", "web"),
)
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}

# (room, its neighbour on the same level): why.
NEIGHBOURS: dict[tuple[str, str], str] = {
    ("cli", "web"): "a command opens a page",
}

# Other packages that only some files may know.
KEPT_APART = {
    "mediapipe": {"tracking/mesh.py", "data/canonical.py"},
    "espeakng_loader": {"speech/synthesis/espeak_library.py"},
    "piper": {"speech/synthesis/piper.py"},
    "pocketsphinx": {"speech/alignment/sphinx.py", "data/transcribed.py"},
}


def modules() -> list[str]:
    """Paths of all modules, relative to the package."""
    return sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def tree_of(module: str) -> ast.Module:
    """What is written in a module."""
    return ast.parse((SOURCE / module).read_text(encoding="utf-8"), filename=module)


def imports(module: str) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever it does."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str:
    """The first folder, or the name of a file that lies beside the folders."""
    return module.split("/")[0].removesuffix(".py")


def rooms_imported(module: str) -> set[str]:
    """Rooms of the package that a module imports."""
    names = [name.split(".") for name in imports(module)]
    names = [parts for parts in names if parts[0] == "talkinghead" and parts[1:] not in ([], ["__version__"])]
    return {parts[1] for parts in names}


def test_all_rooms_have_their_place() -> None:
    assert len(modules()) > 40
    assert {room_of(module) for module in modules()} <= {*LEVEL, "__init__", "__main__"}


@pytest.mark.parametrize("module", [m for m in modules() if room_of(m) in LEVEL])
def test_imports_go_up(module: str) -> None:
    room = room_of(module)
    for other in rooms_imported(module) - {room}:
        assert LEVEL[other] < LEVEL[room] or (room, other) in NEIGHBOURS, f"{module} imports {other}"


def test_neighbours_are_needed_and_on_one_level() -> None:
    found = {(room_of(module), other) for module in modules() for other in rooms_imported(module)}
    for pair in NEIGHBOURS:
        assert pair in found
        assert LEVEL[pair[0]] == LEVEL[pair[1]]


def test_no_method_imports_another() -> None:
    methods = [module for module in modules() if module.startswith("methods/") and module.count("/") > 1]
    assert methods
    for module in methods:
        own = module.split("/")[1]
        others = {name.split(".")[2] for name in imports(module) if name.startswith("talkinghead.methods.")}
        assert others <= {own, "base"}, module


def test_only_the_pipeline_and_the_doors_know_a_method_by_name() -> None:
    names = {module.split("/")[1] for module in modules() if module.startswith("methods/") and module.count("/") > 1}
    for module in modules():
        if room_of(module) != "methods":
            imported = {name.split(".")[2] for name in imports(module) if name.startswith("talkinghead.methods.")}
            assert not imported & names, f"{module} imports a method instead of asking get_method for it"


@pytest.mark.parametrize("package", KEPT_APART)
def test_packages_kept_apart(package: str) -> None:
    knowing = {module for module in modules() if any(name.split(".")[0] == package for name in imports(module))}
    assert knowing == KEPT_APART[package]


@pytest.mark.parametrize("module", modules())
def test_no_relative_imports(module: str) -> None:
    for node in ast.walk(tree_of(module)):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{module}:{node.lineno}"


def undocumented(node: ast.AST, name: str) -> Iterator[str]:
    """What is public in a module or class and has no docstring; fields and dunder methods need none."""
    assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    if not ast.get_docstring(node):
        yield name
    if isinstance(node, ast.FunctionDef):
        return
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            yield from undocumented(child, f"{name}.{child.name}")


@pytest.mark.parametrize("module", modules())
def test_all_that_is_public_is_documented(module: str) -> None:
    assert list(undocumented(tree_of(module), module)) == []
