"""``talkinghead serve``: the web page and the HTTP service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.console import STOPPED, tell
from talkinghead.cli.job_options import ray_option

_MOST_OF_A_CLUSTER = 1024  # workers, one for each of its cores
EXAMPLES = """
[bold]Examples[/bold]

talkinghead serve

talkinghead serve --data /srv/talkinghead --workers 4

talkinghead serve --host 0.0.0.0 --token-file token.txt --name talk.example.org --proxy 127.0.0.1
"""

_LIMITS, _DOOR = "Limits", "Who may come in"


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST",
            help="The address to listen at; any but this machine's own needs --token-file.",
            rich_help_panel=_DOOR,
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="The port; 0: any that is free.")] = 8765,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", show_default="one per core", help="Processes that make videos side by side."),
    ] = None,
    ray: Annotated[
        str | None,
        ray_option(help="Let a Ray cluster make videos; all its machines see DIR. See docs/batch.md."),
    ] = None,
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder of jobs, persons and their files; may be new.")
    ] = Path("talkinghead-data"),
    keep: Annotated[
        str, typer.Option(metavar="TIME", help="How long results are kept: 24h, 30m, 7d. Persons stay.")
    ] = "24h",
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="A file with the secret that clients must send.",
            rich_help_panel=_DOOR,
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="A name under which the service is reached; may be given again.",
            rich_help_panel=_DOOR,
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help="The reverse proxy's address, which is trusted to tell the clients'.",
            rich_help_panel=_DOOR,
        ),
    ] = None,
    max_upload: Annotated[
        str, typer.Option(metavar="SIZE", help="The most that one request may send.", rich_help_panel=_LIMITS)
    ] = "200MB",
    max_seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="The most work for one job.", rich_help_panel=_LIMITS)
    ] = 600.0,
    max_memory: Annotated[
        str, typer.Option(metavar="SIZE", help="The most memory of a worker.", rich_help_panel=_LIMITS)
    ] = "4GB",
    queue: Annotated[int, typer.Option(metavar="N", help="Jobs that may wait.", rich_help_panel=_LIMITS)] = 100,
    per_client: Annotated[
        int, typer.Option(metavar="N", help="Jobs of one client that may wait or run.", rich_help_panel=_LIMITS)
    ] = 20,
) -> None:
    """Serve a web page and HTTP (docs/service.md), on this machine alone unless told otherwise."""
    from talkinghead.web.settings import ServiceSettings, parse_size, parse_span, read_token

    settings = ServiceSettings(
        data if ray is None else data.absolute(),  # an actor's current folder is another
        host=host,
        port=port,
        workers=(_count_cores() if ray is None else _MOST_OF_A_CLUSTER) if workers is None else workers,
        ray=ray,
        token=None if token_file is None else read_token(token_file),
        max_upload=parse_size(max_upload, "--max-upload"),
        max_seconds=max_seconds,
        max_memory=parse_size(max_memory, "--max-memory"),
        queue=queue,
        per_client=per_client,
        keep=parse_span(keep, "--keep"),
        names=tuple(name or ()),
        proxy=proxy,
    )
    from talkinghead.web.server import serve as run

    try:
        run(settings, tell=tell)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; what waits goes on at the next start with {data}")
        raise typer.Exit(STOPPED) from None


def _count_cores() -> int:
    from talkinghead.production.processes import num_cores

    return num_cores()
