"""``talkinghead motion``: a summary of a saved motion, and changes to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkinghead.cli.edits import Asked, Wanted, check_files, edit

EXAMPLES = """
[bold]Examples[/bold]

talkinghead motion m.npz

talkinghead motion m.npz --scale-lips 1.2 --freeze-blink -o m2.npz

talkinghead motion m.npz --keyframe 1.2s:smile=0.4 -o m2.npz --plot m2.png

talkinghead motion m.npz --keyframe 2s:jawOpen=0.4,eyeLookUpLeft=0.5 -o m2.npz

talkinghead motion m.npz --arkit m.csv

talkinghead motion m.npz --frame 1.2s -o frame.json

talkinghead motion m.npz --correct 1.2s:frame.json -o m2.npz

[bold]Controls of --keyframe[/bold]

smile, frown, pucker, brows (raised), brow-frown: 1 is strong. open (lips), x, y: eye distances.

pitch, yaw, roll, gaze-yaw, gaze-pitch: degrees. blink: 1 is shut. Each adds to what the motion does there.

ARKit's 51 names (jawOpen, mouthSmileLeft, browInnerUp, ...): 1 is the whole expression; left is the person's left.
Both eyes blink and look together: eyeBlinkLeft shuts both, eyeLookUpRight turns both.

[bold]Times[/bold]

1.2s, 1200ms, 0:01.2, or 30f for frame 30; all are times of M.npz, because --cut is applied last.

[bold]Order[/bold]

Edits are applied in the order above, whatever the order of the options. Then render the result:
talkinghead animate FACE SPEECH -o OUT.mp4 --motion M2.npz
"""

_SCALES, _POSE, _LIDS, _TIME, _SINGLE, _LENGTH = "Amounts", "Head", "Eyelids", "Time", "Single moments", "Length"


def motion(
    path: Annotated[
        Path,
        typer.Argument(metavar="M.npz", show_default=False, help="A motion that animate saved with --motion-out."),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT", show_default=False, help="The motion to write, .npz; with --frame a .json."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Draw mouth, head and lids over time: .png or .svg; edits in colour.",
        ),
    ] = None,
    arkit: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Export ARKit weights, head and eyes, edits included: .csv as Live Link Face records, .json, or .glb, "
            "a moving head for Blender and three.js; may be given again.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    scale_lips: Annotated[
        float,
        typer.Option(
            metavar="AMOUNT", help="How much lips and jaw move: 0 closes the mouth, up to 5.", rich_help_panel=_SCALES
        ),
    ] = 1.0,
    scale_head: Annotated[
        float,
        typer.Option(
            metavar="AMOUNT", help="How much the head moves: 0 holds it as in the portrait.", rich_help_panel=_SCALES
        ),
    ] = 1.0,
    scale_expression: Annotated[
        float,
        typer.Option(
            metavar="AMOUNT", help="How much brows and what else is above the mouth move.", rich_help_panel=_SCALES
        ),
    ] = 1.0,
    rotate_pitch: Annotated[
        float, typer.Option(metavar="DEG", help="Turn the head: chin down.", rich_help_panel=_POSE)
    ] = 0.0,
    rotate_yaw: Annotated[
        float,
        typer.Option(metavar="DEG", help="Turn the head: nose to the left of the picture.", rich_help_panel=_POSE),
    ] = 0.0,
    rotate_roll: Annotated[
        float, typer.Option(metavar="DEG", help="Tilt the head: clockwise.", rich_help_panel=_POSE)
    ] = 0.0,
    move_x: Annotated[
        float, typer.Option(metavar="X", help="Move the head right, in eye distances.", rich_help_panel=_POSE)
    ] = 0.0,
    move_y: Annotated[
        float, typer.Option(metavar="Y", help="Move the head down, in eye distances.", rich_help_panel=_POSE)
    ] = 0.0,
    freeze_head: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", show_default=False, help="Hold the head as it is at a time.", rich_help_panel=_POSE
        ),
    ] = None,
    freeze_blink: Annotated[
        bool, typer.Option("--freeze-blink", help="No blinks: eyes as open as in the portrait.", rich_help_panel=_LIDS)
    ] = False,
    blink_at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME", show_default=False, help="Add a blink; may be given again.", rich_help_panel=_LIDS
        ),
    ] = None,
    smooth_head: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            show_default=False,
            help="Smooth movements of the head that come and go faster than this.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    delay: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="Lips and face later (or, below 0, earlier) than they are.", rich_help_panel=_TIME
        ),
    ] = 0.0,
    keyframe: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME:NAME=VALUE[,...]",
            show_default=False,
            help="Add the value of a control at a time, fading in and out; may be given again.",
            rich_help_panel=_SINGLE,
        ),
    ] = None,
    correct: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME:FILE.json",
            show_default=False,
            help="Move landmarks to the places in the file at a time, and blend around it; may be given again.",
            rich_help_panel=_SINGLE,
        ),
    ] = None,
    ease: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            show_default="0.3",
            help="Seconds over which --keyframe and --correct fade in and out.",
            rich_help_panel=_SINGLE,
        ),
    ] = None,
    frame: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            show_default=False,
            help="Write the 68 landmarks at a time as JSON for --correct: to OUT or stdout.",
            rich_help_panel=_SINGLE,
        ),
    ] = None,
    cut: Annotated[
        str | None,
        typer.Option(
            metavar="START:END",
            show_default=False,
            help="Keep only the part between; either may be left out.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
) -> None:
    """Summarise a saved motion, plot it, or change it: lips, head, lids, single moments."""
    asked = Asked(
        scale_lips=scale_lips,
        scale_head=scale_head,
        scale_expression=scale_expression,
        rotate_deg=(rotate_pitch, rotate_yaw, rotate_roll),
        move=(move_x, move_y),
        freeze_head=freeze_head,
        freeze_blink=freeze_blink,
        blink_at=blink_at or [],
        smooth_head=smooth_head,
        delay=delay,
        keyframes=keyframe or [],
        corrections=correct or [],
        ease=ease,
        cut=cut,
    )
    wanted = Wanted(out=out, plot=plot, exports=tuple(arkit or ()), frame=frame, overwrite=overwrite)
    check_files(path, asked, wanted)
    edit(path, asked, wanted)
