"""``talkinghead prepare``: tracks and features of a corpus, before trainings and evaluations need them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkinghead.cli.batch import SOME_FAILED
from talkinghead.cli.console import STOPPED, tell
from talkinghead.cli.job_options import ray_option
from talkinghead.cli.progress import Bar
from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.production import WorkerPool

EXAMPLES = """
[bold]Examples[/bold]

talkinghead prepare recordings/ --store store/

talkinghead prepare recordings/ --store store/ --method facial

talkinghead prepare /shared/data --store /shared/store --ray auto
"""


def prepare(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", show_default=False, help="The folder of recordings.")],
    *,
    store: Annotated[
        Path,
        typer.Option(metavar="DIR", show_default=False, help="Folder that keeps them: train --store DIR reads it."),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", show_default="all", help="For the trainings of this method; may be repeated."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", show_default="one per core", help="Recordings worked on at once.")
    ] = None,
    ray: Annotated[
        str | None,
        ray_option(help="Work on a Ray cluster instead, all of whose machines see CORPUS and DIR; see docs/batch.md."),
    ] = None,
) -> None:
    """Track all recordings of a corpus and keep what trainings read of them; the same command resumes."""
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs {jobs} is out of range: choose a whole number from 1 up.")
    if not corpus.is_dir():
        raise InputError(f"{corpus} is not a folder: give the one with the recordings.")
    from talkinghead.batch.prepare import prepare_corpus
    from talkinghead.data.corpus import Corpus
    from talkinghead.methods import method_names
    from talkinghead.production.crews import make_pool

    def pool_for(number: int) -> WorkerPool:
        return make_pool(number, workers=jobs, ray=ray)

    try:
        with Bar() as bar:
            prepared = prepare_corpus(
                Corpus.open(corpus.absolute()),
                store,
                pool_for,
                methods=method or method_names(),
                advance=lambda done, total: bar("track", done, total),
            )
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command resumes with what is in {store}")
        raise typer.Exit(STOPPED) from None
    for note in prepared.notes:
        tell(f"note: {note}")
    for name, why in prepared.failed.items():
        tell(f"failed: {name}: {why}")
    tell(f"{prepared.done} recordings are in the store, {len(prepared.failed)} failed")
    typer.echo(store)
    if prepared.failed:
        raise typer.Exit(SOME_FAILED)
