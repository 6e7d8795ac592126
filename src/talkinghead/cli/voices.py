"""``talkinghead voices``: the voices that can say a text."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from talkinghead.cli.console import STDOUT

EXAMPLES = """
[bold]Examples[/bold]

talkinghead voices

talkinghead voices --language english

talkinghead voices | grep French
"""

_VARIED = 'Each of these can be varied, such as "en-us+f3": {variants}.'
_PIPER = "Piper's voices are files: give one as --voice MODEL.onnx."


def voices(
    language: Annotated[
        str | None,
        typer.Option(metavar="LANGUAGE", show_default="all", help="Only those of a language: en, de-DE or German."),
    ] = None,
) -> None:
    """List the voices for --text as a table or, in a pipe, one per line with tabs: name, language, engine."""
    from talkinghead.speech.say import voices as known
    from talkinghead.speech.synthesis.espeak import Espeak

    found = known(language)
    if not STDOUT.is_terminal:
        for voice in found:
            typer.echo(f"{voice.name}\t{voice.language}\t{voice.engine}")
        return
    table = Table("name", "language", "engine", header_style="bold")
    for voice in found:
        table.add_row(Text(voice.name), Text(voice.language), Text(voice.engine))
    STDOUT.print(table)
    STDOUT.print(Text(_VARIED.format(variants=", ".join(Espeak().variants()))))
    STDOUT.print(Text(_PIPER))
