"""Pictures for the report, each as a data URI inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from talkinghead.media import VideoReader
from talkinghead.tracking.crops import box_of, crop_around
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.track import choose_face
from talkinghead.types import FloatArray, ImageArray

MADE, REAL = "#c2410c", "#334155"
_OTHERS = "#94a3b8"
_ANGLES = ("pitch", "yaw", "roll")
_CURVES = {"aperture": "aperture, eye distances", **{name: f"{name}, degrees" for name in _ANGLES}, "blink": "blink"}
_TILE_PX = 200  # width of a frame on a contact sheet
_SHOWN = 0.75  # of what a crop around a face shows
_GAP_PX = 4
_COLUMNS = 6  # of the sheet: times, evenly spread
_JPEG = 82


def curve_plot(curves: Mapping[str, Sequence[float]], fps: float) -> str:
    """The mouth's opening, head pose and blinks of an output over the real video's, as a data URI of an SVG.

    Args:
        curves: those of a ``Scores``; missing ones are left out.
        fps: frames per second.
    """
    names = [name for name in _CURVES if name in curves and f"reference {name}" in curves]
    figure = Figure(figsize=(14, 2.1), layout=_layout())
    for number, name in enumerate(names, 1):
        axes = figure.add_subplot(1, len(names), number)
        factor = 180 / np.pi if name in _ANGLES else 1.0
        for prefix, colour, label in (("reference ", REAL, "real"), ("", MADE, "made")):
            values = factor * np.asarray(curves[prefix + name])
            axes.plot(np.arange(len(values)) / fps, values, color=colour, linewidth=1.2, label=label)
        axes.set_title(_CURVES[name], fontsize=9)
        _plain(axes)
        axes.set_xlabel("s", fontsize=8)
        if number == 1:
            axes.legend(fontsize=8, frameon=False)
        if name == "blink":
            axes.set_ylim(-0.05, 1.05)
    return _svg(figure)


def distribution_plot(values: Mapping[str, Sequence[float]], title: str, own: str) -> str:
    """One row per system with a dot per clip and a bar at the mean, as a data URI of an SVG.

    Args:
        values: system -> one value per clip.
        title: what is measured.
        own: the system drawn in colour.
    """
    names = [name for name in values if len(values[name])]
    figure = Figure(figsize=(4.6, 0.5 + 0.27 * len(names)), layout=_layout())
    axes = figure.add_subplot()
    random = np.random.default_rng(0)
    for row, name in enumerate(names):
        array = np.asarray(values[name])
        colour = MADE if name == own else _OTHERS
        axes.scatter(array, row + random.uniform(-0.22, 0.22, len(array)), s=9, color=colour, alpha=0.55, linewidths=0)
        axes.plot([array.mean()] * 2, [row - 0.36, row + 0.36], color=REAL, linewidth=1.8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=9, loc="left")
    _plain(axes)
    return _svg(figure)


def contact_sheet(real: Path, made: Path) -> str:
    """Frames of the real video above those of the output at the same times, as a data URI of a JPEG.

    They show the face if one is found in the first of the real frames, else the whole picture.

    Args:
        real: the real video.
        made: the output.
    """
    readers = VideoReader(real), VideoReader(made)
    duration = min(reader.duration for reader in readers)
    times = [(column + 0.5) / _COLUMNS * duration for column in range(_COLUMNS)]
    rows = [_frames(reader, times) for reader in readers]
    faces = find_faces(rows[0][0])
    box = _narrow_box(box_of(choose_face(faces, None))) if len(faces) else None
    tiles = [[_tile(image, box) for image in row] for row in rows]
    height = max(tile.shape[0] for row in tiles for tile in row)
    sheet = np.full((2 * height + _GAP_PX, _COLUMNS * (_TILE_PX + _GAP_PX) - _GAP_PX, 3), 255, np.uint8)
    for down, row in enumerate(tiles):
        for across, tile in enumerate(row):
            top, left = down * (height + _GAP_PX), across * (_TILE_PX + _GAP_PX)
            sheet[top : top + len(tile), left : left + _TILE_PX] = tile
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "JPEG", quality=_JPEG)
    return _data_uri("image/jpeg", file.getvalue())


def _frames(reader: VideoReader, times: Sequence[float]) -> list[ImageArray]:
    """The frames at some times, in order; beyond the end the last one repeats."""
    wanted = [round(time * reader.fps) for time in times]
    frames: list[ImageArray] = []
    number, image = -1, None
    for chunk in reader.chunks():
        for image in chunk.images:
            number += 1
            while len(frames) < len(wanted) and wanted[len(frames)] == number:
                frames.append(image.copy())
    while image is not None and len(frames) < len(wanted):
        frames.append(image)
    return frames


def _tile(image: ImageArray, box: FloatArray | None) -> ImageArray:
    """A frame, or the square around a box in it, 200 px wide."""
    if box is not None:
        return crop_around(image, box, _TILE_PX)[0]
    height = round(_TILE_PX * image.shape[0] / image.shape[1])
    return np.asarray(cv2.resize(image, (_TILE_PX, height), interpolation=cv2.INTER_AREA), np.uint8)


def _narrow_box(box: FloatArray) -> FloatArray:
    """A smaller box around the same centre: crops reach twice as far as their box."""
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    return np.concatenate([centre - _SHOWN * half, centre + _SHOWN * half])


def _layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.15)  # the last number below an axis extends beyond it


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#e2e8f0", linewidth=0.6)
    axes.set_axisbelow(True)


def _svg(figure: Figure) -> str:
    file = io.BytesIO()
    with rc_context({"svg.hashsalt": "talkinghead"}):  # the same plot gives the same file
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _data_uri("image/svg+xml", file.getvalue())


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
