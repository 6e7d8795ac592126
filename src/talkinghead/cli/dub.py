"""``talkinghead dub``: somebody's video says new words, and everything but lips, jaw and cheeks stays."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.animate import run_command

EXAMPLES = """
[bold]Examples[/bold]

talkinghead dub interview.mp4 translated.wav -o dubbed.mp4

talkinghead dub interview.mp4 --text "Hello there." -o hello.mp4

talkinghead dub talk.mov better_take.wav -o talk2.mov --mix -20dB

talkinghead dub two_people.mp4 voice.wav -o right.mp4 --face 2

talkinghead dub film.mp4 voice.wav -o dubbed.mp4 --who anna.jpg

talkinghead dub clip.mp4 long.wav -o clip2.mp4 --length speech
"""

_option = partial(typer.Option, show_default=False)
_speech_option = partial(_option, rich_help_panel="The speech")
_video_option = partial(_option, rich_help_panel="The video")
_motion_option = partial(_option, rich_help_panel="The motion")
_job_option = partial(_option, rich_help_panel="The job")


def dub(
    context: typer.Context,
    face: Annotated[
        str | None,
        typer.Argument(metavar="VIDEO", show_default=False, help="The video to dub; or --job names it."),
    ] = None,
    speech: Annotated[
        str | None,
        typer.Argument(
            metavar="SPEECH",
            show_default=False,
            help="A sound file, or a video for its sound; - for standard input; or give --text.",
        ),
    ] = None,
    *,
    text: Annotated[str | None, _speech_option(metavar="TEXT", help="Say this in a synthetic voice.")] = None,
    text_file: Annotated[
        Path | None,
        _speech_option(metavar="FILE", help="Say what is in a text file (UTF-8); - for standard input."),
    ] = None,
    voice: Annotated[
        str | None,
        _speech_option(metavar="NAME", show_default="en-us", help="The voice; see: talkinghead voices."),
    ] = None,
    language: Annotated[
        str | None,
        _speech_option(
            metavar="LANGUAGE", help="The default voice of a language: de or German; or the language of --transcript."
        ),
    ] = None,
    rate: Annotated[
        float | None,
        _speech_option(metavar="FACTOR", show_default="1", help="How fast the voice speaks, from 0.5 to 2.5."),
    ] = None,
    transcript: Annotated[
        str | None,
        _speech_option(metavar="TEXT", help="What is said in SPEECH, to find its words and phones."),
    ] = None,
    alignment: Annotated[
        Path | None,
        _speech_option(
            metavar="FILE", help="Words and phones of SPEECH with their times: a TextGrid, .align or JSON file."
        ),
    ] = None,
    emotion: Annotated[
        str | None,
        _speech_option(
            metavar="NAME[:STRENGTH]",
            help="How it is said: neutral, happy, angry, surprised or sad, or auto. Only for --method write_a_speaker.",
        ),
    ] = None,
    mix: Annotated[
        str | None,
        _speech_option(
            metavar="LEVEL", show_default="not at all", help="Keep the video's own sound under SPEECH: -20dB."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        _video_option(
            "--out",
            "-o",
            metavar="OUT",
            help="The video to write: .mp4, .m4v, .mov, .mkv, .webm or .gif. Needed unless --job names one.",
        ),
    ] = None,
    length: Annotated[
        str | None,
        _video_option(
            metavar="longest|speech|video",
            show_default="longest",
            help="How long OUT is. A VIDEO that is too short goes on back and forth; after SPEECH the lips rest.",
        ),
    ] = None,
    which_face: Annotated[
        int | None,
        _video_option(
            "--face",
            metavar="N",
            show_default="the largest",
            help="Which face of several: 1 is the leftmost of the first frame with faces.",
        ),
    ] = None,
    who: Annotated[
        Path | None, _video_option(metavar="PICTURE", help="Dub the person in this picture, instead of --face.")
    ] = None,
    kind: Annotated[
        str | None,
        _video_option(metavar="auto|photo|drawing", show_default="auto", help="What VIDEO shows; auto detects it."),
    ] = None,
    method: Annotated[
        str | None,
        _video_option(metavar="NAME", show_default="makeittalk", help="The method; see: talkinghead methods."),
    ] = None,
    config: Annotated[
        str | None,
        _video_option(
            metavar="SIZE",
            show_default="small",
            help="The size of the method's networks; see: talkinghead methods.",
        ),
    ] = None,
    renderer: Annotated[
        str | None,
        _video_option(metavar="NAME", show_default="mouth-warp", help="What draws the mouth: mouth-warp."),
    ] = None,
    no_visible_mark: Annotated[
        bool | None,
        _video_option(
            "--no-visible-mark",
            help="Leave out the small AI in the corner; the metadata still say that the lips are synthetic.",
        ),
    ] = None,
    overwrite: Annotated[bool | None, _video_option("--overwrite", help="Replace files that exist.")] = None,
    seed: Annotated[int | None, _motion_option(metavar="N", show_default="0", help="Seed of random motion.")] = None,
    motion_out: Annotated[
        Path | None,
        _motion_option(metavar="M.npz", help="Save the motion: new lips, and the video's own head and blinks."),
    ] = None,
    arkit: Annotated[
        Path | None,
        _motion_option(
            metavar="FILE",
            help="Export the motion, too: ARKit's weights as .csv or .json, a moving head as .glb; see docs/motion.md.",
        ),
    ] = None,
    job: Annotated[
        Path | None,
        _job_option(
            metavar="JOB.json",
            help="Do what a job file says, with paths relative to its folder; other options override the job.",
        ),
    ] = None,
    save: Annotated[
        Path | None,
        _job_option(
            "--save-job",
            metavar="JOB.json",
            help="Write the job as a file, then do it; see docs/jobs.md.",
        ),
    ] = None,
) -> None:
    """Let the person in a video say something else: new lips, jaw and cheeks; all else stays as it is."""
    run_command(context.params, task="dub")
