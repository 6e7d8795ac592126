"""Offset, confidence and distance of made-up embeddings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from talkinghead.metrics.sync import (
    SyncScore,
    at_25_fps,
    offset_distances,
    offsets_by_window,
    pair_distances,
    sync_score,
)
from talkinghead.types import FloatArray


def embeddings(count: int = 80, *, seed: int = 0) -> FloatArray:
    """(count, 8) unit vectors that have nothing to do with each other."""
    rows = np.random.default_rng(seed).standard_normal((count, 8))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_in_step() -> None:
    rows = embeddings()
    score = sync_score(rows, rows)
    assert (score.offset, score.distance) == (0, 0.0)
    assert score.confidence > 1.2  # unit vectors at right angles are 1.41 apart


@pytest.mark.parametrize("late", [-15, -4, 0, 1, 15])
def test_a_known_shift_with_its_sign(late: int) -> None:
    rows = embeddings(110)
    video, audio = rows[15 - late : 95 - late], rows[15:95]  # what belongs to row t of the sound is seen `late` later
    assert sync_score(video, audio).offset == late
    assert sync_score(audio, video).offset == -late


def test_values_in_closed_form() -> None:
    audio = np.array([[0.0], [1.0], [3.0], [6.0]])
    video = np.array([[1.0], [1.0], [3.0], [6.0]])
    np.testing.assert_allclose(offset_distances(video, audio, reach=1), [(0 + 2 + 3) / 3, 0.25, (1 + 2 + 3) / 3])
    assert sync_score(video, audio, reach=1) == SyncScore(0, pytest.approx(5 / 3 - 0.25), 0.25)
    pairs = pair_distances(video, audio, reach=1)
    np.testing.assert_array_equal(pairs, [[0, 1, np.nan], [2, 0, 1], [3, 0, 2], [np.nan, 0, 3]])


def test_constant_embeddings_give_no_confidence() -> None:
    still = np.repeat(embeddings(1), 60, axis=0)
    score = sync_score(still, still)
    assert (score.confidence, score.distance) == (0.0, 0.0)
    other = np.repeat(embeddings(1, seed=1), 60, axis=0)
    assert sync_score(still, other).confidence == pytest.approx(0.0, abs=1e-12)
    assert sync_score(still, other).distance > 0.0


def test_confidence_falls_and_distance_grows_as_the_picture_stumbles() -> None:
    rows, rng = embeddings(200), np.random.default_rng(3)
    scores = []
    for jitter in range(5):
        places = np.arange(200) + rng.integers(-jitter, jitter + 1, 200)
        scores.append(sync_score(rows[places.clip(0, 199)], rows))
    assert all(before.confidence > after.confidence for before, after in pairwise(scores))
    assert all(before.distance < after.distance for before, after in pairwise(scores))


def test_what_reaches_beyond_the_clip_is_left_out() -> None:
    rows = embeddings(20)
    distances = offset_distances(rows, rows, reach=15)
    counted = np.abs(np.arange(-15, 16)) <= 10  # at least half of the 20 windows have a partner
    np.testing.assert_array_equal(np.isfinite(distances), counted)


def test_a_longer_sound_does_not_matter() -> None:
    rows = embeddings(100)
    assert sync_score(rows[:60], rows).offset == 0
    assert sync_score(rows[:60], rows).distance == 0.0


def test_stretches_have_offsets_of_their_own() -> None:
    rows = embeddings(160)
    audio = rows[10:150]
    video = np.concatenate([rows[10 - 3 : 80 - 3], rows[80 + 5 : 150 + 5]])
    scores = offsets_by_window(video, audio, window=46, step=1)
    assert len(scores) == len(video) - 46 + 1
    assert {one.offset for one in scores[:25]} == {3}
    assert {one.offset for one in scores[-25:]} == {-5}
    assert offsets_by_window(video, audio, window=46, step=20) == scores[::20]


def test_a_clip_shorter_than_a_stretch_is_one() -> None:
    rows = embeddings(30)
    assert offsets_by_window(rows, rows) == (sync_score(rows, rows),)


@pytest.mark.parametrize(
    ("fps", "rows"),
    [
        (25.0, [0, 1, 2, 3, 4, 5]),
        (50.0, [0, 2, 4]),
        (12.5, [0, 0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 5]),
        (30.0, [0, 1, 2, 4, 5]),
    ],
)
def test_frames_at_25_per_second(fps: float, rows: list[int]) -> None:
    assert at_25_fps(6, fps).tolist() == rows
    assert at_25_fps(0, fps).tolist() == []


def test_refuses_what_cannot_be_compared() -> None:
    rows = embeddings(10)
    for video, audio in ((rows[:0], rows), (rows, rows[:0]), (rows, rows[:, :3]), (rows[0], rows)):
        with pytest.raises(ValueError, match="need embeddings"):
            sync_score(video, audio)
    with pytest.raises(ValueError, match="reach must not be negative"):
        sync_score(rows, rows, reach=-1)
    with pytest.raises(ValueError, match="too few pairs at every offset"):
        sync_score(embeddings(40), rows[:2], reach=3)
    with pytest.raises(ValueError, match="too few pairs at every offset"):
        offsets_by_window(embeddings(40), rows[:2], reach=3)
    with pytest.raises(ValueError, match="window and step must be at least 1"):
        offsets_by_window(rows, rows, window=0)
    with pytest.raises(ValueError, match="fps must be positive"):
        at_25_fps(5, 0.0)
