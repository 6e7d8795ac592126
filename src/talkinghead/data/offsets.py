"""By how much the sound of each recording is late against its picture, estimated and kept in a table.

Cameras, encoders and those who cut clips put sound and picture out of step. A network that learns lips from such clips
learns them blurred, and an evaluation on them blames the network. A linear model predicts from sound how the mouth
moves; where the prediction fits the tracked mouth best tells the offset. GRID is taken as in step.

``python -m talkinghead.data.offsets CORPUS STORE`` makes ``offsets.csv`` again; ``STORE`` keeps tracks and features.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import OFFSETS_FILE, Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.encoder import encoder_digest
from talkinghead.speech.phonetic import EncoderFeatures
from talkinghead.store import Store, key_of
from talkinghead.types import FaceTrack, FloatArray

FPS = 25.0
"""Frames per second of everything compared, whatever the videos' own."""

REACH = 8
"""Frames by which sound may be late or early."""

_CONTEXT = 4  # frames on either side from which the model predicts
_COMPONENTS = 96  # of the features
_RIDGE = 300.0
_APART = 3  # frames from the best lag, from which on another one is a rival
_LEAST = 10  # frames that must overlap
_CORNERS, _CHIN = (48, 54), 8
_LEARNED = slice(0, 360, 3)  # of the main speaker's recordings: six minutes


@dataclass(frozen=True)
class Clip:
    """What is compared of a recording.

    Attributes:
        name: of the recording.
        speaker: who talks.
        group: of recordings that may share an offset.
        features: (T, F) of its sound.
        movements: (T, 3) of its mouth, see ``mouth_movements``.
    """

    name: str
    speaker: str
    group: str
    features: FloatArray
    movements: FloatArray


@dataclass(frozen=True)
class Offset:
    """An estimate, in frames of 1/25 s by which the sound is late; negative: early.

    Attributes:
        name: of the recording.
        speaker: who talks.
        seconds: of picture that were compared.
        frames: of this recording alone.
        correlation: of predicted and tracked movements with these taken off.
        confidence: by how much the correlation is lower at every lag that is 3 frames or more away.
        shared: of all recordings of the same dataset and speaker together.
        shared_confidence: the same for these.
    """

    name: str
    speaker: str
    seconds: float
    frames: int
    correlation: float
    confidence: float
    shared: int
    shared_confidence: float


