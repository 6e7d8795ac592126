"""Table 2 of Attentional Landmarks on GRID s1 with its ablations, and its halves beside those of MakeItTalk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from talkinghead.data.grid import grid_clips, tracks
from talkinghead.evaluation.statistics import bootstrap_interval
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.media import VideoReader, save_image
from talkinghead.methods import get_method, get_renderer
from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.methods.base import MotionGenerator, Renderer
from talkinghead.metrics.lip_landmarks import lip_landmark_distance
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.pipeline import fit_motion
from talkinghead.rendering.crop import Crop
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.types import FaceTrack, Frames, ImageArray, Portrait, Speech
from talkinghead.weights import load_weights

CROP_PX = 300
"""The paper's crop (section 4.1)."""

MEASURES = ("LMD", "SSIM", "PSNR")
PUBLISHED = {
    "baseline": (1.82, 0.77, 28.78),
    "without split": (1.07, 0.84, 29.23),
    "without attention": (1.33, 0.89, 29.68),
    "full": (1.01, 0.91, 29.73),
}
ABLATIONS = {
    "baseline": ("small-joint", "small-plain"),
    "without split": ("small-joint", "small-s1"),
    "without attention": ("small-s1", "small-plain"),
    "full": ("small-s1", "small-s1"),
}
"""Configurations of the landmarks and of the renderer."""

STILL, DRIVEN = "the first frame, held", "full, driven by the real landmarks"
_INTRODUCTION = """## Attentional Landmarks on GRID s1, test split

As table 2 of Wang et al. 2020: the first frame and the sound make the clip again, in crops of 300 px. LMD is the mean
distance of the 20 lip landmarks in px of the crop, their means removed (Chen et al. 2018), between trackings of what
was made and of the real video. Head motion is the network's alone, without idle motion. What differs from the paper:
one speaker of GRID for all 33, our tracker for dlib's, our crop for theirs; the head is put back into the frame, before
the frame's own background. How the head moved cannot be known from the sound: what the pictures alone are worth,
the row with the real landmarks tells.
"""

Rows = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Sample:
    """A clip of the test split: its first frame and sound, its pictures, where its face is, the paper's crop of it."""

    portrait: Portrait
    speech: Speech
    images: ImageArray
    track: FaceTrack
    crop: Crop


def samples(root: Path, cache: Path, *, split: str = "test", limit: int | None = None) -> Iterator[Sample]:
    """The clips of a split of the GRID folder; ``cache`` keeps their tracks."""
    for clip, track in tracks(grid_clips(root, split)[:limit], cache):
        images = np.concatenate([chunk.images for chunk in VideoReader(clip.video).chunks()])
        portrait = portrait_from_image(images[0])
        crop = Crop.of(portrait.track.landmarks[0], portrait.frames.size, size=CROP_PX)
        yield Sample(portrait, clip.speech(), images, track, crop)


def trained(runs: Path, stage: str, config_name: str) -> nn.Module | None:
    """A network of a stage from ``RUNS/attentional/STAGE-CONFIG``; None where it was not trained."""
    file = runs / "attentional" / f"{stage}-{config_name}" / f"{stage}.safetensors"
    if not file.exists():
        return None
    config = CONFIGS[config_name]
    network = SpeechToLandmarks(config.landmarks) if stage == "landmarks" else LandmarksToVideo(config.video)
    load_weights(network, file)
    return network


def halves(runs: Path, landmarks: str, renderer: str) -> tuple[AttentionalMotion, AttentionalRenderer] | None:
    """Generator and renderer of two configurations; None where one was not trained."""
    speaks, shows = trained(runs, "landmarks", landmarks), trained(runs, "renderer", renderer)
    if not isinstance(speaks, SpeechToLandmarks) or not isinstance(shows, LandmarksToVideo):
        return None
    return AttentionalMotion(speaks, liveliness=0.0), AttentionalRenderer(shows)


def made(generator: MotionGenerator, renderer: Renderer, sample: Sample) -> ImageArray:
    """(T, H, W, 3) uint8 a sample's clip, made again."""
    motion = fit_motion(generator.generate(sample.speech, sample.portrait), sample.speech, fps=sample.track.fps)
    return np.concatenate([chunk.images for chunk in renderer.render(motion, sample.portrait)])


