"""The tracker's noise: what each landmark measure reads where nothing differs, and the least that it can resolve."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.evaluation import format_value, unit_of
from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import raw_track_of
from talkinghead.evaluation.measures import MEASURES
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.media import VideoReader, save_video
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.head_pose import position_difference, rotation_difference
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.landmark_distance import face_width, landmark_distance, landmark_velocity_difference
from talkinghead.metrics.lip_landmarks import (
    lip_landmark_distance,
    lip_landmark_distance_3d,
    lip_landmark_distance_128,
)
from talkinghead.metrics.mouth_area import mouth_area, mouth_area_difference
from talkinghead.metrics.registration import register
from talkinghead.store import Store
from talkinghead.tracking.track import make_track, read_mesh
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames, ImageArray, Video

CLIPS = 12
COMPARED = 49  # clips of the test split: over so many a difference is taken
SIGMAS = (1, 2, 4)  # grey levels
QUALITIES = (18, 23, 28)
_STILL_FRAMES = 25
_PAIR = ("re-encoded, crf 18", "re-encoded, crf 23")  # the two readings of one clip that are held against each other
_WARPS = {  # scale about the corner of the picture, then shift in px
    "shifted by 0.5, 0.25 px": (1.0, 0.5, 0.25),
    "scaled by 1.02": (1.02, 0.0, 0.0),
    "scaled by 0.98": (0.98, 0.0, 0.0),
}
_MEASURES = (
    "d-ll",
    "d-vl",
    "d-a",
    "aperture-correlation",
    "lmd",
    "lmd-128",
    "lip-lmd-3d",
    "d-l",
    "d-v",
    "d-rot",
    "d-pos",
)
_TITLE = """# The tracker's own noise

