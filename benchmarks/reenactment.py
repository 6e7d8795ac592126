"""Self-reenactment: a clip's first frame and its sound make the clip again; lips and jaw against the real ones."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from talkinghead.data.grid import Clip, grid_clips, tracks
from talkinghead.face.pose import head_landmarks
from talkinghead.media import VideoReader, save_video
from talkinghead.metrics.lips import (
    aperture_correlation,
    best_lag,
    jaw_lip_distance,
    jaw_lip_velocity_difference,
    mouth_area_difference,
    registered,
)
from talkinghead.pipeline import TalkingHead
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.types import FloatArray, Frames, Speech, Video

MEASURES: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "D-LL": jaw_lip_distance,
    "D-VL": jaw_lip_velocity_difference,
    "D-A": mouth_area_difference,
    "correlation": aperture_correlation,
    "lag": best_lag,
}


def _landmarks_of(path: Path) -> FloatArray:
    return head_landmarks(track_faces(VideoReader(path).chunks()))


def _first_frame(path: Path) -> np.ndarray:
    return next(iter(VideoReader(path).chunks())).images[0]


def _reencoded(clip: Clip, path: Path) -> FloatArray:
    reader = VideoReader(clip.video)
    frames: Iterator[Frames] = reader.chunks()
    count = sum(len(chunk) for chunk in reader.chunks())
    save_video(Video(frames, None, reader.fps, count), path, visible_mark=False, overwrite=True)
    return _landmarks_of(path)


def measure(
    head: TalkingHead, root: Path, cache: Path, *, limit: int | None = None, split: str = "test"
) -> dict[str, dict[str, list[float]]]:
    """Rows of scores by what made the landmarks.

    Args:
        head: what to measure.
        root: the GRID folder.
        cache: folder for tracks.
        limit: only so many clips.
        split: of the corpus.

    Returns:
        row name -> measure name -> one value per clip.
    """
    means = [head_landmarks(track).mean(axis=0) for _, track in tracks(grid_clips(root, "train")[:100], cache)]
    mean_mouth = np.mean(means, axis=0)
    pairs = list(tracks(grid_clips(root, split)[:limit], cache))
    references = [head_landmarks(track) for _, track in pairs]
    rows: dict[str, dict[str, list[float]]] = {}

    def add(name: str, predicted: FloatArray, reference: FloatArray) -> None:
        count = min(len(predicted), len(reference))
        predicted, reference = registered(predicted[:count], reference[:count]), reference[:count]
        for measure_name, function in MEASURES.items():
            rows.setdefault(name, {}).setdefault(measure_name, []).append(float(function(predicted, reference)))

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mp4"
        for number, ((clip, _), reference) in enumerate(zip(pairs, references)):
            portrait = portrait_from_image(_first_frame(clip.video))
            speech: Speech = clip.speech()
            motion = head.motion(speech, portrait, fps=25.0)
            add("predicted landmarks", motion.landmarks, reference)
            save_video(head.video(motion, portrait, speech), out, overwrite=True)
            add("re-tracked output", _landmarks_of(out), reference)
            add("the clip itself, re-encoded", _reencoded(clip, out), reference)
            still = np.repeat(motion.rest[None], len(reference), axis=0)
            add("still picture", still, reference)
            add("mean mouth", np.repeat(mean_mouth[None], len(reference), axis=0), reference)
            add("another sentence of the man", references[(number + 1) % len(references)], reference)
    return rows