def write_offsets(offsets: Iterable[Offset], path: Path) -> None:
    """Write the table that ``data.recording`` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Offset)])
        for offset in sorted(offsets, key=lambda one: one.name):
            writer.writerow([f"{value:.2f}" if isinstance(value, float) else value for value in astuple(offset)])


def mouth_movements(track: FaceTrack) -> FloatArray:
    """(T', 3) aperture, width and jaw at 25 frames per second, each without its mean and of unit spread."""
    landmarks = head_landmarks(track)
    width = np.linalg.norm(landmarks[:, _CORNERS[1]] - landmarks[:, _CORNERS[0]], axis=1)
    rows = np.stack([lip_gap(landmarks), width, landmarks[:, _CHIN, 1]], axis=1)
    if track.fps != FPS:
        rows = resample_rows(rows, track.fps, FPS, max(1, round(len(rows) / track.fps * FPS)))
    return np.asarray((rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-6))


def read_clip(take: Take, store: Store) -> Clip:
    """What is compared of a recording; ``store`` keeps the features of its sound."""

    def make() -> FloatArray:
        return EncoderFeatures()(take.speech(), FPS).astype(np.float16)

    features = store.array("encoded", key_of(take.digest, FPS, encoder_digest()), make)
    movements = mouth_movements(take.track)
    count, recording = min(len(features), len(movements)), take.recording
    group = f"{recording.dataset}, {recording.speaker}"
    return Clip(recording.name, recording.speaker, group, features[:count].astype(np.float32), movements[:count])


class MovementModel:
    """Predicts how a mouth moves from features of sound: ridge regression on their main components over 0.36 s.

    Args:
        clips: to learn from, in step.

    Raises:
        ValueError: there is no clip.
    """

    def __init__(self, clips: Sequence[Clip]) -> None:
        if not clips:
            raise ValueError("there is no clip to learn from")
        every = np.concatenate([clip.features for clip in clips])
        self._mean = every.mean(axis=0)
        _, vectors = np.linalg.eigh(np.cov((every - self._mean).T))
        self._components = vectors[:, -_COMPONENTS:]
        gram, product = np.zeros(()), np.zeros(())
        for clip in clips:
            inputs = self._inputs(clip.features)
            gram, product = gram + inputs.T @ inputs, product + inputs.T @ clip.movements
        self._weights = np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), product)

    def predict(self, features: FloatArray) -> FloatArray:
        """(T, 3) movements for features (T, F)."""
        return np.asarray(self._inputs(features) @ self._weights)

    def _inputs(self, features: FloatArray) -> FloatArray:
        main = (features - self._mean) @ self._components
        padded = np.pad(main, ((_CONTEXT, _CONTEXT), (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _CONTEXT + 1, axis=0)
        return np.concatenate([windows.reshape(len(main), -1), np.ones((len(main), 1))], axis=1)


def shift(sound: FloatArray, picture: FloatArray, offset: int) -> tuple[FloatArray, FloatArray]:
    """The rows of sound and of picture that belong together if the sound is late by ``offset`` frames."""
    if offset >= 0:
        return sound[offset:], picture[: len(picture) - offset]
    return sound[:offset], picture[-offset:]


def correlations(predicted: FloatArray, tracked: FloatArray) -> FloatArray:
    """(2 * REACH + 1,) how well movements (T, 3) fit if the sound is late by -REACH to REACH frames.

    Each is the mean of three Pearson correlations; zeros for recordings that are too short.
    """
    found = np.zeros(2 * REACH + 1)
    if len(tracked) < REACH + _LEAST:
        return found
    for number, lag in enumerate(range(-REACH, REACH + 1)):
        first, second = (rows - rows.mean(axis=0) for rows in shift(predicted, tracked, lag))
        norms = np.linalg.norm(first, axis=0) * np.linalg.norm(second, axis=0)
        found[number] = ((first * second).sum(axis=0) / np.maximum(norms, 1e-9)).mean()
    return found


def estimate_offsets(clips: Iterable[Clip], model: MovementModel) -> list[Offset]:
    """The offset of each clip, and of those that share a group."""
    clips = list(clips)
    curves = np.stack([correlations(model.predict(clip.features), clip.movements) for clip in clips])
    lengths = np.array([len(clip.movements) for clip in clips])
    found = []
    for clip, curve in zip(clips, curves, strict=True):
        together = np.array([other.group == clip.group for other in clips])
        own, shared = _peak(curve), _peak(np.average(curves[together], axis=0, weights=lengths[together]))
        seconds, correlation = len(clip.movements) / FPS, float(curve.max())
        found.append(Offset(clip.name, clip.speaker, seconds, own[0], correlation, own[1], *shared))
    return found


def _peak(curve: FloatArray) -> tuple[int, float]:
    """The best lag of correlations (2 * REACH + 1,), and its confidence."""
    best = int(curve.argmax())
    rivals = np.abs(np.arange(len(curve)) - best) >= _APART
    return best - REACH, float(curve[best] - curve[rivals].max())


def main(corpus: Path, store: Path, out: Path = OFFSETS_FILE) -> None:
    """Estimate the offsets of all recordings but those of the main speaker, and write the table."""
    kept = Store(store)

    def read(recordings: Iterable[Recording]) -> Iterator[Clip]:
        return (read_clip(take, kept) for take in read_takes(recordings, kept))

    main_speaker = Corpus.open(corpus / "grid_s1", unseen=()).recordings("train")
    model = MovementModel(list(read(main_speaker[_LEARNED])))
    found = [
        offset
        for folder in ("clips", "unseen_speakers")
        if (corpus / folder).is_dir()
        for offset in estimate_offsets(read(Corpus.open(corpus / folder, unseen=()).recordings()), model)
    ]
    write_offsets(found, out)
    print(out, len(found))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
