"""The face model on faces that it has not learned from: how near it lies, what its weights give back, how fast."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.blendshapes import open_landmarker, score_shapes
from benchmarks.tracking_noise import QUALITIES, copies
from talkinghead.data.corpus import Corpus
from talkinghead.data.face_model import open_recordings
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.fitting import FaceFitter
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, INNER_LIPS, LIPS
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import head_landmarks, head_mesh
from talkinghead.motion.expressions import expression_of, landmarks_from_expression
from talkinghead.motion.tracked import motion_of_track
from talkinghead.store import Store
from talkinghead.tracking import read_portrait
from talkinghead.tracking.fit import fit_face, place_face
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray

_FRAMES = 10  # of a person
_NOISE_CLIPS = 6
_EVERY = 5  # frames of which one is scored
_SCORED = 60  # frames of a clip at most
_SKIN = 468
_TIMED = 750  # frames
_GROUPS = {
    "jawOpen": ("jawOpen",),
    "mouthSmile": ("mouthSmileLeft", "mouthSmileRight"),
    "browInnerUp": ("browInnerUp",),
    "eyeBlink": ("eyeBlinkLeft", "eyeBlinkRight"),
}
_COLUMNS = ("median", "inner lips", "in the picture", "95 %")
_PAGE = """# The face model

The face model fitted to tracks of people whom it has not learned from: {people} people of `clips`, {frames} frames
each, and the pictures of `portraits`, one at a time. Distances of the fitted mesh from the tracked one, in distances of
the outer eye corners, each frame's mesh laid onto the tracked one by a similarity. Identity alone: in the frame of each
clip in which the face is most at rest, fitted without any expression; the mean face: without identity, too.

| faces | median | inner lips | in the picture | 95 % |
|---|---|---|---|---|
{distances}

## From landmarks to weights and back

`landmarks_from_expression(expression_of(motion), rest)` on the {clips} test sentences of GRID s1, beside the distances
between two readings of the same frames by the tracker, the original's and that of a copy encoded again by H.264 (of
{noise_clips} of the clips). Tracks are smoothed as always; means over landmarks without the eyelids, which a motion
keeps as they are; eye distances. Weights stay within 0 and 1.

| what | 60 landmarks | lips | inner lips |
|---|---|---|---|
{round_trip}

From one frame to the next, 99 % of the weights change by less than {step:.2f}.

## Another opinion

Correlation of the weights of `fit_face` with the scores of MediaPipe's FaceLandmarker (its blendshapes are a network's
estimates, not the truth), over {scored} frames of {scored_people} people of `clips`: of all frames together, and the
median of the correlations within the clips in which the score moves.

| expression | all frames | within clips |
|---|---|---|
{scores}

## Speed

