"""What a dubbed video must keep: is it the source's, before encoding and in the written file?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.dub_masks import outside_mouth
from talkinghead import save_video
from talkinghead.errors import InputError
from talkinghead.media import ArrayVideo, VideoReader
from talkinghead.metrics.ssim import ssim
from talkinghead.metrics.vmaf import vmaf
from talkinghead.types import FloatArray, Frames, ImageArray, Video

_FEW = 8  # frames of a clip for measures that are slow


def count_unchanged(images: ImageArray, video: ArrayVideo, meshes: FloatArray) -> int:
    """In how many frames (T, H, W, 3) of a dubbed video every pixel that must stay is the source's.

    Args:
        images: uint8.
        video: the source.
        meshes: (T, 478, 3) px of the face in it.
    """
    away = [outside_mouth(image.shape, mesh) for image, mesh in zip(images, meshes)]
    return sum(bool((old[where] == new[where]).all()) for old, new, where in zip(video.frames.images, images, away))


def compare_outside(dubbed: Video, video: ArrayVideo, meshes: FloatArray) -> dict[str, float]:
    """SSIM and VMAF of what must stay, in the written file, and in a copy of the source by the same encoder.

    Args:
        dubbed: the result.
        video: the source.
        meshes: (T, 478, 3) px of the face in it.

    Returns:
        "ssim dubbed", "ssim copied", and the same of VMAF where it is installed.
    """
    found: dict[str, float] = {}
    away = [outside_mouth(image.shape, mesh) for image, mesh in zip(video.frames.images, meshes)]
    grey = [np.where(where[..., None], image, 128).astype(np.uint8) for where, image in zip(away, video.frames.images)]
    with TemporaryDirectory() as folder:
        source = _write(folder, "source", grey, video.fps, crf=0)
        for name, made in {
            "dubbed": dubbed,
            "copied": Video(video.chunks(), None, video.fps, video.num_frames),
        }.items():
            path = save_video(made, Path(folder) / f"{name}.mp4", visible_mark=False)
            seen = [image for chunk in VideoReader(path).chunks() for image in chunk.images]
            kept = [np.where(where[..., None], image, 128).astype(np.uint8) for where, image in zip(away, seen)]
            few = np.linspace(0, len(kept) - 1, _FEW).round().astype(int)
            found[f"ssim {name}"] = float(ssim(np.stack(kept)[few], np.stack(grey)[few]).mean())
            try:
                found[f"vmaf {name}"] = vmaf(_write(folder, f"{name}_grey", kept, video.fps, crf=0), source)
            except InputError:
                continue
    return found


def _write(folder: str, name: str, images: Sequence[ImageArray], fps: float, *, crf: int) -> Path:
    video = Video(iter([Frames(np.stack(images), fps)]), None, fps, len(images))
    return save_video(video, Path(folder) / f"{name}.mp4", visible_mark=False, crf=crf)
