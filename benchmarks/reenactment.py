"""The landmarks that a method means, before any picture is made, against those of the real clip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import cell, interval
from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.media import VideoReader
from talkinghead.metrics.aperture import aperture_correlation, best_lag
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.metrics.registration import register
from talkinghead.motion.smoothing import resample_rows
from talkinghead.pipeline import TalkingHead, fit_motion
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image
from talkinghead.types import FloatArray, Motion, Speech, num_frames

PAPER_RATE = 62.5
"""Frames per second of the landmarks of Zhou et al. 2020, section 4.4, and so of their D-VL."""

MEASURES = ("D-LL", "D-VL", "D-VL at 62.5", "D-A", "correlation", "lag")
_TITLE = """# Predicted landmarks on GRID s1, test split

The portrait is the clip's first frame, the speech is its sound; no picture is made. The measures are those of Zhou et
al. 2020 (MakeItTalk), section 5.3, on x and y of jaw and lips in the head frame at 25 frames per second. D-LL and D-VL
are divided by the reference's largest lip width, D-A by its largest mouth area. Every sequence is registered to the
reference by one similarity of nose and eye corners. The paper's D-VL is at 62.5 frames per second: for this column the
motion is sampled at that rate, and the reference is interpolated linearly from 25. The reference is the tracked clip
(mediapipe, zero-phase smoothing of 0.2 s). Lag: the number of frames by which the aperture is late, by
cross-correlation.
"""


def scores(motion: Motion, speech: Speech, reference: FloatArray, fps: float) -> dict[str, float]:
    """``MEASURES`` of a motion at its own rate.

    Args:
        motion: what was generated.
        speech: whose length the motion takes.
        reference: (T, 68, 3) of the real clip, in the head frame.
        fps: of the reference.
    """
    landmarks, real = _together(fit_motion(motion, speech, fps=fps).landmarks, reference)
    rows = num_frames(len(reference) / fps, PAPER_RATE)
    fast = fit_motion(motion, speech, fps=PAPER_RATE).landmarks
    return {
        "D-LL": jaw_lip_distance(landmarks, real),
        "D-VL": jaw_lip_velocity_difference(landmarks, real),
        "D-VL at 62.5": jaw_lip_velocity_difference(*_together(fast, resample_rows(reference, fps, PAPER_RATE, rows))),
        "D-A": mouth_area_difference(landmarks, real),
        "correlation": aperture_correlation(landmarks, real),
        "lag": float(best_lag(landmarks, real)),
    }


def _together(landmarks: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The common part of both, the first registered to the second."""
    count = min(len(landmarks), len(reference))
    return register(landmarks[:count], reference[:count]), reference[:count]


def measure(
    methods: tuple[str, ...], root: Path, cache: Path, *, limit: int | None = None, split: str = "test"
) -> dict[str, dict[str, list[float]]]:
    """Scores of what methods predict.

    Args:
        methods: their names.
        root: the GRID folder.
        cache: folder for tracks.
        limit: only so many clips.
        split: of the corpus.

    Returns:
        method -> measure -> one value per clip.
    """
    rows: dict[str, dict[str, list[float]]] = {}
    for name in methods:
        head = TalkingHead.from_pretrained(name)
        for take in read_takes(Corpus.open(root).recordings(split)[:limit], Store(cache)):
            clip, track = take.recording, take.track
            portrait = portrait_from_image(next(iter(VideoReader(clip.video).chunks())).images[0])
            speech = clip.speech()
            motion = head.generator.generate(speech, portrait)
            for measure_name, value in scores(motion, speech, head_landmarks(track), track.fps).items():
                rows.setdefault(name, {}).setdefault(measure_name, []).append(value)
    return rows


def summarise(result: Mapping[str, Mapping[str, list[float]]]) -> dict[str, dict[str, Any]]:
    """The result of ``measure`` without its clips: method -> measure -> interval, or lags."""
    summary: dict[str, dict[str, Any]] = {}
    for name, row in result.items():
        lags = np.array(row["lag"])
        summary[name] = {
            measure_name: interval(row[measure_name]) for measure_name in MEASURES if measure_name != "lag"
        }
        summary[name]["lag"] = {"median": float(np.median(lags)), "within 1": float((np.abs(lags) <= 1).mean())}
    return summary


def _cell(measure_name: str, value: Any) -> str:
    if measure_name == "lag":
        return f"median {value['median']:+.0f}, within 1: {100 * value['within 1']:.0f} %"
    return cell(value, 3) if measure_name == "correlation" else cell(value, 2, scale=100, unit=" %")


def table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [
        "| method | D-LL | D-VL | D-VL at 62.5 fps | D-A | aperture correlation | lag in frames |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in result.items():
        lines.append(f"| {name} | {' | '.join(_cell(measure_name, row[measure_name]) for measure_name in MEASURES)} |")
    clips = next(iter(result.values()))["D-LL"]["clips"]
    return f"{_TITLE}\n{clips} clips; mean and bootstrap 95 % interval over clips.\n\n" + "\n".join(lines) + "\n"
