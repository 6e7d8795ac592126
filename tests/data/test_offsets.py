"""Offsets of sound and picture: known ones are found, told apart from guesses, and read back by recordings."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import recording as table
from talkinghead.data.corpus import Corpus
from talkinghead.data.offsets import (
    FPS,
    REACH,
    Clip,
    MovementModel,
    Offset,
    correlations,
    estimate_offsets,
    mouth_movements,
    shift,
    write_offsets,
)
from talkinghead.data.recording import Recording
from talkinghead.face.landmarks import canonical_face
from talkinghead.types import FaceTrack

MIXING = np.random.default_rng(7).standard_normal((3, 120))


def clip(name, count, *, late=0, seed=0, noise=0.3, speaker="somebody"):
    """A clip whose features are a mixture of its movements and noise, with the sound late by some frames."""
    random = np.random.default_rng(seed)
    movements = np.stack(
        [np.convolve(random.standard_normal(count + 80), np.hanning(5), "same") for _ in range(3)], axis=1
    )
    heard = movements @ MIXING + noise * random.standard_normal((count + 80, 120))
    return Clip(name, speaker, speaker, heard[40 - late : 40 - late + count], movements[40 : 40 + count])


@pytest.fixture(scope="module")
def model():
    """Learned from clips in step."""
    return MovementModel([clip(str(seed), 200, seed=seed) for seed in range(100, 110)])


def test_rows_that_belong_together():
    sound, picture = np.arange(5), np.arange(10, 15)
    for offset, first, second in (
        (2, [2, 3, 4], [10, 11, 12]),
        (-1, [0, 1, 2, 3], [11, 12, 13, 14]),
        (0, sound, picture),
    ):
        found = shift(sound, picture, offset)
        np.testing.assert_array_equal(found[0], first)
        np.testing.assert_array_equal(found[1], second)


@pytest.mark.parametrize("late", [-8, -3, 0, 1, 6, 8])
def test_a_known_offset_is_found(model, late):
    (found,) = estimate_offsets([clip("one", 150, late=late)], model)
    assert (found.name, found.frames, found.shared, found.seconds) == ("one", late, late, 6.0)
    assert found.correlation > 0.9
    assert found.confidence > 0.5


def test_movements_are_predicted(model):
    unseen = clip("unseen", 200, seed=5)
    predicted = model.predict(unseen.features)
    assert np.corrcoef(predicted[:, 0], unseen.movements[:, 0])[0, 1] > 0.95


def test_what_tells_nothing_is_not_sure(model):
    random = np.random.default_rng(3)
    mute = [replace(clip(str(seed), 100, seed=seed), features=random.standard_normal((100, 120))) for seed in range(8)]
    for found in estimate_offsets(mute, model):
        assert found.confidence < 0.3
    assert correlations(np.zeros((100, 3)), np.zeros((100, 3))).tolist() == [0.0] * (2 * REACH + 1)
    assert correlations(np.ones((17, 3)), np.ones((17, 3))).tolist() == [0.0] * (2 * REACH + 1)


def test_short_clips_of_a_speaker_are_estimated_together(model):
    short = [clip(str(seed), 30, late=2, seed=seed, noise=20.0, speaker="anna") for seed in range(40)]
    other = clip("other", 150, late=-4, speaker="ben")
    *found, last = estimate_offsets([*short, other], model)
    assert {one.shared for one in found} == {2}
    assert len({one.frames for one in found}) > 1
    assert (last.frames, last.shared) == (-4, -4)


def test_without_clips_there_is_no_model():
    with pytest.raises(ValueError, match="no clip"):
        MovementModel([])


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_movements_are_at_25_frames_per_second(fps):
    """The chin falls and rises twice in two seconds."""
    count = round(2 * fps)
    mesh = np.repeat(canonical_face()[0][None] * 60 + 200, count, axis=0)
    wave = np.sin(2 * np.pi * np.arange(count) / fps)
    mesh[:, 152, 1] += 5 * wave  # the chin
    still, one = np.zeros((count, 3)), np.ones(count)
    track = FaceTrack(mesh, still, still + 200, 60 * one, 0 * one, one > 0, fps)
    jaw = mouth_movements(track)[:, 2]
    assert len(jaw) == 50
    np.testing.assert_allclose(jaw[5:-5], np.sqrt(2) * np.sin(2 * np.pi * np.arange(50) / FPS)[5:-5], atol=0.1)


ROWS = (
    Offset("long", "anna", 20.0, 6, 0.6, 0.4, 5, 0.3),
    Offset("short", "anna", 1.2, -7, 0.6, 0.4, 2, 0.3),
    Offset("guess", "ben", 20.0, 3, 0.6, 0.1, 1, 0.2),
    Offset("unknown", "carl", 20.0, 4, 0.3, 0.1, 4, 0.1),
)


@pytest.fixture
def offsets_file(tmp_path, monkeypatch):
    """A table of offsets in place of the one that ships."""
    write_offsets(ROWS, tmp_path / "offsets.csv")
    monkeypatch.setattr(table, "OFFSETS_FILE", tmp_path / "offsets.csv")
    table._offsets.cache_clear()
    yield tmp_path / "offsets.csv"
    table._offsets.cache_clear()


@pytest.mark.usefixtures("offsets_file")
def test_recordings_know_their_offsets():
    offsets = {"long": 0.24, "short": 0.08, "guess": 0.04, "unknown": None, "somebody's own": 0.0}
    recordings = {name: Recording(name, "who", Path(f"{name}.mp4"), "lab") for name in offsets}
    assert {name: one.offset for name, one in recordings.items()} == pytest.approx(offsets)
    assert [name for name, one in recordings.items() if one.in_step] == ["guess", "somebody's own"]
    assert [name for name, one in recordings.items() if not one.can_be_mended] == ["unknown"]
    assert not replace(recordings["long"], silent=True).can_be_mended
    assert replace(recordings["long"], dataset="GRID").in_step  # it sets the convention
    assert not replace(recordings["guess"], silent=True).in_step


def test_the_table_is_sorted_by_name(offsets_file):
    with offsets_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["guess", "long", "short", "unknown"]
    assert rows[1] == {
        "name": "long", "speaker": "anna", "seconds": "20.00", "frames": "6", "correlation": "0.60",
        "confidence": "0.40", "shared": "5", "shared_confidence": "0.30",
    }  # fmt: skip


@pytest.mark.corpus
def test_the_table_has_all_recordings_of_the_shared_corpus(corpus):
    names = {one.name for one in Corpus.open(corpus / "clips", unseen=()).recordings()}
    assert names <= set(table._offsets())
    found = {one.name: one.offset for one in Corpus.open(corpus / "clips", unseen=()).recordings()}
    assert found["EDTalk__Obama_20s"] == pytest.approx(0.24)
    assert found["styletalk__reagan_clip1"] == 0.0
