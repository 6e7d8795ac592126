"""Titles across the chin of a video that is dubbed: do they stay as they are, and is nothing else kept?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.dub_covers import cover_lips
from talkinghead import TalkingHead
from talkinghead.data.corpus import Corpus
from talkinghead.dubbing import Dubbing, prepare_dub
from talkinghead.media import ArrayVideo, VideoReader
from talkinghead.media.speech_parts import cut_speech
from talkinghead.rendering.mouth_rig import mouth_window
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.tracking.still_parts import keep_stills
from talkinghead.types import BoolArray, FloatArray, Frames, ImageArray, Speech, num_frames

CLIPS = ("styletalk__KristiNoem", "styletalk__reagan_clip1", "vid2speech__grid_s4_sgac2a")
KINDS = {
    "bar": "title on a bar",
    "while": "title on a bar, for half of the time",
    "half": "title on a half transparent bar",
    "letters": "letters alone",
    "ticker": "letters that run along a bar",
    "microphone": "microphone before the lower lip",
}
_SECONDS = 3.0
_TEXT = "NEWS OF THE EVENING"
_SEEN = 8  # grey levels by which a pixel changes that is seen to


def measure(corpus: Path, clips: Sequence[str] = CLIPS, *, seconds: float = _SECONDS) -> dict[str, dict[str, float]]:
    """For each of ``KINDS`` what becomes of it, and what is kept of videos before which there is nothing.

    Args:
        corpus: the folder of recordings.
        clips: names of recordings of ``clips``, dubbed with their own words.
        seconds: of each.

    Returns:
        for each kind "before" and "now", the shares of its pixels in frames with a new mouth that change if nothing is
        looked for and as it is; and of "nothing" as "kept" the share of the pixels that may change which are kept.
    """
    head = TalkingHead.from_pretrained()
    known = {recording.name: recording for recording in Corpus.open(corpus / "clips").recordings()}
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in (*KINDS, "nothing")}
    for name in clips:
        reader = VideoReader(known[name].video)
        images = np.concatenate([chunk.images for chunk in reader.chunks()])[: num_frames(seconds, reader.fps)]
        speech = cut_speech(known[name].speech(), [(0.0, len(images) / reader.fps)])
        free = find_appearance(ArrayVideo(Frames(images, reader.fps)))
        found["nothing"].append({"kept": _share_kept(free, images)})
        meshes = np.asarray(free.track.landmarks)
        for kind in KINDS:
            titled, where = add_title(images, meshes[0], kind)
            found[kind].append(_measure_title(head, titled, where, speech, reader.fps))
    return {
        kind: {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} for kind, rows in found.items()
    }


def _measure_title(
    head: TalkingHead, images: ImageArray, where: BoolArray, speech: Speech, fps: float
) -> dict[str, float]:
    appearance = find_appearance(ArrayVideo(Frames(images, fps)))
    dubbing = prepare_dub(head, appearance, speech, length="video")
    rows = appearance.rows()
    new = np.where(rows < 0, 0.0, appearance.shown[rows]) > 0
    plain = replace(dubbing, appearance=replace(appearance, stills=()))
    shares = {}
    for name, each in (("before", plain), ("now", dubbing)):
        changed = np.abs(_draw(each).astype(np.int16) - images).max(axis=3) > _SEEN
        shares[name] = float(changed[new][where[new]].mean()) if where[new].any() else float("nan")
    return shares


def _draw(dubbing: Dubbing) -> ImageArray:
    return np.concatenate([chunk.images for chunk in dubbing.video().frames])


def _share_kept(appearance: Appearance, images: ImageArray) -> float:
    """Of the pixels that a new mouth may change, the share that is kept."""
    shares = []
    for row, number in enumerate(np.flatnonzero(appearance.rows() >= 0).tolist()):
        image, mesh = images[number], np.asarray(appearance.track.landmarks[row], np.float64)
        window = mouth_window(mesh, (image.shape[1], image.shape[0]))
        parts = [part for part in appearance.stills if part.may_show(number, appearance.video.fps)]
        kept = keep_stills(parts, np.ascontiguousarray(window.of(image)), window)
        shares.append(0.0 if kept is None else float(kept.mean()))
    return float(np.mean(shares))


def add_title(images: ImageArray, mesh: FloatArray, kind: str) -> tuple[ImageArray, BoolArray]:
    """Pictures (T, H, W, 3) with a title across the chin, and which of their pixels (T, H, W) are its.

    Args:
        images: uint8.
        mesh: (478, 3) px of the face in the first one, by which it is placed: it does not follow the head.
        kind: one of ``KINDS``.
    """
    if kind == "microphone":
        made = np.stack([cover_lips(image, mesh, mesh, "half", 0.0)[0] for image in images])
        return made, np.abs(made.astype(np.int16) - images).max(axis=3) > _SEEN
    unit = float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
    x, y = (mesh[17, :2] + mesh[152, :2]) / 2  # lower lip and chin
    size, made, where = unit / 70, images.copy(), np.zeros(images.shape[:3], bool)
    rows = np.arange(images.shape[1])[:, None]
    bar = np.broadcast_to(np.clip(0.5 + 0.2 * unit - np.abs(rows - y), 0, 1), images.shape[1:3])
    text = "   ".join([_TEXT] * 5) if kind == "ticker" else _TEXT
    first, last = (len(images) // 4, 3 * len(images) // 4) if kind == "while" else (0, len(images))
    for number in range(first, last):
        place = (int(x - 165 * size - (0.05 * unit * number if kind == "ticker" else 0)), int(y + 8 * size))
        style = (cv2.FONT_HERSHEY_SIMPLEX, 0.85 * size, 255, max(1, int(2 * size)), cv2.LINE_AA)
        letters = cv2.putText(np.zeros(images.shape[1:3], np.uint8), text, place, *style)
        white = letters[..., None] / 255
        paint, opacity = 245 * white + (1 - white) * (20.0, 40.0, 120.0), bar * (0.5 if kind == "half" else 1.0)
        if kind == "letters":
            opacity = cv2.dilate(letters, np.ones((3, 3), np.uint8)) / 255
            paint = np.where(white > 0.3, 245.0, 10.0)
        made[number] = images[number] + (paint - images[number]) * opacity[..., None]
        where[number] = opacity > 0.4
    return made, where


def table(result: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Lines of the page."""
    lines = [
        "## Titles across the chin\n",
        f"Painted over {_SECONDS:g} s of {len(CLIPS)} videos, between lower lip and chin, and dubbed with their own",
        "words: the share of the title's (the microphone's) pixels that change by more than 8 grey levels in frames",
        "with a new mouth, if nothing that lies over the face is looked for, and as it is.\n",
        "| | changed before | changed now |",
        "|---|---|---|",
    ]
    for kind, called in KINDS.items():
        row = result[kind]
        lines.append(f"| {called} | {100 * row['before']:.1f} % | {100 * row['now']:.1f} % |")
    kept = 100 * result["nothing"]["kept"]
    return [*lines, f"\nWhere nothing is painted, {kept:.2f} % of the pixels that may change are kept by mistake.\n"]
