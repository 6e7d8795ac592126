"""``talkinghead batch``: many jobs from a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkinghead.cli.bars import Bars
from talkinghead.cli.console import STOPPED, tell
from talkinghead.cli.job_options import ray_option
from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.production import WorkerPool

SOME_FAILED = 3
"""The exit code when some rows failed."""

EXAMPLES = """
[bold]Examples[/bold]

talkinghead batch jobs.csv -o videos/

talkinghead batch jobs.jsonl -o videos/ --jobs 4

talkinghead batch jobs.csv -o /shared/videos --ray auto
"""


def batch(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            show_default=False,
            help="A CSV table or JSON lines; columns are the fields of a job, see docs/jobs.md; * stands for files.",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", show_default=False, help="Folder for videos and report; finished rows stay."
        ),
    ],
    jobs: Annotated[
        int | None, typer.Option(metavar="N", show_default="one per core", help="Jobs worked on at once.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(metavar="S", show_default="any", help="Most time for a job, in seconds.")
    ] = None,
    max_memory: Annotated[
        int | None, typer.Option(metavar="MIB", show_default="any", help="Most memory for a job, in MiB.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files in DIR that no batch has made.")
    ] = False,
    ray: Annotated[
        str | None,
        ray_option(help="Work on a Ray cluster instead; see docs/batch.md."),
    ] = None,
) -> None:
    """Run all jobs of a table, on all cores; the same command resumes where it was stopped."""
    for name, value in {"--jobs": jobs, "--max-seconds": max_seconds, "--max-memory": max_memory}.items():
        if value is not None and value <= 0:
            raise InputError(f"{name} {value} is out of range: choose a number above 0.")
    from talkinghead.batch import read_manifest, run_batch
    from talkinghead.production.crews import make_pool

    rows = read_manifest(manifest, out)
    memory = None if max_memory is None else max_memory * 2**20

    def pool_for(number: int) -> WorkerPool:
        return make_pool(number, workers=jobs, ray=ray, max_seconds=max_seconds, max_memory=memory)

    try:
        with Bars() as bars:
            outcomes = run_batch(rows, out, pool_for, overwrite=overwrite, watch=bars.watch, advance=bars.advance)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command resumes with what is in {out}")
        raise typer.Exit(STOPPED) from None
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    made, resumed = len(outcomes) - len(failed), sum(outcome.resumed for outcome in outcomes)
    for outcome in failed:
        if outcome.row.job is None:  # the others were told when they failed
            tell(f"failed: {outcome.row.why}")
    tell(f"{made} of {len(outcomes)} made, {resumed} of them before; {len(failed)} failed")
    typer.echo(out / "report.html")
    if failed:
        raise typer.Exit(SOME_FAILED)
