"""A stage of training: what it trains, what it can be told, and one run of it.

Describing a stage costs nothing: what needs torch is named by ``defer`` and imported when it is called.
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
        corpus: the recordings to learn from.
        out: folder that weights, card, log and checkpoint go to; a checkpoint in it is resumed.
        store: keeps what was tracked, heard and packed, for other trainings, too.
        config: sizes of the networks.
        options: what the stage is told; of the class of its ``options``.
        start: pretrained weights to begin with; None: random ones.
        needs: file of weights of each network that the stage needs.
        command: what to type to train the same again.
        progress: hook, told of every step; None: what each validation finds is printed.
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
        """Train a network as the options say; see ``training.fit``.

        Args:
            network: what to train.
            losses: (network, batch) -> named losses.
            batch: step -> batch.
            validate: network -> named scores.
            schedule: how fast; None: the defaults, with the learning rate of the options.
            discriminator_schedule: how fast its discriminator learns; None: as fast.
            merit: scores -> a number; of all validations, and the beginning, the best one counts. None: the last.
            part: folder in ``out`` of one of several trainings.
            share: of the steps that this one takes.

        Returns:
            The scores, and where training began with pretrained weights also theirs, as "before".
        """
        from talkinghead.training.fit import Schedule, fit

        self.out.mkdir(parents=True, exist_ok=True)
        begun = validate(network.eval()) if self.start is not None else None
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
        network: config -> what this stage trains, with random weights. One that has a ``discriminator`` is trained
            adversarially (``training.adversarial``).
        losses: (network, batch, config) -> named losses; see ``training.fit``.
        example: (config, seed) -> a small batch of made-up data, for tests and rehearsals.
        train: trains; weights and card are then in the output folder.
        scope: whom it can learn from: a whole corpus, one person, or both.
        needs: names of the weights of other networks that it works with, as their files are called.
        options: what it can be told, with the defaults.
        personal: the same for one person; None: as for a corpus.
        starts: whether training can begin with pretrained weights.
        needs_speech: whether it cannot learn from videos without sound.
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
        """The options for a corpus: those for one person where it is one person's."""
        return self.personal if self.personal is not None and corpus.folder is None else self.options


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
