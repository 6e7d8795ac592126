"""The tracker against MediaPipe, whose networks it runs: the same landmarks, and which of the two is faster."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.errors import InputError
from talkinghead.media import VideoReader, read_image
from talkinghead.tracking.follow import FaceFollower
from talkinghead.tracking.mesh import detect_faces, read_faces, segment_people
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

CLIPS = 60
FRAMES = 75
"""Of a clip, at most."""

_ROUNDS = 2  # of which the fastest counts
_MEDIAPIPE = "0.10.21"
_TIMES = ("theirs", "ours", "further")  # in all twice, and in frames after the first
_SUFFIXES = {".jpg", ".jpeg", ".png"}
_TITLE = """# The tracker against MediaPipe

The networks of faces and people are those of MediaPipe {version}, run in PyTorch by code of our own. Here both read the
same pictures. Distances are between landmarks in the picture, in px at a face 100 px wide. In videos, MediaPipe looks
for a face where it was in the frame before; we guess its square from every fourth frame and read frames together, so
the two look at slightly different squares. Unrest is the mean length of second differences between frames.

Times are from frames to landmarks, both in one run, by turns, the faster of {rounds} rounds of each clip. In the first
frame MediaPipe looks for one face that is near; our search, `find_faces`, looks for all, also small and lying ones, and
takes longer: it is told apart, for it is made once, however long a video is.
"""


class _Theirs:
    """MediaPipe's graphs.

    Raises:
        InputError: they are not installed.
    """

    def __init__(self) -> None:
        try:
            from mediapipe.python import solutions
        except ImportError:
            raise InputError(
                f"the tracker is measured against mediapipe: pip install mediapipe=={_MEDIAPIPE}, in an "
                "environment of its own"
            ) from None
        self._solutions = solutions
        self._mesh = solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
        self._far = solutions.face_detection.FaceDetection(model_selection=1)
        self._person = solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)

    @staticmethod
    def _points(graph: Any, image: ImageArray) -> FloatArray:
        found = graph.process(np.ascontiguousarray(image)).multi_face_landmarks or []
        points = np.array([[(p.x, p.y, p.z) for p in face.landmark] for face in found]).reshape(-1, NUM_MESH, 3)
        height, width = image.shape[:2]
        return np.asarray(points * (width, height, width))

    def face(self, image: ImageArray) -> FloatArray:
        """(F, 478, 3) px, F at most 1."""
        return self._points(self._mesh, image)

    def scores(self, image: ImageArray) -> FloatArray:
        """(F,) of the far detector, the surest first."""
        found = self._far.process(np.ascontiguousarray(image)).detections or []
        return np.array([each.score[0] for each in found])

    def person(self, image: ImageArray) -> FloatArray:
        """(H, W) in [0, 1]."""
        return np.asarray(self._person.process(np.ascontiguousarray(image)).segmentation_mask)

    def track(self, images: ImageArray) -> FloatArray:
        """(T, 478, 3) px, NaN where no face is seen."""
        with self._solutions.face_mesh.FaceMesh(refine_landmarks=True) as graph:
            rows = [self._points(graph, image) for image in images]
        return np.stack([row[0] if len(row) else np.full((NUM_MESH, 3), np.nan) for row in rows])


def distances(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    """(..., 478) between landmarks (..., 478, 3), in px at a face 100 px wide."""
    widths = np.ptp(theirs[..., 0], axis=-1)[..., None]
    return np.asarray(100 * np.linalg.norm((ours - theirs)[..., :2], axis=-1) / widths)


def unrest(track: FloatArray) -> float:
    """Mean length of the second differences of landmarks (T, 478, 3), in px at a face 100 px wide."""
    steps = np.linalg.norm(np.diff(track[..., :2], 2, axis=0), axis=-1)
    return float(100 * steps.mean() / np.ptp(track[..., 0], axis=-1).mean())


def _stills(images: Sequence[ImageArray], theirs: _Theirs) -> dict[str, Any]:
    away, scores, mattes, same = [], [], [], 0
    for image in images:
        checkpoint()
        wanted, found = theirs.face(image), read_faces([image])[0]
        sure, seen = theirs.scores(image), detect_faces([image])[0].scores
        same += len(wanted) == len(found) and len(sure) == len(seen)
        away += [distances(a, b) for a, b in zip(found, wanted)]
        scores += list(np.abs(sure[: len(seen)] - seen[: len(sure)]))
        mattes.append(float(np.abs(theirs.person(image) - segment_people([image])[0]).mean()))
    every = np.concatenate(away)
    return {
        "pictures": len(images),
        "same faces": int(same),
        "median": float(np.median(every)),
        "percentile 99": float(np.percentile(every, 99)),
        "most of scores": float(max(scores)),
        "most of mattes": max(mattes),
    }


def _now() -> FloatArray:
    """(2,) the time, and the CPU time of this program, in s."""
    return np.array([time.perf_counter(), time.process_time()])


def _track(images: ImageArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Landmarks (T, 478, 3) px, NaN where no face is seen; times until the first frame was read, and in all."""
    begun = _now()
    follow = FaceFollower(None)
    rows = follow(list(images[:1]))
    searched = _now() - begun
    rows += follow(list(images[1:]))
    whole = _now() - begun
    return np.stack([np.full((NUM_MESH, 3), np.nan) if row is None else row.mesh for row in rows]), searched, whole


