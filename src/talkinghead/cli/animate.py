"""``talkinghead animate``: a face and a voice become a video."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.figure import Figure
from talkinghead.cli.job import Made, make_video, read_saved_motion, report, tell_difference
from talkinghead.cli.options import Wishes, drawing_from_kind, parse_blink_rate
from talkinghead.cli.outputs import Outputs
from talkinghead.cli.progress import Bar
from talkinghead.cli.source import Source

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
"""

_SPEECH_GROUP, _VIDEO_GROUP, _MOTION_GROUP = "The speech", "The video", "The motion"


def animate(
    face: Annotated[
        Path,
        typer.Argument(
            metavar="FACE",
            show_default=False,
            help="A picture of a face, photo or drawing, or a video: its best frame.",
        ),
    ],
    speech: Annotated[
        Path | None,
        typer.Argument(
            metavar="SPEECH", show_default=False, help="A sound file, or a video for its sound; or give --text."
        ),
    ] = None,
    *,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", show_default=False, help="Say this in a synthetic voice.", rich_help_panel=_SPEECH_GROUP
        ),
    ] = None,
    text_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Say what is in a text file (UTF-8); - for standard input.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default="en-us",
            help="Whose voice: en-us, de+f3, or a file of Piper's, MODEL.onnx; see: talkinghead voices.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            show_default=False,
            help="The usual voice of a language: de, pt-BR or German; or the language of --transcript.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="FACTOR",
            show_default="1",
            help="How fast the voice speaks, from 0.5 to 2.5.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    transcript: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            show_default=False,
            help="What is said in SPEECH: words and phones are found by it.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    alignment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Words and phones of SPEECH with their times: a TextGrid, .align or JSON file.",
            rich_help_panel=_SPEECH_GROUP,
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The video to write: .mp4, .m4v, .mov, .mkv, .webm or .gif.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ],
    method: Annotated[
        str, typer.Option(metavar="NAME", help="The method; see: talkinghead methods.", rich_help_panel=_VIDEO_GROUP)
    ] = "makeittalk",
    config: Annotated[
        str,
        typer.Option(
            metavar="SIZE",
            help="The size of the method's networks; see: talkinghead methods.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = "small",
    renderer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default="the method's own",
            help="What draws the frames; see: talkinghead methods.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(metavar="auto|photo|drawing", help="What FACE is; auto looks.", rich_help_panel=_VIDEO_GROUP),
    ] = "auto",
    fps: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            show_default="25, or that of --motion",
            help="Frames per second, up to 240.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    which_face: Annotated[
        int | None,
        typer.Option(
            "--face",
            metavar="N",
            show_default="the largest",
            help="Which face of several: 1 is the leftmost.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    landmarks: Annotated[
        Path | None,
        typer.Option(
            metavar="POINTS.json",
            show_default=False,
            help="Where the face is, placed by hand; see: talkinghead landmarks.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="PICTURE|#RRGGBB",
            show_default="as in FACE",
            help="What stands behind the figure: FACE's own transparency shows it, or the person is cut out.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    no_visible_mark: Annotated[
        bool,
        typer.Option(
            "--no-visible-mark",
            help="Leave out the small AI in the corner; the metadata say that the video is synthetic all the same.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            show_default=False,
            help="Write a picture beside OUT, OUT-WHAT.png, of what the renderer looks at: attention.",
            rich_help_panel=_VIDEO_GROUP,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.", rich_help_panel=_VIDEO_GROUP)
    ] = False,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", help="Of what chance decides: head, brows and blinks.", rich_help_panel=_MOTION_GROUP
        ),
    ] = 0,
    head: Annotated[
        float,
        typer.Option(
            metavar="AMOUNT", help="How much the head moves: 0 holds it, up to 5.", rich_help_panel=_MOTION_GROUP
        ),
    ] = 1.0,
    blink: Annotated[
        str,
        typer.Option(
            metavar="auto|off|RATE", help="Blinks, or how many per second, up to 1.5.", rich_help_panel=_MOTION_GROUP
        ),
    ] = "auto",
    motion_out: Annotated[
        Path | None,
        typer.Option(
            metavar="M.npz",
            show_default=False,
            help="Save the motion as it is rendered; it appears together with the video.",
            rich_help_panel=_MOTION_GROUP,
        ),
    ] = None,
    motion: Annotated[
        Path | None,
        typer.Option(
            metavar="M.npz",
            show_default=False,
            help="Render a saved motion at its own pace: SPEECH gives the sound and the length, at which the motion is "
            "cut or its last pose held. --head and --blink change it further.",
            rich_help_panel=_MOTION_GROUP,
        ),
    ] = None,
) -> None:
    """Make a video of a face saying something, as large as the picture and as long as the sound."""
    began = time.monotonic()
    wishes = Wishes(
        method=method,
        fps=fps,
        seed=seed,
        head=head,
        blink=parse_blink_rate(blink),
        visible_mark=not no_visible_mark,
        overwrite=overwrite,
        config=config,
        renderer=renderer,
    )
    source = Source(
        speech,
        text=text,
        text_file=text_file,
        voice=voice,
        language=language,
        rate=rate,
        alignment=alignment,
        transcript=transcript,
    )
    figure = Figure(
        face, which_face=which_face, landmarks=landmarks, background=background, drawing=drawing_from_kind(kind)
    )
    outputs = Outputs(out, motion_out, show)
    # All that can be known before the work begins: what cannot be written first, then what cannot be read.
    outputs.check({**figure.files(), **source.files(), "--motion": motion}, overwrite=overwrite)
    figure.check()
    source = source.prepare()
    made = _make(figure, source, outputs, wishes=wishes, motion=motion)
    report(made, began)


def _make(figure: Figure, source: Source, outputs: Outputs, *, wishes: Wishes, motion: Path | None) -> Made:
    saved = None if motion is None else read_saved_motion(motion, wishes.fps)
    with Bar() as progress:
        progress("model", 0, 1)
        from talkinghead.pipeline import TalkingHead

        talking_head = TalkingHead.from_pretrained(wishes.method, config=wishes.config, renderer=wishes.renderer)
        speech = source.read(progress)
        if saved is not None and motion is not None:
            tell_difference(motion, saved, speech.duration)
        progress("portrait", 0, 1)
        staged, portrait = figure.load(talking_head)
        show, show_out = outputs.show, outputs.show_out
        return make_video(
            staged,
            speech,
            portrait,
            out=outputs.out,
            wishes=wishes,
            progress=progress,
            saved=saved,
            motion_out=outputs.motion_out,
            shown=None if show is None or show_out is None else (talking_head.view(show, portrait), show_out),
        )
