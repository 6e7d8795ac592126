"""The options that ``animate`` and ``dub`` share, each written once.

Options that are not given are None: they leave a job from a file unchanged, and a new job at its defaults.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

option = partial(typer.Option, show_default=False)
speech_option = partial(option, rich_help_panel="The speech")
video_option = partial(option, rich_help_panel="The video")
motion_option = partial(option, rich_help_panel="The motion")
job_option = partial(option, rich_help_panel="The job")
ray_option = partial(option, metavar="auto|ADDRESS|local")

SpeechFile = Annotated[
    str | None,
    typer.Argument(
        metavar="SPEECH",
        show_default=False,
        help="A sound file, or a video for its sound; - for standard input; or give --text.",
    ),
]
Text = Annotated[str | None, speech_option(metavar="TEXT", help="Say this in a synthetic voice.")]
TextFile = Annotated[
    Path | None, speech_option(metavar="FILE", help="Say what is in a text file (UTF-8); - for standard input.")
]
Voice = Annotated[
    str | None,
    speech_option(
        metavar="NAME",
        show_default="en-us",
        help="The voice: en-us, de+f3, or a Piper file, MODEL.onnx; see: talkinghead voices.",
    ),
]
Language = Annotated[
    str | None,
    speech_option(
        metavar="LANGUAGE",
        help="The default voice of a language: de, pt-BR or German; or the language of --transcript.",
    ),
]
Rate = Annotated[
    float | None,
    speech_option(metavar="FACTOR", show_default="1", help="How fast the voice speaks, from 0.5 to 2.5."),
]
Transcript = Annotated[
    str | None, speech_option(metavar="TEXT", help="What is said in SPEECH, to find its words and phones.")
]
AlignmentFile = Annotated[
    Path | None,
    speech_option(metavar="FILE", help="Words and phones of SPEECH with their times: a TextGrid, .align or JSON file."),
]
EmotionName = Annotated[
    str | None,
    speech_option(
        metavar="NAME[:STRENGTH]",
        help="How it is said: neutral, happy, angry, surprised or sad, such as happy:0.5, or auto, as the words "
        "tell; or write \\[happy] ... \\[/happy] in the text. Only for --method write_a_speaker.",
    ),
]
OutFile = Annotated[
    Path | None,
    video_option(
        "--out",
        "-o",
        metavar="OUT",
        help="The video to write: .mp4, .m4v, .mov, .mkv, .webm or .gif. Needed unless --job names one.",
    ),
]
MethodName = Annotated[
    str | None,
    video_option(metavar="NAME", show_default="makeittalk", help="The method; see: talkinghead methods."),
]
ConfigName = Annotated[
    str | None,
    video_option(
        metavar="SIZE", show_default="small", help="The size of the method's networks; see: talkinghead methods."
    ),
]
NoVisibleMark = Annotated[
    bool | None,
    video_option(
        "--no-visible-mark",
        help="Leave out the small AI in the corner; the metadata still say what is synthetic.",
    ),
]
Overwrite = Annotated[bool | None, video_option("--overwrite", help="Replace files that exist.")]
StyleOf = Annotated[
    Path | None,
    motion_option(
        metavar="PERSON",
        help="Move and speak as this person does, a folder that talkinghead adapt has made, whoever FACE is.",
    ),
]
ArkitFile = Annotated[
    Path | None,
    motion_option(
        metavar="FILE",
        help="Export the motion, too: ARKit's weights as .csv or .json, a moving head as .glb; see docs/motion.md.",
    ),
]
JobFile = Annotated[
    Path | None,
    job_option(
        metavar="JOB.json",
        help="Do what a job file says, with paths relative to its folder; other options override the job.",
    ),
]
SavedJob = Annotated[
    Path | None,
    job_option("--save-job", metavar="JOB.json", help="Write the job as a file, then do it; see docs/jobs.md."),
]