What the measures read where nothing differs: {clips} clips of GRID s1 (val) compared with themselves, once as tracked
in the original and once as tracked in a copy. Re-encoded: H.264 by `media.save_video`. Shifted and scaled: the picture
is warped (Lanczos) and the landmarks are mapped back, so the truth is known. Still: the frame of each clip with the
widest mouth is repeated {frames} times, with Gaussian noise of so many grey levels or encoded, and compared with the
same frame repeated without change: everything that moves there is the tracker. Smoothed tracks are what `track_faces`
returns, raw ones what the mesh network sees. Means over clips.
"""
_RESOLUTION = """The least difference between two systems that {compared} clips can tell from the tracker's noise: 1.96
times the standard deviation, over clips, of the difference between two readings of a clip (crf 18 and 23), divided by
the square root of {compared}. At the floor a clip is compared with itself; away from the floor it is compared with the
next sentence, so the noise of the reading adds to an error that is there. Moved by encoding: how much crf 23 instead of
18 changes the mean, away from the floor. Where this exceeds what can be resolved, only systems with the same encoding
can be compared. The differences between clips come on top of all this.
"""

_NEEDS_MOTION = "aperture-correlation"  # says nothing of a still

Seen = tuple[FloatArray, BoolArray, float]
Scores = dict[str, list[float]]


def scores(track: FaceTrack, reference: FaceTrack) -> dict[str, float]:
    """Every landmark measure of one track against another; the longer one is cut.

    In the head's frame, registered: D-LL, D-VL, D-A, correlation of the aperture, LMD 3D. In the picture: the rest.
    """
    count = min(len(track), len(reference))
    track, reference = track[:count], reference[:count]
    real = head_landmarks(reference)
    head = register(head_landmarks(track), real)
    seen, real_seen = track.landmarks[:, MESH_OF_68], reference.landmarks[:, MESH_OF_68]
    width = face_width(real_seen)
    return {
        "d-ll": jaw_lip_distance(head, real),
        "d-vl": jaw_lip_velocity_difference(head, real),
        "d-a": mouth_area_difference(head, real),
        "aperture-correlation": aperture_correlation(head, real),
        "lmd": lip_landmark_distance(seen, real_seen),
        "lmd-128": lip_landmark_distance_128(seen, real_seen),
        "lip-lmd-3d": lip_landmark_distance_3d(head, real),
        "d-l": landmark_distance(seen, real_seen),
        "d-v": landmark_velocity_difference(seen, real_seen),
        "d-rot": rotation_difference(track.rotation, reference.rotation),
        "d-pos": position_difference(track.translation, reference.translation, width),
    }


def warp_pictures(chunks: Iterable[Frames], scale: float, right: float, down: float) -> Iterator[Frames]:
    """Pictures scaled about their upper left pixel, then shifted (px)."""
    matrix = np.array([[scale, 0, right], [0, scale, down]])
    for chunk in chunks:
        height, width = chunk.images.shape[1:3]
        images = [
            cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
            for image in chunk.images
        ]
        yield Frames(np.stack(images), chunk.fps)


def map_back(seen: Seen, scale: float, right: float, down: float) -> Seen:
    """What the tracker saw in a warped picture, in px of the picture before."""
    landmarks, found, fps = seen
    return (landmarks - (right, down, 0.0)) / scale, found, fps


def add_noise(image: ImageArray, count: int, sigma: float, *, seed: int = 0) -> Frames:
    """One picture (H, W, 3) so many times, each with its own Gaussian noise of deviation ``sigma`` grey levels."""
    random = np.random.default_rng(seed)
    noise = sigma * random.standard_normal((count, *image.shape), np.float32)
    return Frames(np.clip(np.rint(image + noise), 0, 255).astype(np.uint8), 25.0)


def _encode(chunks: Iterator[Frames], fps: float, count: int, folder: Path, crf: int) -> Seen:
    path = folder / "again.mp4"
    save_video(Video(chunks, None, fps, count), path, visible_mark=False, overwrite=True, crf=crf)
    return read_mesh(VideoReader(path).chunks())


def copies(path: Path, folder: Path) -> Iterator[tuple[str, Seen]]:
    """What the tracker sees of a clip that was encoded again or warped, by what was done to it."""
    reader = VideoReader(path)
    for crf in QUALITIES:
        yield (
            f"re-encoded, crf {crf}",
            _encode(reader.chunks(), reader.fps, reader.num_frames, folder, crf),
        )
    for name, warp in _WARPS.items():
        yield name, map_back(read_mesh(warp_pictures(reader.chunks(), *warp)), *warp)


def stills(image: ImageArray, folder: Path) -> Iterator[tuple[str, Seen]]:
    """What the tracker sees of one picture repeated: first as it is, then with noise, then encoded."""
    repeated = add_noise(image, _STILL_FRAMES, 0.0)
    yield "still", read_mesh([repeated])
    for sigma in SIGMAS:
        yield f"still, noise {sigma}", read_mesh([add_noise(image, _STILL_FRAMES, sigma)])
    for crf in QUALITIES:
        yield f"still, crf {crf}", _encode(iter([repeated]), 25.0, _STILL_FRAMES, folder, crf)


def _widest_frame(path: Path, track: FaceTrack) -> ImageArray:
    """The frame of a clip whose mouth is widest open."""
    number = int(mouth_area(head_landmarks(track)).argmax())
    return np.concatenate([chunk.images for chunk in VideoReader(path).chunks()])[number]


def measure(root: Path, cache: Path, *, clips: int = CLIPS) -> dict[str, Any]:
    """Every landmark measure of copies of clips against the clips.

    Args:
        root: the GRID folder; its split "val" is used.
        cache: folder for the tracks of the originals.
        clips: how many.

    Returns:
        "clips", "frames" (of a still), and "raw" and "smoothed" -> "itself", "still" and "next" (the copy against the
        next clip's original) -> what was done -> measure -> one value per clip.
    """
    chosen = Corpus.open(root).recordings("val")[:clips]
    originals = [_read_original(clip.video, cache) for clip in chosen]
    result: dict[str, Any] = {"clips": len(chosen), "frames": _STILL_FRAMES, "raw": {}, "smoothed": {}}
    with tempfile.TemporaryDirectory() as name:
        for number, (clip, original) in enumerate(zip(chosen, originals)):
            following = originals[(number + 1) % len(originals)]
            seen = dict(copies(clip.video, Path(name)))
            still = dict(stills(_widest_frame(clip.video, make_track(*original)), Path(name)))
            truth = still.pop("still")
            for smooth, part in ((False, result["raw"]), (True, result["smoothed"])):
                _add(part.setdefault("itself", {}), seen, original, smooth=smooth)
                _add(part.setdefault("still", {}), still, truth, smooth=smooth)
                _add(part.setdefault("next", {}), {key: seen[key] for key in _PAIR}, following, smooth=smooth)
    return result


def _read_original(video: Path, cache: Path) -> Seen:
    raw = raw_track_of(video, Store(cache))
    return raw.landmarks.astype(np.float64), raw.found, raw.fps


def _add(rows: dict[str, Scores], seen: Mapping[str, Seen], reference: Seen, *, smooth: bool) -> None:
    real = make_track(*reference, smooth=smooth)
    for name, copy in seen.items():
        for measure_name, value in scores(make_track(*copy, smooth=smooth), real).items():
            rows.setdefault(name, {}).setdefault(measure_name, []).append(value)


def resolution(rows: Mapping[str, Mapping[str, list[float]]], measure_name: str, *, compared: int = COMPARED) -> float:
    """The least difference that ``compared`` clips can show: of two readings, 1.96 standard errors of their mean."""
    first, second = (np.array(rows[name][measure_name]) for name in _PAIR)
    return float(1.96 * (first - second).std(ddof=1) / np.sqrt(compared))


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips: means, and of each measure what can be resolved.

    Returns:
        "clips", "frames", and "raw" and "smoothed" -> "itself" and "still" -> what was done -> measure -> mean over
        clips, and "resolution" -> measure -> floor, what is resolved there and away from it, what encoding moves.
    """
    summary: dict[str, Any] = {"clips": result["clips"], "frames": result["frames"]}
    for track in ("raw", "smoothed"):
        part = result[track]
        summary[track] = {
            kind: {done: {name: float(np.mean(row)) for name, row in rows.items()} for done, rows in part[kind].items()}
            for kind in ("itself", "still")
        }
        itself, following = part["itself"], part["next"]
        summary[track]["resolution"] = {
            name: [
                float(np.mean(itself[_PAIR[0]][name])),
                resolution(itself, name),
                resolution(following, name),
                float(np.mean(following[_PAIR[1]][name]) - np.mean(following[_PAIR[0]][name])),
            ]
            for name in _MEASURES
        }
    return summary


def _means(result: Mapping[str, Any], kind: str, measures: Iterable[str]) -> str:
    conditions = list(result["smoothed"][kind])
    lines = [f"| measure | unit | track | {' | '.join(conditions)} |", "|---|---|---|" + "---|" * len(conditions)]
    for name in measures:
        for track in ("smoothed", "raw"):
            rows = result[track][kind]
            cells = " | ".join(format_value(name, rows[condition][name]) for condition in conditions)
            lines.append(f"| {MEASURES[name].title} | {unit_of(name)} | {track} | {cells} |")
    return "\n".join(lines) + "\n"


def _resolutions(result: Mapping[str, Any]) -> str:
    lines = [
        "| measure | unit | track | floor, crf 18 | resolved at floor | resolved away from it | moved by encoding |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in _MEASURES:
        for track in ("smoothed", "raw"):
            cells = " | ".join(format_value(name, value) for value in result[track]["resolution"][name])
            lines.append(f"| {MEASURES[name].title} | {unit_of(name)} | {track} | {cells} |")
    return "\n".join(lines) + "\n"


def table(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown: means of copies and stills, and what can be resolved."""
    parts = (
        _TITLE.format(clips=result["clips"], frames=result["frames"]),
        _means(result, "itself", _MEASURES),
        _means(result, "still", [name for name in _MEASURES if name != _NEEDS_MOTION]),
        _RESOLUTION.format(compared=COMPARED),
        _resolutions(result),
    )
    return "\n".join(parts)