def _recordings(corpus: Path) -> list[Recording]:
    """Clips of all speakers but one, and as many of his as are missing."""
    table = Corpus.open(corpus).table
    others = [recording for recording in table if recording.speaker != MAIN_SPEAKER][: CLIPS * 3 // 4]
    main = [recording for recording in table if recording.speaker == MAIN_SPEAKER and recording.split == "test"]
    return others + main[: CLIPS - len(others)]


def measure(corpus: Path) -> dict[str, Any]:
    """Distances between our readings and MediaPipe's of portraits and clips, and the time of both.

    Raises:
        InputError: mediapipe is not installed.
    """
    theirs = _Theirs()
    stills = [read_image(path) for path in sorted((corpus / "portraits").iterdir()) if path.suffix in _SUFFIXES]
    rows: list[dict[str, float]] = []
    for recording in _recordings(corpus):
        images = np.concatenate([chunk.images for chunk in VideoReader(recording.video).chunks()])[:FRAMES]
        stills.append(images[len(images) // 2])
        row = {"frames": float(len(images))}
        spent: dict[str, list[FloatArray]] = {name: [] for name in _TIMES}
        for _ in range(_ROUNDS):
            begun = _now()
            wanted = theirs.track(images)
            spent["theirs"].append(_now() - begun)
            found, searched, whole = _track(images)
            spent["ours"].append(whole)
            spent["further"].append(whole - searched)
        for name, times in spent.items():
            row[name], row[f"{name}, CPU"] = np.min(times, axis=0).tolist()
        both = np.isfinite(found[:, 0, 0]) & np.isfinite(wanted[:, 0, 0])
        row |= {"seen by theirs": float(np.isfinite(wanted[:, 0, 0]).sum()), "both": float(both.sum())}
        row["seen by ours"] = float(np.isfinite(found[:, 0, 0]).sum())
        away = distances(found[both], wanted[both])
        row |= {"median": float(np.median(away)), "unrest of ours": unrest(found[both])}
        rows.append(row | {"unrest of theirs": unrest(wanted[both])})
    return {"stills": _stills(stills, theirs), "clips": rows}


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips: sums of frames and seconds, medians of the rest."""
    rows = result["clips"]
    sums = ("frames", *_TIMES, *(f"{name}, CPU" for name in _TIMES), "seen by theirs", "seen by ours", "both")
    return {
        "stills": result["stills"],
        "clips": len(rows),
        **{name: float(sum(row[name] for row in rows)) for name in sums},
        **{name: float(np.median([row[name] for row in rows])) for name in rows[0] if name not in sums},
    }


def table(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    stills, frames, further = result["stills"], result["frames"], result["frames"] - result["clips"]
    times = "\n".join(
        f"| {what} of a frame, with the first search | {1000 * result[f'theirs{kind}'] / frames:.1f} ms | "
        f"{1000 * result[f'ours{kind}'] / frames:.1f} ms |\n"
        f"| {what} of each further frame | | {1000 * result[f'further{kind}'] / further:.1f} ms |"
        for what, kind in (("time", ""), ("CPU time", ", CPU"))
    )
    return f"""{_TITLE.format(version=_MEDIAPIPE, rounds=_ROUNDS)}
| {stills["pictures"]} pictures | |
|---|---|
| the same faces found, by mesh and far detector | {stills["same faces"]} of {stills["pictures"]} |
| distance of landmarks, median | {stills["median"]:.4f} px |
| distance of landmarks, 99th percentile | {stills["percentile 99"]:.4f} px |
| scores of the far detector, largest difference | {stills["most of scores"]:.5f} |
| mattes, mean difference of the worst picture | {stills["most of mattes"]:.5f} |

| {result["clips"]} clips, {frames:.0f} frames | MediaPipe | ours |
|---|---|---|
| frames with a face | {result["seen by theirs"]:.0f} | {result["seen by ours"]:.0f} |
| unrest, median over clips | {result["unrest of theirs"]:.3f} px | {result["unrest of ours"]:.3f} px |
{times}

Median distance between the two tracks of a clip: {result["median"]:.3f} px (median over clips). The time depends on
what else the machine does: MediaPipe keeps one core busy, we keep all that torch may take.
"""
