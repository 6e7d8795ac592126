"""``talkinghead train``: one stage of a method's training, or a network that serves all methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from talkinghead.cli.console import STOPPED, tell
from talkinghead.errors import InputError

EXAMPLES = """
[bold]Example[/bold]

talkinghead train makeittalk content --corpus recordings --out runs/content
talkinghead train phones --corpus recordings --out runs/phones
talkinghead train syncnet --corpus recordings --out runs/syncnet
"""

_PHONES, _SYNCNET = "phones", "syncnet"

Training: TypeAlias = Callable[[Path, Path, str, Mapping[str, Any]], None]


def train(
    method: Annotated[
        str,
        typer.Argument(
            metavar="METHOD",
            show_default=False,
            help="See: talkinghead methods. Or phones: the phone recogniser; or syncnet: the judge of synchrony.",
        ),
    ],
    corpus: Annotated[
        Path, typer.Option(metavar="DIR", show_default=False, help="The folder of recordings to learn from.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="Where weights, log and checkpoint go; a checkpoint there is taken up.",
        ),
    ],
    stage: Annotated[
        str | None,
        typer.Argument(metavar="STAGE", show_default=False, help="Of the method; phones and syncnet have none."),
    ] = None,
    config: Annotated[str, typer.Option(metavar="SIZE", help="The size of the networks.")] = "small",
    steps: Annotated[
        int | None, typer.Option(metavar="N", show_default="the stage's own", help="How many optimiser steps.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="random weights", help="Trained weights to begin with."),
    ] = None,
) -> None:
    """Train one stage of a method; the same command goes on where it was stopped."""
    if steps is not None and steps < 1:
        raise InputError(f"--steps {steps} is out of range: choose a whole number from 1 up.")
    if not corpus.is_dir():
        raise InputError(f"--corpus {corpus} is not a folder: give the one with the recordings.")
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file: give a folder, which may be new.")
    if start is not None and not start.is_file():
        raise InputError(f"--start {start}: no such file; give the weights to begin with.")
    options = {name: value for name, value in (("steps", steps), ("start", start)) if value is not None}
    shared = {_PHONES: _recogniser, _SYNCNET: _judge}
    if start is not None and method in shared:
        raise InputError(f"{method} is trained from random weights: leave out --start.")
    run = shared[method](stage, config) if method in shared else _stage_of(method, stage, config, start)
    try:
        run(corpus, out, config, options)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command goes on from the last checkpoint in {out}")
        raise typer.Exit(STOPPED) from None
    typer.echo(out)


def _recogniser(stage: str | None, config: str) -> Training:
    from talkinghead.speech.phones import CONFIGS
    from talkinghead.training.phones import train_phones

    _check_shared(_PHONES, stage, config, CONFIGS)
    return train_phones


def _judge(stage: str | None, config: str) -> Training:
    from talkinghead.metrics.syncnet import CONFIGS
    from talkinghead.training.syncnet import train_syncnet

    _check_shared(_SYNCNET, stage, config, CONFIGS)
    return train_syncnet


def _check_shared(name: str, stage: str | None, config: str, sizes: Iterable[str]) -> None:
    if stage is not None:
        raise InputError(f"{name} has no stages: leave out {stage!r}.")
    _check_known(config, sizes, f"{name} has no size")


def _stage_of(method: str, stage: str | None, config: str, start: Path | None) -> Training:
    from talkinghead.methods import get_method

    chosen = get_method(method)
    if stage is None:
        raise InputError(f"{method} is trained in stages: name one of {', '.join(chosen.stages)}.")
    _check_known(stage, chosen.stages, f"{method} has no training stage")
    _check_known(config, {**chosen.configs, **chosen.variants}, f"{method} has no size")
    if start is not None and not chosen.stages[stage].starts:
        raise InputError(f"the {stage} of {method} is trained from random weights: leave out --start.")
    return chosen.stages[stage].train


def _check_known(name: str, known: Iterable[str], what: str) -> None:
    names = list(known)
    if name not in names:
        raise InputError(f"{what} {name!r}: choose one of {', '.join(names) or '(there are none)'}.")
