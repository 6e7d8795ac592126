"""``talkinghead animate``: a face and a voice become a video."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from talkinghead.cli.console import tell_made
from talkinghead.cli.job_options import (
    AlignmentFile,
    ArkitFile,
    ConfigName,
    EmotionName,
    JobFile,
    Language,
    MethodName,
    NoVisibleMark,
    OutFile,
    Overwrite,
    Rate,
    SavedJob,
    SpeechFile,
    StyleOf,
    Text,
    TextFile,
    Transcript,
    Voice,
    motion_option,
    video_option,
)
from talkinghead.cli.pipes import is_stream, seekable_file
from talkinghead.cli.progress import Bar
from talkinghead.cli.texts import STDIN, read_given_text
from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.production import Job

EXAMPLES = """
[bold]Examples[/bold]

talkinghead animate face.jpg hello.wav -o hello.mp4

talkinghead animate face.jpg --text "Hello there." -o hello.mp4

talkinghead animate face.jpg --text-file a.txt --language de -o a.mp4

talkinghead animate group.png talk.mp3 -o talk.webm --face 2 --head 0.5

talkinghead animate face.jpg hello.wav -o hello.mp4 --motion-out hello.npz

talkinghead animate other.png hello.wav -o other.mp4 --motion hello.npz

talkinghead animate face.jpg hello.wav -o hello.mp4 --renderer warp

talkinghead animate puppet.png hello.wav -o o.mp4 --background stage.jpg

talkinghead animate imp.png hello.wav -o o.mp4 --landmarks imp.json

talkinghead animate face.jpg hello.wav -o hello.mp4 --save-job hello.json

talkinghead animate --job hello.json --seed 5 --overwrite
"""


def animate(
    context: typer.Context,
    face: Annotated[
        str | None,
        typer.Argument(
            metavar="FACE",
            show_default=False,
            help="A picture of a face, a video (its best frame) or a person (talkinghead adapt); or --job names it.",
        ),
    ] = None,
    speech: SpeechFile = None,
    *,
    text: Text = None,
    text_file: TextFile = None,
    voice: Voice = None,
    language: Language = None,
    rate: Rate = None,
    transcript: Transcript = None,
    alignment: AlignmentFile = None,
    emotion: EmotionName = None,
    out: OutFile = None,
    method: MethodName = None,
    config: ConfigName = None,
    renderer: Annotated[
        str | None,
        video_option(
            metavar="NAME", show_default="the method's own", help="What draws the frames; see: talkinghead methods."
        ),
    ] = None,
    kind: Annotated[
        str | None,
        video_option(metavar="auto|photo|drawing", show_default="auto", help="What FACE is; auto detects it."),
    ] = None,
    fps: Annotated[
        str | None,
        video_option(
            metavar="RATE",
            show_default="25, or that of --motion",
            help="Frames per second, up to 240: 25, 30000/1001, or 29.97, which means the same.",
        ),
    ] = None,
    which_face: Annotated[
        int | None,
        video_option(
            "--face", metavar="N", show_default="the largest", help="Which face of several: 1 is the leftmost."
        ),
    ] = None,
    references: Annotated[
        int | None,
        video_option(
            metavar="K",
            show_default="8",
            help="Of how many frames of a video to draw; for --renderer composition.",
        ),
    ] = None,
    landmarks: Annotated[
        Path | None,
        video_option(metavar="POINTS.json", help="The face's landmarks, placed by hand; see: talkinghead landmarks."),
    ] = None,
    background: Annotated[
        str | None,
        video_option(
            metavar="PICTURE|#RRGGBB",
            show_default="as in FACE",
            help="Put this behind the figure, where FACE is transparent; otherwise the person is cut out.",
        ),
    ] = None,
    no_visible_mark: NoVisibleMark = None,
    show: Annotated[
        str | None,
        video_option(
            metavar="WHAT",
            help="Write a picture of the renderer's inner workings beside OUT, as OUT-WHAT.png: attention.",
        ),
    ] = None,
    overwrite: Overwrite = None,
    seed: Annotated[
        int | None,
        motion_option(metavar="N", show_default="0", help="Seed of random motion: head, brows and blinks."),
    ] = None,
    head: Annotated[
        float | None,
        motion_option(metavar="AMOUNT", show_default="1", help="How much the head moves: 0 holds it, up to 5."),
    ] = None,
    blink: Annotated[
        str | None,
        motion_option(metavar="auto|off|RATE", show_default="auto", help="Blinks, or how many per second, up to 1.5."),
    ] = None,
    motion_out: Annotated[
        Path | None,
        motion_option(metavar="M.npz", help="Save the motion as it is rendered; it appears together with the video."),
    ] = None,
    arkit: ArkitFile = None,
    motion: Annotated[
        Path | None,
        motion_option(
            metavar="M.npz",
            help="Render a saved motion at its own pace: SPEECH gives the sound and the length, at which the motion is "
            "cut or its last pose held. --head and --blink change it further.",
        ),
    ] = None,
    style: StyleOf = None,
    job: JobFile = None,
    save: SavedJob = None,
) -> None:
    """Make a video of a face saying something, as large as the picture and as long as the sound."""
    run_command(context.params)


def run_command(parameters: Mapping[str, Any], *, task: str = "animate") -> None:
    """Run the job of a command line and tell what was made."""
    began = time.monotonic()
    from talkinghead.production import check_job, run_job, save_job

    speech, job, save = parameters["speech"], parameters["job"], parameters["save"]
    if save is not None and is_stream(speech):
        raise InputError(f"--save-job cannot keep what comes from {speech}: save SPEECH to a file first.")
    with seekable_file(speech) as kept:
        wanted = _job_from_parameters({**parameters, "speech": kept}, job, task)
        if save is not None:
            check_job(wanted)
            save_job(wanted, save, overwrite=wanted.overwrite)
        with Bar() as progress:
            made = run_job(wanted, progress=progress)
    tell_made(made, began)


def _job_from_parameters(parameters: Mapping[str, Any], path: Path | None, task: str) -> Job:
    """The job of the command line, which overrides that in a file if there is one."""
    from talkinghead.production import Job, load_job, override_job

    given = {name: value for name, value in parameters.items() if value is not None and name not in ("job", "save")}
    given = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    if "no_visible_mark" in given:
        given["visible_mark"] = not given.pop("no_visible_mark")
    for name in {"blink", "fps"} & given.keys():
        with suppress(ValueError):
            given[name] = float(given[name])
    if given.get("text_file") == STDIN and not {"speech", "text"} & given.keys():
        given["text"] = read_given_text(given.pop("text_file"))
    if path is not None:
        return override_job(load_job(path), given, name=str(path))
    face = "argument 'VIDEO'" if task == "dub" else "argument 'FACE'"
    for name, called in (("face", face), ("out", "option '--out' / '-o'")):
        if name not in given:
            raise InputError(f"Missing {called}; see: talkinghead {task} --help")
    return Job(**given, task=task)
