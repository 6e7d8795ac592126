"""Who may import whom, read from the sources."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import talkinghead

SOURCE = Path(talkinghead.__file__).parent

# Imports go only up this list, from a later line to an earlier one.
ORDER = (
    *(
        "version",
        "errors",
        "cancellation",
        "foreign",
        "parts",
        "types",
        "precision",
        "threads",
        "compilation",
        "store",
        "weights",
    ),
    *("media", "face", "tracking", "speech", "motion", "rendering"),
    *("data", "metrics", "training", "recipes"),
    *("methods", "person", "pipeline", "dubbing", "production", "evaluation"),
    *("web", "batch", "cli"),
)
LEVEL = {room: level for level, room in enumerate(ORDER)}

# The same within speech: the wings lie between what they share and the one door to them.
SPEECH = ("text", "synthesis", "alignment", "say")

PAGE = ("compare", "edit", "layout", "make", "persons", "place", "rate", "widgets")

# Other packages that only some files may know.
KEPT_APART = {
    "mediapipe": set(),
    "tflite": {"data/tflite_files.py"},
    "numba": {"compilation.py"},
    "librosa": {"training/augmentation/sound.py"},
    "pygltflib": {"motion/gltf.py"},
    "espeakng_loader": {"speech/synthesis/espeak_library.py"},
    "piper": {"speech/synthesis/piper.py"},
    "ray": {"production/cluster.py"},
    "uvicorn": {"web/server.py"},
    "fastapi": {"web/about.py", "web/api.py", "web/entrance.py", "web/placings.py", "web/server.py"},
    "gradio": {f"web/page/{name}.py" for name in PAGE},
    "python_multipart": {"web/uploads.py"},
    "pocketsphinx": {"speech/alignment/sphinx.py", "data/vocabulary.py"},
}


def modules() -> list[str]:
    """Paths of all modules, relative to the package."""
    return sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def dotted(module: str) -> str:
    """The name by which a module is imported."""
    parts = ["talkinghead", *module.removesuffix(".py").split("/")]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(module): module for module in modules()}


def tree_of(module: str) -> ast.Module:
    """What is written in a module."""
    return ast.parse((SOURCE / module).read_text(encoding="utf-8"), filename=module)


def imports_in(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever it does; also of "package.module:name", imported later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and re.fullmatch(r"talkinghead(\.\w+)+:\w+", str(node.value)):
            yield str(node.value).replace(":", ".")


@cache
def imports(module: str) -> tuple[str, ...]:
    """What ``imports_in`` finds in a module."""
    return tuple(imports_in(tree_of(module)))


def module_imported(name: str) -> str:
    """The module of ours that an import of a dotted name runs; "" for that of another package."""
    while name and name not in NAMES:
        name = name.rpartition(".")[0]
    return name


@cache
def modules_imported(module: str) -> frozenset[str]:
    """Dotted names of the modules of ours that a module imports, itself aside."""
    return frozenset(map(module_imported, imports(module))) - {"", dotted(module)}


def room_of(module: str) -> str:
    """The first folder, or the name of a file that lies beside the folders."""
    return module.split("/")[0].removesuffix(".py")


def circle_in(edges: Mapping[str, Collection[str]]) -> list[str]:
    """A way through a graph that comes back to where it began; empty: there is none."""
    done: set[str] = set()

    def follow(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        for other in sorted(edges.get(node, ())):
            if found := follow(other, [*way, node]):
                return found
        done.add(node)
        return []

    return next(filter(None, (follow(node, []) for node in sorted(edges))), [])


def test_imports_are_seen_however_they_are_written() -> None:
    text = """
        import numpy.linalg
        from talkinghead import methods
        def later():
            from talkinghead.methods import get_method
            import talkinghead.pipeline as line
            return defer("talkinghead.recipes.mouth:train_mouth")
    """
    found = list(imports_in(ast.parse(textwrap.dedent(text))))
    assert sorted(map(module_imported, found)) == [
        *("", "talkinghead.methods", "talkinghead.methods", "talkinghead.pipeline", "talkinghead.recipes.mouth")
    ]
    assert circle_in({"a": "b", "b": "cd", "c": "a", "d": ""}) == ["a", "b", "c", "a"]
    assert circle_in({"a": "bc", "b": "c", "c": ""}) == []


def test_all_rooms_have_their_place() -> None:
    assert len(modules()) > 40
    assert {room_of(module) for module in modules()} <= {*LEVEL, "__init__", "__main__"}


@pytest.mark.parametrize("module", [m for m in modules() if room_of(m) in LEVEL])
def test_imports_go_up(module: str) -> None:
    for other in modules_imported(module):
        assert other != "talkinghead", f"{module} imports the package itself: that is the users' door"
        room = other.split(".")[1]
        assert room == room_of(module) or LEVEL[room] < LEVEL[room_of(module)], f"{module} imports {other}"


def test_imports_within_speech_go_up() -> None:
    level = {name: number for number, name in enumerate(SPEECH, start=1)}
    for module in modules():
        if room_of(module) == "speech":
            own = level.get(module.split("/")[1].removesuffix(".py"), 0)
            others = [name.split(".")[2] for name in modules_imported(module) if name.startswith("talkinghead.speech.")]
            assert all(level.get(other, 0) <= own for other in others), module


def test_no_modules_import_each_other_in_a_circle() -> None:
    edges = {name: modules_imported(module) for name, module in NAMES.items() if name != "talkinghead"}
    assert circle_in(edges) == []


def names_of_methods() -> set[str]:
    """Folders of methods."""
    return {module.split("/")[1] for module in modules() if module.startswith("methods/") and module.count("/") > 1}


@pytest.mark.parametrize("name", sorted(names_of_methods()))
def test_no_method_imports_another_or_the_registry(name: str) -> None:
    for module in modules():
        if module.startswith(f"methods/{name}/"):
            for other in modules_imported(module):
                if other.startswith("talkinghead.methods"):
                    assert other.split(".")[2:3] in ([name], ["base"]), f"{module} imports {other}"


def test_only_methods_know_a_method_by_name() -> None:
    for module in modules():
        if room_of(module) != "methods":
            known = {name.split(".")[2] for name in modules_imported(module) if name.startswith("talkinghead.methods.")}
            assert not known & names_of_methods(), f"{module} imports a method instead of asking get_method for it"


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
