"""A stage of training: what it trains, what it can be told, and one run of it.

Describing a stage costs nothing: what needs torch is named by ``defer`` and imported when it is called.
"""

from __future__ import annotations

import difflib
import importlib
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from talkinghead.errors import InputError

if TYPE_CHECKING:  # listing the stages need not wait for torch
    from torch import Tensor, nn

Batch: TypeAlias = "dict[str, Tensor]"
Scope: TypeAlias = Literal["corpus", "person"]


@dataclass(frozen=True)
class TrainingOptions:
    """What every stage can be told; a stage that can be told more has a subclass.

    The metadata of a field holds one line of "help" and, of a number, what it must be "above".

    Attributes:
        steps: optimiser steps.
        batch: examples in a batch.
        learning_rate: the largest one of the schedule.
        validate_every: steps between two validations, each of which writes a checkpoint.
    """

    steps: int = field(default=2000, metadata={"help": "How many optimiser steps.", "above": 0})
    batch: int = field(default=32, metadata={"help": "How many examples in a batch.", "above": 0})
    learning_rate: float = field(
        default=1e-3, metadata={"help": "The largest learning rate of the schedule.", "above": 0.0}
    )
    validate_every: int = field(
        default=500, metadata={"help": "Steps between validations; each writes a checkpoint.", "above": 0}
    )


@dataclass(frozen=True)
class Training:
    """One run of a stage.

    Attributes:
        corpus: folder with the recordings to learn from.
        out: folder that weights, card, log and checkpoint go to; a checkpoint in it is resumed.
        config: sizes of the networks.
        options: what the stage is told; of the class of its ``options``.
        start: pretrained weights to begin with; None: random ones.
        needs: file of weights of each network that the stage needs.
        command: what to type to train the same again.
    """

    corpus: Path
    out: Path
    config: Any
    options: Any
    start: Path | None = None
    needs: Mapping[str, Path] = field(default_factory=dict)
    command: str = ""


@dataclass(frozen=True)
class Stage:
    """One training of one network.

    Attributes:
        what: one line for ``talkinghead methods``.
        network: config -> what this stage trains, with random weights. One that has a ``discriminator`` is trained
            adversarially (``training.adversarial``).
        losses: (network, batch, config) -> named losses; see ``training.fit``.
        example: (config, seed) -> a small batch of made-up data, for tests and rehearsals.
        train: trains; weights and card are then in the output folder.
        scope: whom it can learn from: a whole corpus, one person, or both.
        needs: names of the weights of other networks that it works with, as their files are called.
        options: what it can be told, with the defaults.
        starts: whether training can begin with pretrained weights.
    """

    what: str
    network: Callable[[Any], nn.Module]
    losses: Callable[[nn.Module, Batch, Any], dict[str, Tensor]]
    example: Callable[[Any, int], Batch]
    train: Callable[[Training], None]
    scope: tuple[Scope, ...] = ("corpus",)
    needs: tuple[str, ...] = ()
    options: TrainingOptions = field(default_factory=TrainingOptions)
    starts: bool = False


def defer(place: str, *, part: str | None = None) -> Callable[..., Any]:
    """The function or class at ``package.module:name``, whose module is imported when it is called.

    Args:
        place: where it is.
        part: attribute of the first argument that it is given instead of it; None: the argument itself.
    """
    module, name = place.split(":")

    def call(first: Any, *others: Any, **named: Any) -> Any:
        function = getattr(importlib.import_module(module), name)
        return function(first if part is None else getattr(first, part), *others, **named)

    return call


class Trainable(Protocol):
    """What has stages: a method, or a recipe."""

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
        """Configurations that are no sizes, by name."""
        ...

    @property
    def weights(self) -> Path | None:
        """The folder of the weights that ship, or None."""
        ...


def plan_training(
    owner: Trainable,
    stage_name: str,
    *,
    corpus: Path,
    out: Path,
    config: str = "small",
    options: TrainingOptions | None = None,
    start: Path | None = None,
) -> Training:
    """A run of a stage, checked: what it needs is there.

    Args:
        owner: of the stage.
        stage_name: which.
        corpus: folder with the recordings.
        out: folder for what is made; weights that the stage needs are looked for there, then among the owner's.
        config: name of the sizes, or of a variant.
        options: None: the stage's defaults.
        start: pretrained weights to begin with.

    Raises:
        InputError: there is no such stage or size, the stage cannot begin with pretrained weights, or weights that it
            needs are missing.
    """
    stage = choose(stage_name, owner.stages, f"{owner.name} has no training stage")
    sizes = choose(config, {**owner.configs, **owner.variants}, f"{owner.name} has no size")
    if start is not None and not stage.starts:
        raise InputError(f"the {stage_name} of {owner.name} is trained from random weights: leave out --start.")
    told = stage.options if options is None else options
    shipped = owner.weights if config in ("small", *owner.variants) else None  # none ship of other sizes
    needs = {name: _weights_needed(name, stage_name, (out, shipped)) for name in stage.needs}
    command = _command((owner.name, stage_name), config, told, stage.options, start)
    return Training(corpus, out, sizes, told, start, needs, command)


def choose(name: str, known: Mapping[str, Any], what: str) -> Any:
    """The entry of that name.

    Raises:
        InputError: there is none; ``what`` begins the sentence, which names the nearest or all.
    """
    if name in known:
        return known[name]
    raise InputError(f"{what} {name!r}: {nearest(name, known)}.")


def nearest(name: str, known: Iterable[str]) -> str:
    """How to go on from a name that is not known: the nearest ones, or all."""
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
        f"{folders[0]}: holds no {name}.safetensors, with which the {stage} is trained: train the {name} first and put "
        "its weights there."
    )


def _command(
    names: tuple[str, str], config: str, options: TrainingOptions, usual: TrainingOptions, start: Path | None
) -> str:
    """What trains this again; of the options, the number of steps and those that are not the defaults."""
    words = ["talkinghead", "train", *dict.fromkeys(names), "--corpus", "CORPUS", "--out", "OUT", "--config", config]
    for name in (entry.name for entry in fields(options)):
        value = getattr(options, name)
        if name == "steps" or value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", value.name if isinstance(value, Path) else str(value)]
    return shlex.join(words if start is None else [*words, "--start", start.name])
