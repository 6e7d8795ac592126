"""Lips of open speakers by networks that have not learned from them: each fold's speakers were left out of a training.

The branch that ships learns from all open recordings, and hence has no unseen speaker among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from talkinghead.errors import InputError, announce
from talkinghead.methods import get_method
from talkinghead.methods.base import MotionGenerator

METHOD = "makeittalk"
STEPS = 150
FOLDS: tuple[tuple[str, ...], ...] = (
    ("Barack Obama", "GRID-s20", "GRID-s26", "GRID-s32", "GRID-s4", "GRID-s5"),
    ("Donald Trump", "GRID-s2", "GRID-s23", "GRID-s30", "GRID-s33", "Ronald Reagan"),
)
"""All speakers of the open clips, in halves of about the same length."""


def train_commands() -> Iterator[str]:
    """The command that trains the network of each fold, in their order."""
    for number, speakers in enumerate(FOLDS, start=1):
        yield (
            f"talkinghead train {METHOD} content --corpus CORPUS --out runs/folds/{number} --steps {STEPS} "
            f'--held-out "{",".join(speakers)}"'
        )


def load_folds(runs: Path) -> Mapping[str, MotionGenerator]:
    """Speaker -> a generator whose content branch has not learned from them; speakers without one are announced.

    Args:
        runs: the folder of results; the weights of fold k lie in ``folds/k`` in it.

    Raises:
        InputError: a network has learned from a speaker of its fold.
    """
    found: dict[str, MotionGenerator] = {}
    method = get_method(METHOD)
    for number, (speakers, command) in enumerate(zip(FOLDS, train_commands(), strict=True), start=1):
        folder = runs / "folds" / str(number)
        if not (folder / "content.safetensors").is_file():
            announce(f"{folder} has no weights, its row stays as it was: {command}")
            continue
        _check(folder, speakers)
        generator = method.generator(method.find_weights(first=(folder,)))
        found |= dict.fromkeys(speakers, generator)
    return found


def _check(folder: Path, speakers: tuple[str, ...]) -> None:
    """Raise ``InputError`` unless the card of the weights says that the speakers were held out."""
    _, _, held_out = json.loads((folder / "content.json").read_text("utf-8"))["data"].partition("; held out: ")
    if learned := {*speakers} - {*held_out.split(", ")}:
        raise InputError(f"{folder} has learned from {', '.join(sorted(learned))}: train it with --held-out.")