`fit_face` {fit:.0f} frames per second and `expression_of` {read:.0f}, of CPU time on one core: {times:.0f} times as
fast as video at 25 frames per second plays.
"""


def measure(corpus: Path, store: Store) -> dict[str, Any]:
    """Distances of fitted meshes, round trip and noise, correlations with scores, and speed.

    Args:
        corpus: the shared recordings.
        store: keeps what the tracker saw.
    """
    learned = {recording.speaker for recording in open_recordings(corpus)}
    clips = _one_a_speaker(Corpus.open(corpus / "clips").recordings())
    takes = {take.recording.speaker: take for take in read_takes(clips, store)}
    fitted = {speaker: fit_face(take.track) for speaker, take in takes.items()}
    unseen = [speaker for speaker in takes if speaker not in learned]
    sentences = [take.track for take in read_takes(Corpus.open(corpus / "grid_s1").recordings("test"), store)]
    return {
        "people": len(unseen),
        "frames": _FRAMES,
        "distances": {
            "clips": _summary([_distances(*fitted[speaker]) for speaker in unseen]),
            "portraits": _summary([_distances(*fit_face(track)) for track in _portraits(corpus / "portraits")]),
            "clips, identity alone": _summary([_at_rest(takes[speaker].track) for speaker in unseen]),
            "clips, the mean face": _summary([_at_rest(takes[speaker].track, mean=True) for speaker in unseen]),
        },
        "clips": len(sentences),
        "noise clips": _NOISE_CLIPS,
        "round trip": _round_trip(sentences),
        "noise": _noise(corpus / "grid_s1", sentences),
        "scores": _correlations(corpus, takes, {speaker: track for speaker, (_, track) in fitted.items()}),
        "speed": _speed([take.track for take in takes.values()]),
    }


def _one_a_speaker(recordings: Sequence[Recording]) -> list[Recording]:
    first: dict[str, Recording] = {}
    for recording in recordings:
        first.setdefault(recording.speaker, recording)
    return list(first.values())


def _portraits(folder: Path) -> Iterator[FaceTrack]:
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
        try:
            yield read_portrait(path).track
        except InputError:
            continue


def _distances(identity: FloatArray, track: FaceTrack) -> FloatArray:
    """(frames, 468, 3) offsets of the fitted mesh in eye distances, in frames spread over those with a face."""
    found = np.flatnonzero(track.found)
    rows = found[np.linspace(0, len(found) - 1, min(_FRAMES, len(found))).round().astype(int)]
    offsets = place_face(track, identity) - track.landmarks
    return np.asarray(offsets[rows, :_SKIN] / track.scale[rows, None, None])


def _at_rest(track: FaceTrack, *, mean: bool = False) -> FloatArray:
    """(1, 468, 3) offsets of the face that identity alone fits to the frame where the tracked one rests most."""
    row, fitter, nothing = best_frame(track), FaceFitter(load_face_model()), np.zeros((1, len(EXPRESSION_NAMES)))
    mesh = head_mesh(track)[row : row + 1, :_SKIN]
    identity = np.zeros(1) if mean else fitter.fit_identity(mesh, nothing, neutral=True)
    face = fitter.faces(identity, nothing)
    return fitter.align(mesh, face) - face


def _summary(offsets: Sequence[FloatArray]) -> dict[str, float]:
    every = np.concatenate(offsets)
    distance, flat = np.linalg.norm(every, axis=-1), np.linalg.norm(every[..., :2], axis=-1)
    return {
        "people": len(offsets),
        "median": float(np.median(distance)),
        "inner lips": float(np.median(distance[:, INNER_LIP_CONTOUR])),
        "in the picture": float(np.median(flat)),
        "95 %": float(np.percentile(distance, 95)),
    }


def _means(distance: FloatArray) -> dict[str, float]:
    """Means over (T, 68) distances without the eyelids."""
    lips, inner = distance[:, LIPS].mean(), distance[:, INNER_LIPS].mean()
    return {"all": float(np.delete(distance, np.r_[36:48], axis=1).mean()), "lips": float(lips), "inner": float(inner)}


def _round_trip(tracks: Sequence[FaceTrack]) -> dict[str, float]:
    distances, steps = [], []
    for track in tracks:
        motion = motion_of_track(track, best_frame(track))
        weights = expression_of(motion)
        back = landmarks_from_expression(weights, motion.rest)
        distances.append(np.linalg.norm(back - motion.landmarks, axis=-1))
        skin = [k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith("eye")]
        steps.append(np.abs(np.diff(weights[:, skin], axis=0)))
    return _means(np.concatenate(distances)) | {"step": float(np.percentile(np.concatenate(steps), 99))}


def _noise(root: Path, tracks: Sequence[FaceTrack]) -> dict[str, dict[str, float]]:
    """Distances between two readings of one frame, by how the copy was encoded."""
    recordings = Corpus.open(root).recordings("test")
    found: dict[str, list[FloatArray]] = {}
    with tempfile.TemporaryDirectory() as name:
        for number in np.linspace(0, len(recordings) - 1, _NOISE_CLIPS).round().astype(int):
            original = head_landmarks(tracks[number])
            for how, seen in islice(copies(recordings[number].video, Path(name)), len(QUALITIES)):
                copy = head_landmarks(make_track(*seen))
                rows = min(len(copy), len(original))
                found.setdefault(how, []).append(np.linalg.norm(copy[:rows] - original[:rows], axis=-1))
    return {how: _means(np.concatenate(distances)) for how, distances in found.items()}


def _correlations(corpus: Path, takes: Mapping[str, Take], tracks: Mapping[str, FaceTrack]) -> dict[str, Any]:
    """Correlations of weights with the scores of a blendshape network, by group of expressions."""
    pairs: dict[str, list[FloatArray]] = {group: [] for group in _GROUPS}
    frames = 0
    with open_landmarker(corpus / "models" / "face_landmarker.task") as landmarker:
        for speaker, take in takes.items():
            rows = np.arange(0, len(take.track), _EVERY)[:_SCORED]
            weights = tracks[speaker].expression
            assert weights is not None
            scored = [(row, score_shapes(landmarker, image)) for row, image in zip(rows, take.frames(rows))]
            seen = [(row, scores) for row, scores in scored if scores]
            frames += len(seen)
            for group, names in _GROUPS.items():
                ours = [weights[row, [EXPRESSION_NAMES.index(name) for name in names]].mean() for row, _ in seen]
                theirs = [np.mean([scores[name] for name in names]) for _, scores in seen]
                pairs[group].append(np.array([ours, theirs]))
    result: dict[str, Any] = {"frames": frames, "people": len(takes)}
    for group, rows in pairs.items():
        every = np.concatenate(rows, axis=1)
        within = [np.corrcoef(row)[0, 1] for row in rows if row[0].std() > 1e-3 and row[1].std() > 0.01]
        result[group] = {"all": float(np.corrcoef(every)[0, 1]), "within": float(np.median(within))}
    return result


def _speed(tracks: Sequence[FaceTrack]) -> dict[str, float]:
    """Frames per second of CPU time, on the longest track."""
    track = max(tracks, key=len)[:_TIMED]
    motion = motion_of_track(track, 0)
    fit_face(track[:10])
    expression_of(motion[:10])
    load_face_model()
    begun = time.process_time()
    fit_face(track)
    fitted = time.process_time()
    expression_of(motion)
    return {"fit": len(track) / (fitted - begun), "read": len(track) / (time.process_time() - fitted)}


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    distances = [
        f"| {name} ({row['people']:.0f}) | " + " | ".join(f"{row[column]:.4f}" for column in _COLUMNS) + " |"
        for name, row in result["distances"].items()
    ]
    rows = {"there and back": result["round trip"]}
    rows |= {f"two readings, {how}": row for how, row in result["noise"].items()}
    round_trip = [
        f"| {name} | {row['all']:.4f} | {row['lips']:.4f} | {row['inner']:.4f} |" for name, row in rows.items()
    ]
    scores = result["scores"]
    opinions = [f"| `{group}` | {scores[group]['all']:.2f} | {scores[group]['within']:.2f} |" for group in _GROUPS]
    return _PAGE.format(
        people=result["people"],
        frames=result["frames"],
        distances="\n".join(distances),
        clips=result["clips"],
        noise_clips=result["noise clips"],
        round_trip="\n".join(round_trip),
        step=result["round trip"]["step"],
        scored=scores["frames"],
        scored_people=scores["people"],
        scores="\n".join(opinions),
        fit=result["speed"]["fit"],
        read=result["speed"]["read"],
        times=result["speed"]["fit"] / 25,
    )
