"""Microphones and titles before the mouth of a video: do the frames keep their own mouth, and no others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.errors import InputError
from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.media import ArrayVideo, VideoReader
from talkinghead.tracking.appearance import find_appearance
from talkinghead.types import BoolArray, FloatArray, Frames, ImageArray, num_frames

CLIPS = (
    "styletalk__KristiNoem",
    "SadTalker__WDA_EdMarkey0_000",
    "V-Express__AOC",
    "MimicTalk__May_5s",
    "styletalk__reagan_clip1",
    "vid2speech__grid_s4_sgac2a",
)
KINDS = {
    "microphone": "microphone, its head before the lips",
    "half": "microphone before the lower lip",
    "title": "title across the lips",
}
_SECONDS = 2.0
_FADE = 6  # frames beside a change, in which the new mouth comes or goes
_HIDDEN, _FREE = 0.6, 0.05  # share of the lips that is covered: above, a mouth is to stay; below, to be redrawn
_MUCH = 0.4  # share of the lips that is covered, from which what stays is to be seen, too
_COLUMNS = {
    "share": "of the lips",
    "kept": "passes: kept while covered",
    "redrawn": "passes: redrawn while free",
    "always": "stays: kept",
    "much": f"stays: kept where it covers {100 * _MUCH:.0f} % or more",
    "free": "nothing there: redrawn",
}


def measure(corpus: Path, clips: Sequence[str] = CLIPS, *, seconds: float = _SECONDS) -> dict[str, dict[str, float]]:
    """For each of ``KINDS`` the shares of frames, over all clips.

    Args:
        corpus: the folder of recordings.
        clips: names of recordings of ``clips``.
        seconds: of each.

    Returns:
        "kept", of the frames in which what passes covers the mouth, those that keep it; "redrawn", of the others,
        those whose mouth is redrawn; "always", of the frames in which what stays covers it, those that keep it, "much",
        of those in which it covers much of it; "free", of frames without anything, those whose mouth is redrawn; and
        "share", of the lips that is covered.
    """
    known = {recording.name: recording for recording in Corpus.open(corpus / "clips").recordings()}
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for name in clips:
        reader = VideoReader(known[name].video)
        images = np.concatenate([chunk.images for chunk in reader.chunks()])[: num_frames(seconds, reader.fps)]
        real = find_appearance(ArrayVideo(Frames(images, reader.fps)))
        free = {"free": _mean(real.shown == 1)}
        for kind, rows in found.items():
            rows.append(free | _measure_clip(images, np.asarray(real.track.landmarks), reader.fps, kind))
    return {
        kind: {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} for kind, rows in found.items()
    }


def _measure_clip(images: ImageArray, meshes: FloatArray, fps: float, kind: str) -> dict[str, float]:
    count = len(images)
    passing = 3.0 * (1 - np.clip(np.minimum(np.arange(count) - count / 4, 3 * count / 4 - np.arange(count)) / 5, 0, 1))
    row: dict[str, float] = {}
    for name, away in (("passes", passing), ("stays", np.zeros(count))):
        painted = [
            cover_lips(image, mesh, meshes[0], kind, float(far)) for image, mesh, far in zip(images, meshes, away)
        ]
        share = np.array([covered for _, covered in painted])
        shown = _shown(np.stack([image for image, _ in painted]), fps)
        if name == "passes":
            covered, free = share > _HIDDEN, share < _FREE
            row["kept"] = _mean(shown[_inner(covered)] == 0)
            row["redrawn"] = _mean(shown[_inner(free)] == 1)
        else:
            row["always"], row["share"] = _mean(shown == 0), float(share.mean())
            row["much"] = _mean(shown[share > _MUCH] == 0)
    return row


def _shown(images: ImageArray, fps: float) -> FloatArray:
    """(T,) how much of a new mouth is seen in each frame."""
    try:
        appearance = find_appearance(ArrayVideo(Frames(images, fps)))
    except InputError:
        return np.zeros(len(images))
    rows = appearance.rows()
    return np.where(rows < 0, 0.0, appearance.shown[rows])


def _inner(where: BoolArray) -> BoolArray:
    """Frames that are not near a change."""
    edges = np.flatnonzero(np.diff(where)) + 0.5
    near = np.abs(np.arange(len(where))[:, None] - edges[None]).min(axis=1, initial=np.inf) < _FADE
    return np.asarray(where & ~near)


def _mean(values: BoolArray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def cover_lips(
    image: ImageArray, mesh: FloatArray, first: FloatArray, kind: str, below: float
) -> tuple[ImageArray, float]:
    """A picture (H, W, 3) with something before the lips, and the share of them that it covers.

    Args:
        image: uint8.
        mesh: (478, 3) px of the face in it.
        first: the same in the first frame of the video, by which it is placed: it does not follow the head.
        kind: one of ``KINDS``.
        below: eye distances by which it is lower than that.
    """
    unit = float(np.linalg.norm(first[263, :2] - first[33, :2]))
    lips = first[OUTER_LIP_CONTOUR, :2]
    x, y = lips.mean(axis=0) + np.array([0, below * unit])
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float64)
    if kind == "title":
        opacity = np.clip(0.5 + 0.22 * unit - np.abs(rows - y), 0, 1)
        letters = np.zeros(image.shape[:2], np.uint8)
        size = unit / 60
        place = (int(x - 190 * size), int(y + 10 * size))
        cv2.putText(letters, "NEWS OF THE EVENING", place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(1, int(2 * size)))
        paint = np.where(letters[..., None] > 0, 245.0, np.array([20.0, 40.0, 120.0]))
    else:
        y, radius = y + (0.1 if kind == "microphone" else 0.25) * unit, 0.3 * unit
        head = radius - np.hypot(rows - y, columns - x)
        handle = np.minimum(0.6 * radius - np.abs(columns - x - 0.1 * (rows - y)), rows - y)
        opacity = np.clip(0.5 + np.maximum(head, handle), 0, 1)
        light = (
            75 - 40 * np.clip((columns - x + rows - y) / (2 * radius), -1, 1) + 16 * ((rows // 2 + columns // 2) % 2)
        )
        paint = light[..., None] * np.array([0.95, 0.95, 1.0])
    made = image + (paint - image) * opacity[..., None]
    outline = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(outline, [mesh[OUTER_LIP_CONTOUR, :2].round().astype(np.int32)], 1)
    return made.astype(np.uint8), float(opacity[outline > 0].mean()) if outline.any() else 0.0


def table(result: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines of the page."""
    lines = [
        "## Covered mouths\n",
        f"Painted over {_SECONDS:g} s of {len(CLIPS)} videos: what passes before the mouth for half of the time, and",
        "what stays there. Frames that are to keep their own mouth and do, and frames beside them that are redrawn",
        "as they are to be; frames in which the mouth fades are left out.\n",
        f"| | {' | '.join(_COLUMNS.values())} |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    for kind, called in KINDS.items():
        row = result[kind]
        cells = [f"{100 * row[name]:.0f} %" for name in _COLUMNS]
        lines.append(f"| {called} | {' | '.join(cells)} |")
    return [*lines, ""]
