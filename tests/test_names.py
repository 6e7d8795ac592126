"""Functions are named by verbs, or by nouns for what they return, not by bare participles; read from the sources."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import talkinghead

SOURCE = Path(talkinghead.__file__).parent

# What may be so named without losing a word: nouns and verbs that only look like participles.
MOST = 0.025
IRREGULAR = set(
    """made heard seen kept found known told cut held given drawn taken written chosen shown spoken worn left said met
    built brought sent spent lost laid gone done begun fallen felt grown hidden meant run thrown torn bent bound broken
    caught taught thought put set sewn split spread shot""".split()  # noqa: SIM905
)
PREPOSITIONS = set(
    """of by to from in on at as with for off out up down over under about around beside behind between before
    after""".split()  # noqa: SIM905
)
VERBS = {"cut", "run", "put", "set", "split", "spread", "embed", "seed", "feed", "speed", "need", "fit", "read"}
"""Words that are verbs or nouns as well: bare, they are what a function does or returns."""

PARTICIPLE = re.compile(rf"([a-z]+ed|{'|'.join(IRREGULAR)})")


def is_bare_participle(name: str) -> bool:
    """Whether a name's first word is a participle that is the whole of it, or that a preposition follows.

    A participle before a noun names what is returned: ``closed_mouth`` is no bare one.
    """
    first, *rest = name.strip("_").split("_")
    if first in VERBS or not PARTICIPLE.fullmatch(first):
        return False
    return not rest or rest[0] in PREPOSITIONS


def functions() -> list[tuple[str, str]]:
    """(place, name) of every function and method of the package, nested ones and dunder methods, too."""
    return [
        (f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}", node.name)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_what_is_a_bare_participle() -> None:
    bare = ["heard", "_fitted", "made_of", "said_by", "given", "_cut_out", "drawn", "tracked"]
    assert [name for name in bare if not is_bare_participle(name)] == ["_cut_out"]
    assert not any(map(is_bare_participle, ["closed_mouth", "fit_face", "read_image", "embed_video", "seed_of", "cut"]))


def test_functions_are_not_bare_participles() -> None:
    found = functions()
    bare = [f"{place} {name}" for place, name in found if is_bare_participle(name)]
    assert len(found) > 1000
    assert len(bare) < MOST * len(found), "\n".join(bare)


def test_classes_of_one_name_mean_one_thing() -> None:
    names = Counter(
        node.name
        for path in SOURCE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= {"Recording"}
