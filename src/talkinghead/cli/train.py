"""``talkinghead train``: a stage of a method, or a recipe for a network that all methods share."""

from __future__ import annotations

import inspect
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from talkinghead.cli.console import STOPPED, tell
from talkinghead.errors import InputError
from talkinghead.training.plan import Trainable, choose, plan_training
from talkinghead.training.stage import Stage, TrainingOptions

EXAMPLES = """
[bold]Example[/bold]

talkinghead train makeittalk content --corpus recordings --out runs/content
talkinghead train phones --corpus recordings --out runs/phones --steps 100
talkinghead train makeittalk translation --help
"""


class StageCommand(TyperCommand):
    """The command with the options of the named stage, which ``--help`` then shows."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse a command line."""
        lenient = {"allow_extra_args": True, "ignore_unknown_options": True}
        named = super().make_context(info_name, list(args), parent, resilient_parsing=True, **lenient).params
        found = named.get("method") and _find_stage(named["method"], args)
        if found:
            return _stage_command(*found).make_context(info_name, args, parent, **extra)
        # Options depend on METHOD and STAGE, so unknown ones are refused only after those are known.
        return super().make_context(info_name, args, parent, **lenient, **extra)


def _find_stage(method: str, words: list[str]) -> tuple[str, Stage] | None:
    """Name and stage in the words of a command line; None if they name none."""
    try:
        owner = _owner(method)
    except InputError:
        return None
    named = [word for word in (owner.name, *words) if word in owner.stages]
    return (named[0], owner.stages[named[0]]) if named else None


def _stage_command(name: str, stage: Stage) -> Any:
    """The command that trains one stage."""
    usual = stage.options
    types = get_type_hints(type(usual))
    own = [_parameter(entry, types[entry.name], usual) for entry in fields(usual)]
    shared = inspect.signature(train, eval_str=True).parameters.values()

    def run(**values: Any) -> None:
        told = {entry.name: _check_option(entry, values.pop(entry.name)) for entry in fields(usual)}
        _run(**values, options=replace(usual, **told))

    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*shared, *own)]
    )
    run.__doc__ = f"Train {name}: {stage.what}. The same command resumes where it was stopped."
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(context_settings={"help_option_names": ["--help", "-h"]})(run)
    return typer.main.get_command(app)


def _parameter(entry: Field[Any], kind: Any, usual: TrainingOptions) -> inspect.Parameter:
    """An option of the command for a field of the options of a stage."""
    shown = typer.Option(
        f"--{entry.name.replace('_', '-')}",
        help=entry.metadata["help"],
        metavar=entry.metadata.get("metavar", "FILE" if kind == Path | None else "N"),
        rich_help_panel="Options of this stage",
    )
    default = getattr(usual, entry.name)
    return inspect.Parameter(
        entry.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, shown]
    )


def _check_option(entry: Field[Any], value: Any) -> Any:
    """The value of an option.

    Raises:
        InputError: it is out of range, or a file that does not exist.
    """
    option, above = f"--{entry.name.replace('_', '-')}", entry.metadata.get("above")
    if above is not None and not value > above:
        number = "whole number" if isinstance(value, int) else "number"
        raise InputError(f"{option} {value} is out of range: choose a {number} above {above:g}.")
    if isinstance(value, Path) and not value.is_file():
        raise InputError(f"{option} {value}: no such file.")
    return value


def train(
    method: Annotated[
        str,
        typer.Argument(
            metavar="METHOD", show_default=False, help="A method or a recipe; talkinghead methods lists them."
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
            help="Folder for weights, log and checkpoint; a checkpoint in it is resumed.",
        ),
    ],
    stage: Annotated[
        str | None, typer.Argument(metavar="STAGE", show_default=False, help="Of the method; recipes have none.")
    ] = None,
    config: Annotated[str, typer.Option(metavar="SIZE", help="The size of the networks.")] = "small",
    start: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="random weights", help="Pretrained weights to start from."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default="OUT/store",
            help="Folder for tracks and features of the recordings; trainings may share it.",
        ),
    ] = None,
) -> None:
    """Train one stage of a method, or a shared network; the same command resumes where it was stopped.

    Each stage has options of its own, such as --steps: talkinghead train METHOD STAGE --help shows them.
    """
    _run(method, corpus, out, stage, config, start, store, None)


def _run(
    method: str,
    corpus: Path,
    out: Path,
    stage: str | None,
    config: str,
    start: Path | None,
    store: Path | None,
    options: TrainingOptions | None,
) -> None:
    from talkinghead.data.corpus import Corpus
    from talkinghead.store import Store

    owner = _owner(method)
    name = _stage_name(owner, stage)
    if not corpus.is_dir():
        raise InputError(f"--corpus {corpus} is not a folder: give the one with the recordings.")
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file: give a folder, which may be new.")
    if start is not None and not start.is_file():
        raise InputError(f"--start {start}: no such file; give the pretrained weights.")
    training = plan_training(
        owner,
        name,
        corpus=Corpus.open(corpus),
        out=out,
        config=config,
        options=options,
        start=start,
        store=None if store is None else Store(store),
    )
    try:
        owner.stages[name].train(training)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command resumes from the last checkpoint in {out}")
        raise typer.Exit(STOPPED) from None
    typer.echo(out)


def _owner(name: str) -> Trainable:
    """The method or recipe of that name.

    Raises:
        InputError: there is none.
    """
    from talkinghead.methods import get_method, method_names
    from talkinghead.recipes import RECIPES

    if name in method_names():
        return get_method(name)
    found: Trainable = choose(name, {**dict.fromkeys(method_names()), **RECIPES}, "there is no method or recipe")
    return found


def _stage_name(owner: Trainable, stage: str | None) -> str:
    """The name of the requested stage; a recipe has a single stage of the same name.

    Raises:
        InputError: no stage is named, or there is none of that name.
    """
    if owner.name in owner.stages:
        if stage is not None:
            raise InputError(f"{owner.name} has no stages: leave out {stage!r}.")
        return owner.name
    if stage is None:
        raise InputError(f"{owner.name} is trained in stages: name one of {', '.join(owner.stages)}.")
    choose(stage, owner.stages, f"{owner.name} has no training stage")
    return stage
