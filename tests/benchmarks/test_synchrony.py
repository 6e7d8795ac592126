"""The measurement of synchrony, with a SyncNet that reads the number of a frame from picture and sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.synchrony import (
    Pair,
    embed,
    find_shifts,
    jittered_confidence,
    measure,
    score_group,
    shift_pair,
    summarise,
    table,
)

from benchmarks import synchrony
from talkinghead.data.corpus import UNSEEN_BY_SYNCNET, Corpus
from talkinghead.data.mouths import Mouth
from talkinghead.data.recording import Recording
from talkinghead.metrics.sync import at_25_fps, sync_score
from talkinghead.store import Store
from talkinghead.types import FloatArray, ImageArray, Speech


def vectors(numbers: FloatArray) -> FloatArray:
    """A unit vector for each whole number, that has nothing to do with the others'."""
    rows = np.stack([np.random.default_rng(int(number)).standard_normal(12) for number in numbers])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Knowing:
    """Frame t of a video bears the number t; second t / 25 of a sound too."""

    def embed_video(self, crops: ImageArray, fps: float) -> FloatArray:
        """By the number that the first pixel bears."""
        return vectors(crops[at_25_fps(len(crops), fps)][:-4, 0, 0])

    def embed_audio(self, speech: Speech, count: int) -> FloatArray:
        """By the number that the first sample of each frame bears."""
        numbers = np.round(speech.samples[::640] * 200)
        return vectors(np.pad(numbers, (0, max(0, count - len(numbers))))[: count - 4])


def mouth(name: str, *, late: int = 0, count: int = 90) -> Mouth:
    """A recording of 3.6 s whose picture comes late by some frames."""
    crops = (np.arange(count) - late + 50).astype(np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
    samples = (np.repeat(np.arange(count) + 50, 640) / 200).astype(np.float32)
    return Mouth(name, name, crops, 25.0, samples)


def pair(late: int = 0) -> Pair:
    return embed([mouth("a", late=late)], Knowing())[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("shift", [-5, 0, 3])
def test_a_shift_is_a_shift_of_the_picture(shift: int) -> None:
    assert sync_score(*shift_pair(pair(), shift)).offset == shift


def test_shifts_are_found_from_the_clip_s_own_offset_on() -> None:
    as_it_is, from_own = find_shifts(pair())
    assert all(as_it_is)
    assert len(as_it_is) == len(from_own) >= 11 * 3
    as_it_is, from_own = find_shifts(pair(late=-4))
    assert not any(as_it_is)
    assert all(from_own)


def test_jitter_costs_confidence() -> None:
    values = [jittered_confidence(pair(), jitter) for jitter in range(5)]
    assert values[0] == sync_score(pair().video, pair().audio).confidence
    assert all(before > after for before, after in pairwise(values))


def test_a_group_and_its_table() -> None:
    pairs = embed([mouth("a"), mouth("b", late=-3)], Knowing())  # type: ignore[arg-type]
    held = [Pair(one.name, one.video[:1].repeat(len(one.video), axis=0), one.audio) for one in pairs]
    row = score_group(pairs, held)
    assert (row["clips"], row["found"], row["found from its own"]) == (2, 0.5, 1.0)
    assert row["offsets"] == {"a": 0, "b": -3}
    assert row["still picture"] < 0.5 < row["confidence"]
    text = table(summarise({"GRID s1, test split": row, "out of step": row}))
    assert "| GRID s1, test split (2) | 50.0% | 100.0% |" in text
    assert "a: +0, b: -3" in text
    assert "| clips | in step | +-1 | +-2 | +-3 | +-4 | still picture | other sound |" in text


def test_the_whole_measurement_keeps_the_groups_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = ("EDTalk__Obama_20s", "MimicTalk__May_5s")
    rows = [
        *(("a", "", "GRID", "test"), ("a short", "", "GRID", "test")),
        *(("b", UNSEEN_BY_SYNCNET[0], "GRID", "train"), ("b short", UNSEEN_BY_SYNCNET[0], "GRID", "train")),
        *(("c", "", "HDTF", "research"), ("c short", "", "HDTF", "research")),
        *((name, "", "HDTF", "train") for name in late),
    ]
    recordings = tuple(Recording(name, who, tmp_path, dataset, split=split) for name, who, dataset, split in rows)

    def prepared(recordings: Sequence[Recording], store: Store, **how: Callable[..., Any]) -> list[Mouth]:
        one, short = recordings
        return [mouth(one.name, late=-5 * (not one.in_step)), mouth(short.name, count=40)]

    monkeypatch.setattr(Corpus, "open", lambda folder, unseen: Corpus(recordings, unseen))
    monkeypatch.setattr(synchrony, "prepare_mouths", prepared)
    result = measure(tmp_path, syncnet=Knowing())  # type: ignore[arg-type]
    assert list(result) == ["GRID s1, test split", "GRID, 5 unseen speakers", "HDTF", "out of step"]
    assert [row["clips"] for row in result.values()] == [1, 1, 1, 1]
    assert result["HDTF"]["found"] == 1.0
    assert result["HDTF"]["other sound"] is None
    assert result["out of step"]["offsets"] == {late[0]: -5}
    assert "-" in table(result)
