"""Every picture of a folder speaks; contact sheets to look at."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from talkinghead.errors import InputError
from talkinghead.media import VideoReader, read_speech, save_image, save_video
from talkinghead.pipeline import TalkingHead
from talkinghead.tracking import read_portrait

_TILE = 300
_COLUMNS = 8


def _sheet(path: Path, box: np.ndarray) -> np.ndarray:
    """Eight frames of a video, evenly spread, and below them their faces enlarged."""
    frames = np.concatenate([chunk.images for chunk in VideoReader(path).chunks()])
    chosen = frames[np.linspace(0, len(frames) - 1, _COLUMNS).round().astype(int)]
    left, top, right, bottom = box
    rows = []
    for part in (chosen, chosen[:, top:bottom, left:right]):
        height = round(_TILE * part.shape[1] / part.shape[2])
        tiles = [cv2.resize(frame, (_TILE, height), interpolation=cv2.INTER_AREA) for frame in part]
        rows.append(np.concatenate(tiles, axis=1))
    return np.concatenate(rows)


def measure(head: TalkingHead, folder: Path, speech_file: Path, out: Path) -> dict[str, str]:
    """What became of each picture: "photo", "drawing" or the error's sentence; sheets go to ``out``."""
    speech = read_speech(speech_file)
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
        try:
            portrait = read_portrait(path)
        except InputError as error:
            results[path.name] = str(error).removeprefix(f"{path}: ")
            continue
        with tempfile.TemporaryDirectory() as name:
            video = Path(name) / "out.mp4"
            save_video(head(speech, portrait), video)
            landmarks = portrait.track.landmarks[0, :, :2]
            low, high = landmarks.min(axis=0), landmarks.max(axis=0)
            margin = 0.15 * (high - low).max()
            size = np.array(portrait.frames.size)
            box = np.concatenate([np.maximum(low - margin, 0), np.minimum(high + margin, size)]).astype(int)
            save_image(_sheet(video, box), out / f"{path.stem}.png")
        results[path.name] = "drawing" if portrait.drawing else "photo"
    return results


def table(result: Mapping[str, str]) -> str:
    """The result as Markdown."""
    lines = ["# Portraits", "", "Every picture of the shared folder, 3 s of synthesised speech each.", ""]
    lines += ["| picture | treated as, or what was said |", "|---|---|"]
    lines += [f"| {name} | {outcome} |" for name, outcome in result.items()]
    return "\n".join(lines) + "\n"
