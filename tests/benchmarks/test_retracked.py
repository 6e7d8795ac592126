"""Lips of unseen people, seen again: what a score holds, and what a table tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.lips import GRID, HDTF, landmarks_of
from benchmarks.retracked import REAL, Sample, score, summarise, synchrony_of, table

from benchmarks import retracked
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.types import FloatArray, Interval, Speech

FPS = 25.0


class Track:
    """A face of which only the mouth's opening is known."""

    fps = FPS

    def __init__(self, opening: FloatArray) -> None:
        self.landmarks = landmarks_of(opening)

    def __len__(self) -> int:
        return len(self.landmarks)


def sample_of(opening: FloatArray, monkeypatch: pytest.MonkeyPatch, confidence: float = 0.5) -> Sample:
    """A sample whose tracked mouth opens so far; lips meet in the "m" from 0.4 to 0.6 s if they do there."""
    monkeypatch.setattr(retracked, "head_landmarks", lambda track: track.landmarks)
    phones = tuple(
        Interval(*phone)
        for phone in (("M", 0.4, 0.6), ("IY", 0.6, 1.0), ("T", 1.0, 1.1), ("AA", 1.1, 1.3), ("T", 1.3, 1.5))
    )
    speech = Speech(np.zeros(32_000, np.float32), 16_000, phones=phones)
    track: Any = Track(opening)
    take = Take(Recording("a", "anna", Path("a.mp4"), "GRID"), track)
    return Sample(take, track, speech, None, confidence)  # type: ignore[arg-type]


def mouth() -> FloatArray:
    """Open but for 0.4 to 0.6 s, (50,), with a ripple."""
    opening = 0.3 + 0.05 * np.sin(np.arange(50))
    opening[10:15] = 0.0
    return opening


def test_the_mouth_itself_scores_fully(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_of(mouth(), monkeypatch)
    found = score(landmarks_of(mouth()), sample, 0.5)
    assert found["opening"] == pytest.approx(1.0)
    assert found["swing"] == pytest.approx(1.0)
    assert found["confidence"] == pytest.approx(1.0)
    assert found["p b m"] == [1, 1]
    assert found["p b m, control"] == [0, 1]


def test_half_an_opening_that_never_shuts(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_of(mouth(), monkeypatch)
    found = score(landmarks_of(0.5 * mouth() + 0.2), sample, 0.2)
    assert found["opening"] == pytest.approx(1.0)
    assert found["swing"] == pytest.approx(0.5)
    assert found["confidence"] == pytest.approx(0.4)
    assert found["p b m"] == [0, 1]


def test_frames_beyond_the_track_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    class Network:
        def places(self, landmarks: FloatArray) -> FloatArray:
            return np.zeros((len(landmarks), 2, 3))

        def crop(self, images: FloatArray, places: FloatArray) -> FloatArray:
            assert len(images) == len(places)
            looked_at.append(len(images))
            return images

        def embed_video(self, crops: FloatArray) -> FloatArray:
            return np.eye(len(crops) - 4, 64)

        def embed_audio(self, speech: Speech, count: int) -> FloatArray:
            return np.eye(count - 4, 64)

    monkeypatch.setattr(retracked, "load_syncnet", Network)
    track: Any = Track(mouth())
    images: Any = [np.zeros((30, 4, 4, 3), np.uint8)] * 3
    confidence = synchrony_of(images, track, Speech(np.zeros(32_000, np.float32), 16_000)).confidence
    assert looked_at == [30, 20]
    assert confidence == pytest.approx(np.sqrt(2.0), abs=0.1)  # the same at once, as far as can be a frame later


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_of(mouth(), monkeypatch)
    rows = {REAL: [score(landmarks_of(mouth()), sample, 0.5)], "any": [score(landmarks_of(0.5 * mouth()), sample, 0.2)]}
    text = table(summarise({GRID: rows}))
    assert f"| {GRID} (1) | **any** | 1.00 (1.00 to 1.00) |" in text
    assert "| 0.40 (0.40 to 0.40) | 0.40 (0.40 to 0.40) | 100% of 1 (control 0%) |" in text
    assert text.index("**any**") < text.index(f"| {REAL} |")


def test_people_whom_the_judge_knows_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    new = sample_of(mouth(), monkeypatch)
    known = replace(new, take=replace(new.take, recording=replace(new.take.recording, speaker="GRID-s4")))
    landmarks = landmarks_of(mouth())

    def rows_of(*samples: tuple[Sample, float]) -> dict[str, Any]:
        return {name: [score(landmarks, *sample) for sample in samples] for name in (REAL, "any")}

    text = table(summarise({GRID: rows_of((known, 0.2)), HDTF: rows_of((known, 0.2), (new, 0.4))}))
    cells = [[cell.strip() for cell in line.split("|")[6:8]] for line in text.splitlines() if "**any**" in line]
    assert cells == [["0.40 (0.40 to 0.40)", "-"], ["0.60 (0.40 to 0.80)", "0.80 (0.80 to 0.80), 1 clips"]]
    assert [line.split("|")[7].strip() for line in text.splitlines() if f"| {REAL} |" in line] == ["-", "1"]
