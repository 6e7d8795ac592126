"""``talkinghead align``: when each word and phone of a recording is said."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.console import tell
from talkinghead.cli.pipes import is_stream, seekable_file
from talkinghead.cli.progress import Bar
from talkinghead.cli.texts import STDIN, read_given_text
from talkinghead.errors import InputError
from talkinghead.production.checks import check_distinct

EXAMPLES = """
[bold]Examples[/bold]

talkinghead align hello.wav --transcript "Hello there." -o hello.TextGrid

talkinghead align talk.mp3 --transcript-file talk.txt -o talk.json

talkinghead align hallo.wav --transcript "Guten Tag." --language de -o hallo.json
"""


def align(
    speech: Annotated[
        Path,
        typer.Argument(
            metavar="SPEECH", show_default=False, help="A sound file, or a video for its sound; - for standard input."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The file to write: .json, .TextGrid (for Praat) or .align (words alone).",
        ),
    ],
    transcript: Annotated[
        str | None, typer.Option(metavar="TEXT", show_default=False, help="What is said, as people write it.")
    ] = None,
    transcript_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="The same in a text file (UTF-8); - for standard input."),
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="Of the transcript: de, pt-BR or German; English needs no extra.")
    ] = "en-us",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Write down when each word and each phone of a recording is said, given its text."""
    began = time.monotonic()
    from talkinghead.media.audio import AudioReader
    from talkinghead.speech.alignment.files import Alignment, check_alignment_output, write_alignment
    from talkinghead.speech.alignment.transcript import read_transcript
    from talkinghead.speech.recording import read_recording

    if (transcript is None) == (transcript_file is None):
        fault = "neither is" if transcript is None else "both are"
        raise InputError(f"of --transcript and --transcript-file {fault} given: choose one of them.")
    check_alignment_output(out, overwrite)
    if str(speech) == str(transcript_file) == STDIN:
        raise InputError("SPEECH and --transcript-file are both standard input: give one of them as a file.")
    streams = {path: None for path in (speech, transcript_file) if is_stream(path)}
    inputs = {"SPEECH": speech, "--transcript-file": transcript_file}
    check_distinct({"OUT": out}, {name: None if path in streams else path for name, path in inputs.items()})
    text = transcript if transcript_file is None else read_given_text(str(transcript_file))
    read_transcript(text or "", language=language)
    with seekable_file(speech) as kept, Bar() as progress:
        AudioReader(kept or speech)
        progress("speech", 0, 1)
        from talkinghead.speech.alignment.align import align as aligned

        found = aligned(read_recording(kept or speech), text or "", language=language)
    if not found.words:
        raise InputError(
            f"no word of the transcript was found in {speech}: give the text that is said in it, and its --language."
        )
    write_alignment(Alignment(found.words, found.phones), out, duration=found.duration, overwrite=overwrite)
    counts = f"{len(found.words or ())} words and {len(found.phones or ())} phones"
    tell(f"{counts} in {found.duration:.2f} s of speech, aligned in {time.monotonic() - began:.1f} s")
    typer.echo(out)
