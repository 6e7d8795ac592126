"""What is weak in the videos from which a person is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import read_takes
from talkinghead.face.model import load_face_model
from talkinghead.metrics.sync import SyncScore
from talkinghead.person import weaknesses
from talkinghead.person.weaknesses import bridge_contrast, describe_late, find_weaknesses, measure_sound_late
from talkinghead.store import Store
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Reference, Speech

SIDE, FPS = 160, 25.0


class Filmed:
    """A video whose every frame is a grey of its own."""

    fps, size, digest, joins = FPS, (SIDE, SIDE), "", ()

    def __init__(self, levels: FloatArray) -> None:
        self.levels, self.num_frames = levels, len(levels)

    def frame(self, index: int) -> ImageArray:
        return np.full((SIDE, SIDE, 3), self.levels[index], np.uint8)

    def chunks(self) -> list[Frames]:
        return [Frames(np.stack([self.frame(k) for k in range(self.num_frames)]), FPS)]


def mesh() -> FloatArray:
    """(478, 3) px of the mean face in the middle of the picture."""
    return np.asarray(load_face_model().mean * 40 + SIDE / 2)


def filmed(seconds: float = 24.0, *, turn: float = 0.0, blinks: bool = True, lights: float = 1.0) -> Reference:
    """A face that looks to one side by ``turn`` rad, and whose second half is ``lights`` times as bright."""
    count = round(seconds * FPS)
    rotation, blink = np.zeros((count, 3)), np.zeros(count)
    rotation[:, 1] = turn
    blink[10:14] = 0.9 if blinks else 0.3
    landmarks = np.broadcast_to(mesh(), (count, 478, 3)).copy()
    track = FaceTrack(landmarks, rotation, np.zeros((count, 3)), np.ones(count), blink, np.ones(count, bool), FPS)
    levels = np.where(np.arange(count) < count / 2, 100.0, 100.0 * lights)
    return Reference(Filmed(levels), track)


def test_nothing_is_weak() -> None:
    assert not list(find_weaknesses(filmed()))


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (lambda: filmed(12.0), "only 12.0 s"),
        (lambda: filmed(blinks=False), "nobody blinks"),
        (lambda: filmed(turn=-0.7), "turned away by 40 degrees"),
        (lambda: filmed(lights=1.6), "the light changes (1.6 times"),
    ],
)
def test_each_weakness_is_told_alone(reference: object, told: str) -> None:
    (found,) = find_weaknesses(reference())  # type: ignore[operator]
    assert told in found


def test_a_line_across_the_nose_is_taken_for_glasses() -> None:
    face, picture = mesh(), np.full((SIDE, SIDE, 3), 150, np.uint8)
    assert bridge_contrast(picture, face) == 0.0
    left, right = (tuple(int(value) for value in face[corner, :2]) for corner in (133, 362))
    whole, half = picture.copy(), picture.copy()
    cv2.line(whole, left, right, (40, 40, 40), 2)
    assert bridge_contrast(whole, face) > 0.046
    cv2.line(half, left, ((left[0] + right[0]) // 2, left[1]), (40, 40, 40), 2)  # a shadow, not a bridge
    assert bridge_contrast(half, face) < 0.046


@pytest.mark.parametrize(
    ("offset", "confidence", "late"), [(-3, 0.3, 0.12), (4, 0.3, -0.16), (-1, 0.3, 0), (-3, 0.05, 0)]
)
def test_the_judge_must_be_sure(offset: int, confidence: float, late: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaknesses, "measure_synchrony", lambda _: SyncScore(offset, confidence, 1.0))
    reference = filmed()
    assert measure_sound_late(reference) == late
    told = [found for found in find_weaknesses(reference) if "the sound is" in found]
    assert len(told) == (late != 0)
    assert not told or f"{describe_late(late)} against the picture" in told[0]
    assert not list(find_weaknesses(reference, sound=False))


@pytest.mark.corpus
def test_sound_that_was_moved_is_found(corpus: Path, tmp_path: Path) -> None:
    recording = next(
        clip for clip in Corpus.open(corpus / "clips").recordings() if clip.name.endswith("grid_s4_bbwgza")
    )
    (take,) = read_takes([recording], Store(tmp_path), smooth=False)
    speech, [pictures] = take.speech(), [np.concatenate([chunk.images for chunk in take.chunks()])]

    class Video(Filmed):
        def chunks(self) -> list[Frames]:
            return [Frames(pictures, FPS)]

    late = Speech(np.concatenate([np.zeros(round(0.2 * speech.sample_rate), np.float32), speech.samples]), 16_000)
    reference = Reference(Video(np.zeros(len(take.track))), take.track, speech)
    assert abs(measure_sound_late(reference)) == 0
    assert measure_sound_late(replace(reference, speech=late)) == pytest.approx(0.2, abs=0.041)
