"""The curves of a motion over time as a picture."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.rest import lip_gap
from talkinghead.media.files import write_beside
from talkinghead.types import FloatArray, Motion

PLOT_SUFFIXES = (".png", ".svg")

_NOW, _BEFORE = "#c2410c", "#94a3b8"
_ROW_INCHES, _WIDTH_INCHES, _DPI = 1.25, 10.0, 110
_PIECE = 4096  # rows


def motion_curves(motion: Motion) -> dict[str, FloatArray]:
    """Heading -> (T,) curve: the mouth's opening and width in eye distances, head and gaze in degrees, the lids."""
    opening, width = np.empty(len(motion)), np.empty(len(motion))
    for start in range(0, len(motion), _PIECE):
        landmarks = motion.landmarks[start : start + _PIECE]
        opening[start : start + _PIECE] = lip_gap(landmarks)
        width[start : start + _PIECE] = np.linalg.norm(landmarks[:, 54] - landmarks[:, 48], axis=-1)
    degrees = np.degrees(motion.rotation)
    gaze: dict[str, FloatArray] = {}
    if motion.gaze is not None:
        gaze = dict(zip(("gaze yaw, degrees", "gaze pitch, degrees"), np.degrees(motion.gaze).T))
    return {
        "opening, eye distances": opening,
        "lip width, eye distances": width,
        "pitch, degrees": degrees[:, 0],
        "yaw, degrees": degrees[:, 1],
        "roll, degrees": degrees[:, 2],
        **gaze,
        "blink": motion.blink,
    }


def plot_motion(
    motion: Motion,
    path: str | os.PathLike[str],
    *,
    before: Motion | None = None,
    start: float = 0.0,
    overwrite: bool = False,
) -> None:
    """Draw ``motion_curves`` over time, in colour, and write them as .png or .svg.

    Args:
        motion: what to draw.
        path: where to.
        before: the motion before it was edited, drawn in grey; None: only ``motion`` is drawn.
        start: seconds of ``before`` at which ``motion`` begins.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: the suffix is unknown, or the file cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    path = Path(path)
    if path.suffix.lower() not in PLOT_SUFFIXES:
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose {' or '.join(PLOT_SUFFIXES)}.")
    now, old = motion_curves(motion), {} if before is None else motion_curves(before)
    figure = Figure(figsize=(_WIDTH_INCHES, _ROW_INCHES * len(now)), layout="constrained")
    rows = np.atleast_1d(figure.subplots(len(now), 1, sharex=True))
    for axes, (heading, curve) in zip(rows, now.items()):
        if before is not None and heading in old:
            axes.plot(np.arange(len(before)) / before.fps, old[heading], color=_BEFORE, linewidth=2.2, label="before")
        label = "motion" if before is None else "after"
        axes.plot(start + np.arange(len(curve)) / motion.fps, curve, color=_NOW, linewidth=1.2, label=label)
        axes.set_title(heading, fontsize=9, loc="left", pad=3)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e2e8f0", linewidth=0.6)
        axes.margins(x=0.01)
    rows[-1].set_ylim(-0.05, 1.05)
    rows[-1].set_xlabel("s", fontsize=9)
    if before is not None:
        rows[0].legend(fontsize=8, frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 0.95))
    # The same plot gives the same file.
    with write_beside(path, overwrite) as part, rc_context({"svg.hashsalt": "talkinghead"}):
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(part, format=path.suffix.lower()[1:], dpi=_DPI, metadata=metadata)
