"""The work of ``talkinghead motion``: parses edits as typed, applies them, writes or shows the result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from talkinghead.cli.console import STDOUT, tell
from talkinghead.errors import InputError
from talkinghead.production.checks import STRONGEST_HEAD, check_distinct

if TYPE_CHECKING:
    from talkinghead.motion.edits import Edits
    from talkinghead.types import Motion

_WIDEST_DEG, _FARTHEST, _LONGEST_S = 90.0, 10.0, 60.0
_LOW, _HIGH = 5.0, 95.0  # percentiles that count as the ends of a movement


@dataclass(frozen=True)
class Asked:
    """The edits as typed, with the fields of ``Edits``; times are parsed once the frame rate is known."""

    scale_lips: float
    scale_head: float
    scale_expression: float
    rotate_deg: tuple[float, float, float]
    move: tuple[float, float]
    freeze_head: str | None
    freeze_blink: bool
    blink_at: list[str]
    smooth_head: float | None
    delay: float
    keyframes: list[str]
    corrections: list[str]
    ease: float | None
    cut: str | None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for a number out of range."""
        for name, value in (
            ("lips", self.scale_lips),
            ("expression", self.scale_expression),
            ("head", self.scale_head),
        ):
            _check_range(f"--scale-{name}", value, 0, STRONGEST_HEAD)
        for name, value in zip(("pitch", "yaw", "roll"), self.rotate_deg):
            _check_range(f"--rotate-{name}", value, -_WIDEST_DEG, _WIDEST_DEG)
        for name, value in zip("xy", self.move):
            _check_range(f"--move-{name}", value, -_FARTHEST, _FARTHEST)
        _check_range("--delay", self.delay, -_LONGEST_S, _LONGEST_S)
        for name, seconds in (("--smooth-head", self.smooth_head), ("--ease", self.ease)):
            if seconds is not None and not 0 < seconds <= _LONGEST_S:
                raise InputError(f"{name} {seconds:g} is out of range: choose seconds above 0, up to {_LONGEST_S:g}.")
        if self.ease is not None and not (self.keyframes or self.corrections):
            raise InputError("--ease is given without --keyframe or --correct: give one of them or leave it out.")

    def edits(self, fps: float) -> Edits:
        """The edits with their times in seconds."""
        from talkinghead.motion.edit_texts import parse_cut, parse_keyframe, parse_time, read_correction
        from talkinghead.motion.edits import Edits
        from talkinghead.motion.keyframes import EASE_S

        return Edits(
            scale_lips=self.scale_lips,
            scale_head=self.scale_head,
            scale_expression=self.scale_expression,
            rotate=(
                math.radians(self.rotate_deg[0]),
                math.radians(self.rotate_deg[1]),
                math.radians(self.rotate_deg[2]),
            ),
            move=self.move,
            freeze_head=None if self.freeze_head is None else parse_time(self.freeze_head, fps),
            freeze_blink=self.freeze_blink,
            blinks=tuple(parse_time(text, fps) for text in self.blink_at),
            smooth_head=self.smooth_head,
            delay=self.delay,
            keyframes=tuple(parse_keyframe(text, fps) for text in self.keyframes),
            corrections=tuple(read_correction(text, fps) for text in self.corrections),
            ease=EASE_S if self.ease is None else self.ease,
            cut=(None, None) if self.cut is None else parse_cut(self.cut, fps),
        )

    def first_option(self) -> str | None:
        """The option of the first requested edit; None if there is none."""
        marks: dict[str, object] = {
            "--scale-lips": self.scale_lips != 1,
            "--scale-head": self.scale_head != 1,
            "--scale-expression": self.scale_expression != 1,
            **dict(zip(("--rotate-pitch", "--rotate-yaw", "--rotate-roll"), self.rotate_deg)),
            **dict(zip(("--move-x", "--move-y"), self.move)),
            "--freeze-head": self.freeze_head is not None,
            "--freeze-blink": self.freeze_blink,
            "--blink-at": self.blink_at,
            "--smooth-head": self.smooth_head is not None,
            "--delay": self.delay,
            "--keyframe": self.keyframes,
            "--correct": self.corrections,
            "--cut": self.cut is not None,
        }
        return next((name for name, mark in marks.items() if mark), None)


@dataclass(frozen=True)
class Wanted:
    """What to write or show.

    Attributes:
        out: where the edited motion goes, or with ``frame`` its landmarks; None: nowhere.
        plot: where its curves go.
        exports: files for other programs.
        frame: the time whose landmarks to write, as typed.
        overwrite: whether older files may be replaced.
    """

    out: Path | None
    plot: Path | None
    exports: tuple[Path, ...]
    frame: str | None
    overwrite: bool


