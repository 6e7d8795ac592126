"""The ``talkinghead`` command. What is slow to import is imported inside the commands."""

from __future__ import annotations

import errno
import re
import signal
import sys
from types import FrameType
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from talkinghead.cancellation import WrittenFiles, note_written_files
from talkinghead.cli import (
    adapt,
    align,
    animate,
    batch,
    demo,
    doctor,
    dub,
    evaluate,
    landmarks,
    methods,
    motion,
    prepare,
    serve,
    train,
    voices,
)
from talkinghead.cli.console import STOPPED, notes_shown, tell
from talkinghead.cli.streams import StdoutError, guard_streams
from talkinghead.production.failures import BAD_INPUT, FAULT, explain_error
from talkinghead.version import __version__

_stopped_by: list[int] = [signal.SIGINT]

# Old Typers use click, new ones a copy inside: in both this class is above UsageError and BadParameter.
_ClickException: type[Exception] = typer.BadParameter.__mro__[2]


class _Commands(TyperGroup):
    """Turns what goes wrong into one sentence on stderr and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command line and exit.

        Codes: 0 done, 1 a fault of ours, 2 bad input, 3 some of a batch failed, 130 Ctrl-C, 143 terminated.
        """
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except _ClickException as error:
            code = _tell_usage(error)
        except (EOFError, typer.Abort):
            code = FAULT
        except StdoutError as error:
            code = _tell_lost_output(error)
        try:
            sys.stdout.flush()
        except StdoutError as error:
            code = code or _tell_lost_output(error)
        if code == STOPPED:
            code = 128 + _stopped_by[-1]
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            with notes_shown(), note_written_files() as written:
                return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            tell(f"talkinghead: stopped; {_describe(written)}")
            raise typer.Exit(STOPPED) from stop
        except StdoutError as error:
            raise typer.Exit(_tell_lost_output(error, written)) from error
        except Exception as error:
            failure = explain_error(error)
            if failure is None:
                raise
            tell(f"talkinghead: {failure.sentence}")
            raise typer.Exit(failure.code) from error


def _describe(written: WrittenFiles) -> str:
    paths = written.paths()
    if not paths:
        return "nothing was written"
    return f"{' and '.join(map(str, paths))} {'was' if len(paths) == 1 else 'were'} written before, whole"


def _tell_lost_output(error: StdoutError, written: WrittenFiles | None = None) -> int:
    """Say that standard output takes no more, unless its reader has read enough, and return the exit code."""
    if error.errno == errno.EPIPE:  # as by head
        return FAULT
    files = "" if written is None else f"; {_describe(written)}"
    tell(f"talkinghead: standard output cannot be written to ({error.strerror}): send it elsewhere{files}.")
    return BAD_INPUT


def _tell_usage(error: Exception) -> int:
    found = cast(Any, error)
    sentence = " ".join(found.format_message().split()).rstrip(".?")
    sentence = re.sub(r"\. (\w)", lambda match: "; " + match[1].lower(), sentence)
    context = getattr(found, "ctx", None)
    command = context.command_path if context else "talkinghead"
    tell(f"talkinghead: {sentence}; see: {command} --help")
    return int(found.exit_code)


app = typer.Typer(
    name="talkinghead",
    cls=_Commands,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command(epilog=animate.EXAMPLES)(animate.animate)
app.command(epilog=dub.EXAMPLES)(dub.dub)
app.command(epilog=batch.EXAMPLES)(batch.batch)
app.command(epilog=adapt.EXAMPLES)(adapt.adapt)
app.command(epilog=landmarks.EXAMPLES)(landmarks.landmarks)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.command(epilog=voices.EXAMPLES)(voices.voices)
app.command(epilog=align.EXAMPLES)(align.align)
app.command(epilog=motion.EXAMPLES)(motion.motion)
app.command(epilog=evaluate.EXAMPLES)(evaluate.evaluate)
app.command(epilog=prepare.EXAMPLES)(prepare.prepare)
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.command()(methods.methods)
app.command()(doctor.doctor)
app.command(cls=train.StageCommand, epilog=train.EXAMPLES)(train.train)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"talkinghead {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=animate.EXAMPLES)
def _talkinghead(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A face and a voice become a video of that face saying it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _stop(number: int, frame: FrameType | None) -> None:
    # Remembered here, for libraries may raise the interruption anew without what it carried.
    _stopped_by.append(number)
    raise KeyboardInterrupt


def main() -> None:
    """The console script. Being terminated cleans up as Ctrl-C does."""
    guard_streams()
    signal.signal(signal.SIGTERM, _stop)
    app(prog_name="talkinghead")


if __name__ == "__main__":
    main()
