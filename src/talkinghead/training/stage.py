"""A stage of training, its options, and one run of it.

Describing a stage is cheap: what needs torch is named by ``defer`` and imported when it is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from talkinghead.errors import InputError

if TYPE_CHECKING:  # listing the stages need not wait for torch
    from torch import Tensor, nn

    from talkinghead.data.corpus import Corpus
    from talkinghead.store import Store
    from talkinghead.training.fit import Schedule
    from talkinghead.types import Progress

Batch: TypeAlias = "dict[str, Tensor]"
Scope: TypeAlias = Literal["corpus", "person"]


@dataclass(frozen=True)
class TrainingOptions:
    """Options of every stage; stages with further options have a subclass.

    The metadata of a field has one line of "help" and, for a number, the value that it must be "above".

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
class HeldOutOptions(TrainingOptions):
    """Options of a stage that can hold out some of its data.

    Attributes:
        held_out: speakers, or sources of speech, separated by commas.
    """

    held_out: str = field(
        default="",
        metadata={"help": "Who is scored and not learned from, separated by commas.", "metavar": "NAMES"},
    )

    @property
    def names_held_out(self) -> frozenset[str]:
        """Those of ``held_out``."""
        return frozenset(filter(None, self.held_out.split(",")))


@dataclass(frozen=True)
class Training:
    """One run of a stage.

    Attributes:
        corpus: the recordings to learn from.
        out: folder for weights, card, log and checkpoint; a checkpoint in it is resumed.
        store: keeps tracks, features and packs, for other trainings, too.
        config: sizes of the networks.
        options: of the stage, an instance of the class of its ``options``.
        start: pretrained weights to start from; None: random ones.
        needs: file of weights of each network that the stage needs.
        command: the command that repeats this training.
        progress: hook, called at every step; None: the result of each validation is printed.
    """

    corpus: Corpus
    out: Path
    store: Store
    config: Any
    options: Any
    start: Path | None = None
    needs: Mapping[str, Path] = field(default_factory=dict)
    command: str = ""
    progress: Progress | None = None

    @property
    def folder(self) -> Path:
        """The folder of the shared recordings.

        Raises:
            InputError: the corpus is that of one person.
        """
        if self.corpus.folder is None:
            raise InputError("this training needs the shared recordings, not those of one person.")
        return self.corpus.folder

    def fit(
        self,
        network: nn.Module,
        losses: Callable[[nn.Module, Mapping[str, Tensor]], Mapping[str, Tensor]],
        batch: Callable[[int], Mapping[str, Tensor]],
        *,
        validate: Callable[[nn.Module], Mapping[str, float]],
        schedule: Schedule | None = None,
        discriminator_schedule: Schedule | None = None,
        merit: Callable[[Mapping[str, float]], float] | None = None,
        part: str = "",
        share: float = 1.0,
    ) -> dict[str, Any]:
        """Train a network with the stage's options; see ``training.fit``.

        Args:
            network: the network to train.
            losses: (network, batch) -> named losses.
            batch: step -> batch.
            validate: network -> named scores.
            schedule: of the network; None: the defaults, with the learning rate of the options.
            discriminator_schedule: of its discriminator; None: the same.
            merit: scores -> a number; the best of all validations, including the initial one, counts. None: the last.
            part: subfolder of ``out`` for one of several trainings.
            share: of the steps, for this training.

        Returns:
            The scores; and, if training started from pretrained weights or has a merit, the initial ones, as "before".
        """
        from talkinghead.training.fit import Schedule, fit

        self.out.mkdir(parents=True, exist_ok=True)
        begun = None if self.start is None and merit is None else validate(network.eval())
        scores = fit(
            network.train(),
            losses,
            batch,
            out=self.out / part,
            steps=max(1, round(share * self.options.steps)),
            validate=validate,
            schedule=schedule or Schedule(self.options.learning_rate),
            discriminator_schedule=discriminator_schedule,
            validate_every=self.options.validate_every,
            merit=merit,
            progress=self.progress,
        )
        return {**scores} if begun is None else {**scores, "before": dict(begun)}

    def save(self, network: nn.Module, name: str, card: Mapping[str, Any]) -> None:
        """Write weights and their card, to which the command is added, as files of that name."""
        from talkinghead.weights import save_weights

        save_weights(network, self.out / f"{name}.safetensors", card={**card, "command": self.command})


@dataclass(frozen=True)
class Stage:
    """One training of one network.

    Attributes:
        what: one line for ``talkinghead methods``.
        network: config -> the network that this stage trains, with random weights. One that has a ``discriminator`` is
            trained adversarially (``training.adversarial``).
        losses: (network, batch, config) -> named losses; see ``training.fit``.
        example: (config, seed) -> a small batch of synthetic data, for tests and rehearsals.
        train: runs the training and writes weights and card to the output folder.
        scope: what it can learn from: a whole corpus, one person, or both.
        needs: file names, without suffix, of the weights of other networks that it needs.
        options: its options, with their defaults.
        personal: the same for one person; None: as for a corpus.
        starts: whether training can start from pretrained weights.
        needs_speech: whether it requires videos with sound.
    """

    what: str
    network: Callable[[Any], nn.Module]
    losses: Callable[[nn.Module, Batch, Any], dict[str, Tensor]]
    example: Callable[[Any, int], Batch]
    train: Callable[[Training], None]
    scope: tuple[Scope, ...] = ("corpus",)
    needs: tuple[str, ...] = ()
    options: TrainingOptions = field(default_factory=TrainingOptions)
    personal: TrainingOptions | None = None
    starts: bool = False
    needs_speech: bool = False

    def usual_options(self, corpus: Corpus) -> TrainingOptions:
        """The default options for a corpus, which may be that of one person."""
        return self.personal if self.personal is not None and corpus.folder is None else self.options


def defer(place: str, *, part: str | None = None) -> Callable[..., Any]:
    """The function or class at ``package.module:name``, whose module is imported when it is called.

    Args:
        place: of the function or class.
        part: attribute of the first argument to pass instead of it; None: the argument itself is passed.
    """
    module, name = place.split(":")

    def call(first: Any, *others: Any, **named: Any) -> Any:
        function = getattr(importlib.import_module(module), name)
        return function(first if part is None else getattr(first, part), *others, **named)

    return call
