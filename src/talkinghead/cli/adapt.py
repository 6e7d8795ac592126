"""``talkinghead adapt``: a person from their reference videos."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from talkinghead.cli.console import STDOUT, STOPPED, tell
from talkinghead.cli.progress import Bar
from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.person import Person

EXAMPLES = """
[bold]Examples[/bold]

talkinghead adapt anna.mp4 -o anna/ --consent "Anna agreed by e-mail on 3 March 2026."

talkinghead adapt clips/ -o anna/ --minutes 2 --method attentional_landmarks

talkinghead animate anna/ speech.wav -o out.mp4
"""


def adapt(
    videos: Annotated[
        list[Path],
        typer.Argument(
            metavar="VIDEO...", show_default=False, help="Reference videos of one person, or a folder of clips."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="PERSON", show_default=False, help="The folder of the person, new or to be resumed."
        ),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Adapt the networks of this method, too; may be given several times.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(metavar="N", show_default="all", help="Use at most the first N minutes of the videos."),
    ] = None,
    face: Annotated[
        int | None,
        typer.Option(metavar="N", show_default="the largest", help="Which face of several: 1 is the leftmost."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="as the folder", help="How the person is called.")
    ] = None,
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            show_default=False,
            help="How the person agreed; asked for once and kept in the folder, see docs/provenance.md.",
        ),
    ] = None,
    sound_late: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS|auto",
            show_default=False,
            help="By how much the sound is late against the picture, which trainings take off; auto: as measured.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", show_default="the stages' own", help="Training steps of each of a method's stages."),
    ] = None,
) -> None:
    """Make a person from their videos: track them, fit the face, recognise their speech, and adapt methods to them.

    The same command resumes where it was stopped. The folder can then be the FACE of animate.
    """
    began = time.monotonic()
    from talkinghead.person import PersonPlan, adapt_person, has_consent

    if consent is None and not has_consent(out):
        consent = _ask_consent()
    plan = PersonPlan(
        tuple(videos),
        methods=tuple(method or ()),
        minutes=minutes,
        face=face,
        name=name,
        consent=consent,
        steps=steps,
        sound_late=_parse_sound_late(sound_late),
    )
    try:
        with Bar() as progress:
            person = adapt_person(plan, out, progress=progress)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command resumes with what is in {out}")
        raise typer.Exit(STOPPED) from None
    _report(person, time.monotonic() - began)
    typer.echo(out)


def _parse_sound_late(text: str | None) -> float | Literal["auto"] | None:
    """What ``--sound-late`` says."""
    if text is None or text == "auto":
        return "auto" if text else None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--sound-late {text} is unknown: choose seconds such as 0.12, or auto.") from None


def _ask_consent() -> str | None:
    """The user's answer about the person's consent; None if nobody can be asked."""
    if not sys.stdin.isatty():
        return None
    answer: str = typer.prompt("How did this person agree to be animated? (kept in person.json)", err=True)
    return answer


def _report(person: Person, seconds: float) -> None:
    """Report the person's reference and scores."""
    tell(f"{person.name}: {person.seconds:.1f} s of reference, prepared in {seconds:.0f} s")
    if not person.record.adapted:
        tell("no method is adapted to them yet, but all can animate their picture: add --method NAME to adapt one")
    for method, stages in person.record.adapted.items():
        for stage, scores in stages.items():
            told = ", ".join(describe_scores(scores))
            STDOUT.print(f"{method} {stage}: {told}", soft_wrap=True, highlight=False)


def describe_scores(scores: Mapping[str, Any]) -> Iterator[str]:
    """Each score, with that of the weights for anybody in brackets."""
    before = scores.get("before") or {}
    for key, value in scores.items():
        if isinstance(value, int | float):
            yield f"{key} {value:g} ({before[key]:g} before)" if key in before else f"{key} {value:g}"
