"""``talkinghead dub``: somebody's video says new words, and everything but lips, jaw and cheeks stays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.animate import run_command
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
    speech_option,
    video_option,
)

EXAMPLES = """
[bold]Examples[/bold]

talkinghead dub interview.mp4 translated.wav -o dubbed.mp4

talkinghead dub interview.mp4 --text "Hello there." -o hello.mp4

talkinghead dub talk.mov better_take.wav -o talk2.mov --mix -20dB

talkinghead dub two_people.mp4 voice.wav -o right.mp4 --face 2

talkinghead dub film.mp4 voice.wav -o dubbed.mp4 --who anna.jpg

talkinghead dub clip.mp4 long.wav -o clip2.mp4 --length speech
"""


def dub(
    context: typer.Context,
    face: Annotated[
        str | None,
        typer.Argument(metavar="VIDEO", show_default=False, help="The video to dub; or --job names it."),
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
    mix: Annotated[
        str | None,
        speech_option(
            metavar="LEVEL", show_default="not at all", help="Keep the video's own sound under SPEECH: -20dB."
        ),
    ] = None,
    out: OutFile = None,
    length: Annotated[
        str | None,
        video_option(
            metavar="longest|speech|video",
            show_default="longest",
            help="How long OUT is. A VIDEO that is too short goes on back and forth; after SPEECH the lips rest.",
        ),
    ] = None,
    which_face: Annotated[
        int | None,
        video_option(
            "--face",
            metavar="N",
            show_default="the largest",
            help="Which face of several: 1 is the leftmost of the first frame with faces.",
        ),
    ] = None,
    who: Annotated[
        Path | None,
        video_option(
            metavar="PICTURE|PERSON",
            help="Dub the person in this picture, or whom talkinghead adapt has learned, instead of --face.",
        ),
    ] = None,
    kind: Annotated[
        str | None,
        video_option(metavar="auto|photo|drawing", show_default="auto", help="What VIDEO shows; auto detects it."),
    ] = None,
    method: MethodName = None,
    config: ConfigName = None,
    renderer: Annotated[
        str | None,
        video_option(
            metavar="NAME",
            show_default="mouth-warp",
            help="What draws the mouth: mouth-warp, composition, or a person's space-time or render-to-video.",
        ),
    ] = None,
    no_visible_mark: NoVisibleMark = None,
    overwrite: Overwrite = None,
    seed: Annotated[int | None, motion_option(metavar="N", show_default="0", help="Seed of random motion.")] = None,
    style: StyleOf = None,
    motion_out: Annotated[
        Path | None,
        motion_option(metavar="M.npz", help="Save the motion: new lips, and the video's own head and blinks."),
    ] = None,
    arkit: ArkitFile = None,
    job: JobFile = None,
    save: SavedJob = None,
) -> None:
    """Let the person in a video say something else: new lips, jaw and cheeks; all else stays as it is."""
    run_command(context.params, task="dub")
