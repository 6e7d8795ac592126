"""From a request to a run of a stage: names are checked, and the weights that the stage needs are found."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from talkinghead.errors import InputError
from talkinghead.training.stage import Stage, Training, TrainingOptions

if TYPE_CHECKING:  # answering a question need not wait for numpy
    from talkinghead.data.corpus import Corpus
    from talkinghead.store import Store


class Trainable(Protocol):
    """An owner of stages: a method, or a recipe."""

    @property
    def name(self) -> str:
        """As on the command line."""
        ...

    @property
    def stages(self) -> Mapping[str, Stage]:
        """By name, in order."""
        ...

    @property
    def configs(self) -> Mapping[str, Any]:
        """Sizes by name."""
        ...

    @property
    def variants(self) -> Mapping[str, Any]:
        """Configurations that are not sizes, by name."""
        ...

    @property
    def weights(self) -> Path | None:
        """The folder of the shipped weights, or None."""
        ...


def plan_training(
    owner: Trainable,
    stage_name: str,
    *,
    corpus: Corpus,
    out: Path,
    config: str = "small",
    options: TrainingOptions | None = None,
    start: Path | None = None,
    store: Store | None = None,
) -> Training:
    """A run of a stage, checked: what it needs is there.

    Args:
        owner: of the stage.
        stage_name: its name.
        corpus: the recordings to learn from.
        out: folder for the results; weights that the stage needs are searched there, then among the owner's.
        config: name of the sizes, or of a variant.
        options: None: the defaults of the stage for such a corpus.
        start: pretrained weights to start from.
        store: None: a folder of that name in ``out``.

    Raises:
        InputError: there is no such stage or size, the stage cannot start from pretrained weights, or weights that it
            needs are missing.
    """
    from talkinghead.store import Store

    stage = choose(stage_name, owner.stages, f"{owner.name} has no training stage")
    sizes = choose(config, {**owner.configs, **owner.variants}, f"{owner.name} has no size")
    if start is not None and not stage.starts:
        raise InputError(f"the {stage_name} of {owner.name} is trained from random weights: leave out --start.")
    if corpus.folder is None and "person" not in stage.scope:
        raise InputError(f"the {stage_name} of {owner.name} learns from many people: give the shared recordings.")
    usual = stage.usual_options(corpus)
    told = usual if options is None else options
    shipped = owner.weights if config in ("small", *owner.variants) else None  # none ship of other sizes
    needs = {name: _weights_needed(name, stage_name, (out, shipped)) for name in stage.needs}
    command = _command((owner.name, stage_name), config, told, usual, start)
    return Training(corpus, out, store or Store(out / "store"), sizes, told, start, needs, command)


def choose(name: str, known: Mapping[str, Any], what: str) -> Any:
    """The entry of that name.

    Raises:
        InputError: there is none; ``what`` begins the sentence, which names the nearest or all.
    """
    if name in known:
        return known[name]
    raise InputError(f"{what} {name!r}: {nearest(name, known)}.")


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint after an unknown name: the nearest known names, or all."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}"
    return f"choose one of {', '.join(names) or '(there are none)'}"


def _weights_needed(name: str, stage: str, folders: tuple[Path | None, ...]) -> Path:
    for folder in folders:
        if folder is not None and (folder / f"{name}.safetensors").exists():
            return folder / f"{name}.safetensors"
    raise InputError(
        f"{folders[0]}: holds no {name}.safetensors, which the {stage} needs: train the {name} first and put its "
        "weights there."
    )


def _command(
    names: tuple[str, str], config: str, options: TrainingOptions, usual: TrainingOptions, start: Path | None
) -> str:
    """The command that repeats a training, with the number of steps and the options that are not defaults."""
    words = ["talkinghead", "train", *dict.fromkeys(names), "--corpus", "CORPUS", "--out", "OUT", "--config", config]
    for name in (entry.name for entry in fields(options)):
        value = getattr(options, name)
        if name == "steps" or value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", value.name if isinstance(value, Path) else str(value)]
    return shlex.join(words if start is None else [*words, "--start", start.name])
