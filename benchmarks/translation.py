"""The part "translation": the image-to-image renderer beside the warping one, driven by real motion."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import UNSEEN_FACES, Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.media import VideoReader
from talkinghead.methods import get_renderer
from talkinghead.methods.base import Renderer
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image
from talkinghead.tracking.portrait import first_frames
from talkinghead.tracking.track import read_mesh
from talkinghead.types import FaceTrack, Frames, ImageArray

RENDERERS = ("warp", "translation")
MEASURES = ("SSIM", "PSNR", "SSIM of the lips", "landmarks", "seconds per frame")
KNOWN, UNSEEN = "GRID s1, test", f"unseen people ({' and '.join(UNSEEN_FACES)})"
_CLIPS = 4  # of each group
_FRAMES = 50  # of each clip
_LIPS = 96  # px of the square around the lips in the crop of 256
_INTRODUCTION = f"""# Pictures made by warping and by image-to-image translation

The first frame of a clip is rendered with the motion tracked in its first {_FRAMES} frames and compared with the real
frames: SSIM and PSNR on the square of the head (256 px) and on the {_LIPS} px around the lips; landmarks: mean distance
of the 68 landmarks tracked in the result, in percent of the distance between the outer eye corners. Seconds per frame
are processor time, all cores together; medians over clips.
"""


def _clips(corpus: Path, group: str) -> Sequence[Recording]:
    if group == KNOWN:
        return Corpus.open(corpus / "grid_s1").recordings("test")[:_CLIPS]
    found = Corpus.open(corpus).recordings("unseen")
    return [*found[: _CLIPS - 1], next(clip for clip in reversed(found) if clip.speaker == UNSEEN_FACES[-1])]


def _real(recording: Recording, cache: Path) -> Iterator[tuple[ImageArray, FaceTrack]]:
    """The clip's first frames, and where the face is in them."""
    for take in read_takes([recording], Store(cache)):
        track = take.track
        chunks = first_frames(VideoReader(recording.video).chunks(), min(_FRAMES, len(track)))
        images = np.concatenate([chunk.images for chunk in chunks])
        yield images, track[: len(images)]


def _scores(renderer: Renderer, images: ImageArray, track: FaceTrack) -> dict[str, float]:
    landmarks, motion = track.landmarks, motion_of_track(track, 0)
    portrait = replace(portrait_from_image(images[0]), track=track[:1])
    list(renderer.render(motion[:2], portrait))  # whatever is made once is made
    start = time.process_time()
    made = np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])
    seconds = time.process_time() - start
    crop = Crop.of(landmarks[0], portrait.frames.size)
    real_heads, heads = (np.stack([crop.extract(image) for image in pictures]) for pictures in (images, made))
    middle = crop.points(landmarks[:, MESH_OF_68[48:], :2]).mean(axis=1)
    corners = (middle - _LIPS / 2).round().astype(int).clip(0, crop.size - _LIPS)
    real_lips, lips = (
        np.stack([head[y : y + _LIPS, x : x + _LIPS] for head, (x, y) in zip(pictures, corners)])
        for pictures in (real_heads, heads)
    )
    again, _, _ = read_mesh(iter([Frames(made, motion.fps)]))
    away = np.linalg.norm((again - landmarks)[:, MESH_OF_68, :2], axis=-1)
    eyes = np.linalg.norm(landmarks[0, 263] - landmarks[0, 33])
    return {
        "SSIM": float(ssim(heads, real_heads).mean()),
        "PSNR": float(psnr(heads, real_heads).mean()),
        "SSIM of the lips": float(ssim(lips, real_lips).mean()),
        "landmarks": float(100 * np.nanmean(away) / eyes),
        "seconds per frame": seconds / len(made),
    }


def measure(corpus: Path, cache: Path) -> dict[str, dict[str, list[dict[str, float]]]]:
    """group -> renderer -> ``MEASURES`` of each clip.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        cache: folder for tracks.

    Raises:
        InputError: a renderer has no weights.
    """
    renderers = {name: get_renderer(name) for name in RENDERERS}
    result: dict[str, dict[str, list[dict[str, float]]]] = {}
    for group in (KNOWN, UNSEEN):
        for recording in _clips(corpus, group):
            for images, track in _real(recording, cache):
                for name, renderer in renderers.items():
                    row = _scores(renderer, images, track)
                    result.setdefault(group, {}).setdefault(name, []).append(row)
    return result


def summarise(result: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]) -> dict[str, Any]:
    """The result of ``measure`` without its clips: their number and the medians of ``MEASURES``."""
    return {
        group: {
            name: {"clips": len(scores)} | {key: float(np.median([row[key] for row in scores])) for key in MEASURES}
            for name, scores in rows.items()
        }
        for group, rows in result.items()
    }


def section(result: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """What ``summarise`` gives, as a page."""
    lines = [
        "| clips | renderer | SSIM | PSNR, dB | SSIM of the lips | landmarks, % | processor, ms per frame |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, rows in result.items():
        for name, row in rows.items():
            s, p, lips, away, seconds = (row[key] for key in MEASURES)
            cells = f"{s:.3f} | {p:.1f} | {lips:.3f} | {away:.1f} | {1000 * seconds:.0f}"
            lines.append(f"| {group} ({row['clips']:.0f}) | {name} | {cells} |")
    return _INTRODUCTION + "\n" + "\n".join(lines) + "\n"