def check_files(path: Path, asked: Asked, wanted: Wanted) -> None:
    """Raise ``InputError`` for faults that can be found before anything is read."""
    from talkinghead.media.files import check_writable
    from talkinghead.motion.edit_texts import parse_correction
    from talkinghead.motion.export import check_export
    from talkinghead.motion.plots import PLOT_SUFFIXES

    out, plot, frame = wanted.out, wanted.plot, wanted.frame
    given = asked.first_option()
    if given is None and frame is None and out is not None:
        raise InputError(
            f"there is nothing to change for {out}: give an edit such as --scale-lips 1.2 or leave out -o."
        )
    if given is not None and frame is None and out is None and plot is None and not wanted.exports:
        raise InputError(f"{given} is given and nothing to write: name the new motion with -o M2.npz.")
    if out is not None:
        suffix = ".npz" if frame is None else ".json"
        if out.suffix.lower() != suffix:
            raise InputError(f"-o {out} has an unknown suffix {out.suffix!r}: choose {suffix}.")
    if plot is not None and plot.suffix.lower() not in PLOT_SUFFIXES:
        raise InputError(f"--plot {plot} has an unknown suffix {plot.suffix!r}: choose {' or '.join(PLOT_SUFFIXES)}.")
    for export in wanted.exports:
        check_export(export)
    exports: dict[str, Path | None] = {f"--arkit {export}": export for export in wanted.exports}
    files = {f"--correct {text}": parse_correction(text)[1] for text in asked.corrections}
    # Two corrections may come from one file: only outputs must differ.
    for name, source in {"M.npz": path, **files}.items():
        check_distinct({"-o": out, "--plot": plot, **exports}, {name: source})
    for output in (out, plot, *wanted.exports):
        if output is not None:
            check_writable(output, wanted.overwrite)


def edit(path: Path, asked: Asked, wanted: Wanted) -> None:
    """Read a motion, change it, and write or show the requested results."""
    from talkinghead.motion.edits import apply_edits, rows_between
    from talkinghead.motion.export import export_motion
    from talkinghead.motion.files import load_motion, save_motion

    before = load_motion(path)
    edits = asked.edits(before.fps)
    changed = apply_edits(before, edits)
    out, plot, frame = wanted.out, wanted.plot, wanted.frame
    for export in wanted.exports:
        export_motion(changed, export, overwrite=wanted.overwrite)
        if frame is None or out is not None:
            typer.echo(export)
    if plot is not None:
        from talkinghead.motion.plots import plot_motion

        is_edited = asked.first_option() is not None
        start = (rows_between(before, edits.cut).start or 0) / before.fps
        plot_motion(changed, plot, before=before if is_edited else None, start=start, overwrite=wanted.overwrite)
        if frame is None or out is not None:  # else stdout is the JSON's
            typer.echo(plot)
    if frame is not None:
        _write_frame(changed, frame, out, wanted.overwrite)
    elif out is not None:
        save_motion(changed, out, overwrite=wanted.overwrite)
        tell(_change(before, changed))
        typer.echo(out)
    elif plot is None and not wanted.exports:
        _show_summary(changed)


def _write_frame(motion: Motion, time: str, out: Path | None, overwrite: bool) -> None:
    from talkinghead.media.files import write_beside
    from talkinghead.motion.edit_texts import frame_text, parse_time
    from talkinghead.motion.keyframes import frame_at

    text = frame_text(motion.landmarks[frame_at(parse_time(time, motion.fps), motion)])
    if out is None:
        typer.echo(text, nl=False)
        return
    with write_beside(out, overwrite) as part:
        part.write_text(text, encoding="utf-8")
    typer.echo(out)


def _summary(motion: Motion) -> dict[str, str]:
    """A summary of a motion, as text by heading."""
    import numpy as np

    from talkinghead.face.rest import lip_gap
    from talkinghead.metrics.blinks import find_blinks
    from talkinghead.metrics.head_motion import motion_range

    seconds = len(motion) / motion.fps
    low, high = np.percentile(lip_gap(motion.landmarks), (_LOW, _HIGH))
    turns = np.degrees(np.ptp(np.percentile(motion.rotation, (_LOW, _HIGH), axis=0), axis=0))
    each = ", ".join(f"{name} {turn:.1f}" for name, turn in zip(("pitch", "yaw", "roll"), turns))
    blinks = len(find_blinks(motion.blink, motion.fps))
    return {
        "duration": f"{seconds:.2f} s",
        "frames": f"{len(motion)} at {motion.fps:g} fps",
        "opening, 5-95 %": f"{low:.3f} to {high:.3f} eye distances",
        "head range": f"{motion_range(motion.rotation):.1f} degrees ({each})",
        "blinks": f"{blinks / seconds:.2f} per second ({blinks})",
    }


def _change(before: Motion, changed: Motion) -> str:
    """One line: the motion's length, and the changes of mouth, head and lids."""
    old, new = _summary(before), _summary(changed)
    names = ("opening, 5-95 %", "head range", "blinks")
    parts = [f"{name} {old[name]} -> {new[name]}" for name in names if old[name] != new[name]]
    return "; ".join([f"{new['duration']}, {new['frames']}", *parts])


def _show_summary(motion: Motion) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, show_header=False)
    for name, text in _summary(motion).items():
        table.add_row(name, text)
    STDOUT.print(table)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} {value:g} is out of range: choose a number from {low:g} to {high:g}.")