def scores(images: ImageArray, sample: Sample) -> dict[str, float]:
    """``MEASURES`` of pictures (T, H, W, 3) of a sample's clip."""
    count = min(len(images), len(sample.images), len(sample.track))
    images, real = images[:count], sample.images[:count]
    seen = track_faces(iter([Frames(np.ascontiguousarray(images), sample.track.fps)])).landmarks
    own, wanted = (sample.crop.points(points[:, MESH_OF_68, :2]) for points in (seen, sample.track.landmarks[:count]))
    crops, real_crops = (np.stack([sample.crop.cut(image) for image in part]) for part in (images, real))
    return {
        "LMD": lip_landmark_distance(own, wanted),
        "SSIM": float(ssim(crops, real_crops).mean()),
        "PSNR": float(psnr(crops, real_crops).mean()),
    }


def _add(rows: Rows, name: str, found: Mapping[str, float]) -> None:
    for measure_name, value in found.items():
        rows.setdefault(name, {}).setdefault(measure_name, []).append(value)


def measure(root: Path, cache: Path, runs: Path, *, limit: int | None = None) -> dict[str, Rows]:
    """Table 2 with what was trained of it, and the grid of two generators and two renderers.

    Args:
        root: the GRID folder.
        cache: folder for tracks.
        runs: folder of the trainings; ``runs/attentional/grid.png`` shows the grid.
        limit: only so many clips.

    Returns:
        "ablations" and "grid": name -> measure -> one value per clip.
    """
    systems = {name: halves(runs, *configs) for name, configs in ABLATIONS.items()}
    ablations: Rows = {}
    grid: Rows = {}
    full = systems["full"]
    for number, sample in enumerate(samples(root, cache, limit=limit)):
        _add(ablations, STILL, scores(np.repeat(sample.images[:1], len(sample.images), axis=0), sample))
        for name, system in systems.items():
            if system is not None:
                _add(ablations, name, scores(made(*system, sample), sample))
        if full is not None:
            driven = motion_of_track(sample.track, 0)
            pictures = np.concatenate([chunk.images for chunk in full[1].render(driven, sample.portrait)])
            _add(ablations, DRIVEN, scores(pictures, sample))
            tiles = {pair: made(*halves_of, sample) for pair, halves_of in _pairs(*full).items()}
            for (generator, renderer), images in tiles.items():
                _add(grid, f"{generator} | {renderer}", scores(images, sample))
            if number == 0:
                save_image(_picture(list(tiles.values()), sample), runs / "attentional" / "grid.png")
    return {"ablations": ablations, "grid": grid}


def _pairs(generator: MotionGenerator, renderer: Renderer) -> dict[tuple[str, str], tuple[MotionGenerator, Renderer]]:
    generators = {"makeittalk": get_method("makeittalk").load("small")[0], "attentional_landmarks": generator}
    renderers = {"warp": get_renderer("warp"), "attention": renderer}
    return {(one, other): (generators[one], renderers[other]) for one in generators for other in renderers}


def _picture(tiles: list[ImageArray], sample: Sample, *, moments: int = 6) -> ImageArray:
    """The real clip on top, each of the grid below it, at even moments."""
    shown = [sample.images, *tiles]
    times = np.linspace(0.2, 0.8, moments) * (min(map(len, shown)) - 1)
    rows = [np.concatenate([sample.crop.cut(images[int(t)]) for t in times], axis=1) for images in shown]
    return np.concatenate(rows)


def _cells(row: Mapping[str, list[float]]) -> str:
    cells = []
    for name, digits in zip(MEASURES, (2, 3, 2), strict=True):
        mean, low, high = bootstrap_interval(row[name])
        cells.append(f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")
    return " | ".join(cells)


def section(result: Mapping[str, Rows]) -> str:
    """What was measured, as a section of the report."""
    ablations, grid = result["ablations"], result["grid"]
    clips = len(ablations[STILL]["LMD"])
    lines = [
        _INTRODUCTION,
        f"{clips} clips; mean and bootstrap 95 % interval over clips; the last column is the paper's table 2.\n",
        "| system | LMD | SSIM | PSNR, dB | table 2 |",
        "|---|---|---|---|---|",
    ]
    for name, row in ablations.items():
        published = " / ".join(map(str, PUBLISHED[name])) if name in PUBLISHED else "-"
        lines.append(f"| {name} | {_cells(row)} | {published} |")
    if grid:
        lines += ["", "| motion | renderer | LMD | SSIM | PSNR, dB |", "|---|---|---|---|---|"]
        lines += [f"| {name} | {_cells(row)} |" for name, row in grid.items()]
    return "\n".join(lines) + "\n"
