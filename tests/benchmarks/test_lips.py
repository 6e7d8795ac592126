"""How well lips follow voices: scores, tuning and rows, of mouths whose movements are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.intervals import median_interval
from benchmarks.lips import (
    ARABIC,
    GRID,
    HDTF,
    KNOWN,
    OPEN_CLIPS,
    OTHER,
    adjust,
    group_of,
    landmarks_of,
    score,
    summarise,
    table,
    tune,
)
from benchmarks.peer_curves import (
    OPENINGS,
    PEERS,
    PHONES_OF_VISEME,
    opening_of_phones,
    opening_of_weights,
    phones_of_ipa,
    read_opening,
)

from benchmarks import lips
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.metrics.aperture import aperture
from talkinghead.speech.arpabet import CLASSES
from talkinghead.types import FloatArray, Interval


def curve(count: int = 100, seed: int = 0) -> FloatArray:
    """An opening that wanders, (count,)."""
    rows = np.random.default_rng(seed).normal(size=count + 8)
    return np.convolve(rows, np.ones(9) / 9, mode="valid")


def take_of(opening: FloatArray, monkeypatch: pytest.MonkeyPatch, recording: Recording) -> Take:
    """A take whose tracked mouth does just that."""

    class Track:
        fps = 25.0
        landmarks = landmarks_of(opening)

        def __len__(self) -> int:
            return len(self.landmarks)

    monkeypatch.setattr(lips, "head_landmarks", lambda track: track.landmarks)
    return Take(recording, Track())  # type: ignore[arg-type]


RECORDING = Recording("a", "anna", Path("a.mp4"), "GRID")


def test_a_recordings_own_offset_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = curve()
    made = landmarks_of(np.roll(opening, 3))  # of a sound that is late by three frames
    late = type("Late", (), {"offset": 0.12, "can_be_mended": True, "name": "a"})()
    found = score(made, take_of(opening, monkeypatch, late))  # type: ignore[arg-type]
    assert found["correlation"] < 0.8
    assert found["in step"] == pytest.approx(1.0)
    assert found["width"] == 0.0
    unknown = type("Unknown", (), {"offset": None, "can_be_mended": False, "name": "a"})()
    assert set(score(made, take_of(opening, monkeypatch, unknown))) == {"clip", "correlation"}  # type: ignore[arg-type]


def test_what_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = curve()
    found = score(landmarks_of(np.append(opening, [9.0, 9.0])), take_of(opening, monkeypatch, RECORDING), width=False)
    assert found == {"clip": "a", "correlation": pytest.approx(1.0), "in step": pytest.approx(1.0)}


def test_a_row_is_moved_by_as_much_as_it_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    openings = [curve(seed=seed) for seed in range(3)]
    takes = [take_of(opening, monkeypatch, RECORDING) for opening in openings]
    late = [np.roll(opening, 2) for opening in openings]
    assert tune(late, takes) == {"late": 2, "cutoff_hz": 25.0}
    rough = [opening + np.random.default_rng(1).normal(size=len(opening)) for opening in openings]
    assert tune(rough, takes)["cutoff_hz"] < 9.0
    twice = np.repeat(np.arange(10.0), 2)  # at 50 Hz a frame of 1/25 s is two rows
    assert adjust(twice, 50.0, late=1, cutoff_hz=25.0).tolist() == [*twice[2:], 9.0, 9.0]


def test_clips_that_may_train_stand_apart() -> None:
    assert group_of(replace(RECORDING, speaker="GRID-s1", split="val")) == KNOWN
    assert group_of(RECORDING) == GRID
    assert group_of(replace(RECORDING, dataset="White House address", split="unseen")) == OPEN_CLIPS
    assert group_of(replace(RECORDING, tier="research", dataset="UK PM address")) == HDTF
    assert group_of(replace(RECORDING, tier="research", dataset="MEAD")) == OTHER
    assert group_of(replace(RECORDING, tier="research", dataset=ARABIC)) == ARABIC


def test_every_phone_has_one_viseme_and_every_viseme_an_opening() -> None:
    assert sorted(phone for phones in PHONES_OF_VISEME.values() for phone in phones) == sorted(CLASSES)
    assert set(OPENINGS) == set(PHONES_OF_VISEME)
    assert OPENINGS["PP"] < min(OPENINGS[viseme] for viseme in ("aa", "E", "O"))


def test_openings_follow_the_table() -> None:
    weights = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.5]])
    half = (OPENINGS["sil"] + OPENINGS["PP"]) / 2
    assert opening_of_weights(weights, ["aa", "PP"]) == pytest.approx([OPENINGS["sil"], OPENINGS["aa"], half])
    phones = [Interval("AA", 0.0, 0.2), Interval("M", 0.2, 0.3)]
    expected = [OPENINGS["aa"]] * 2 + [OPENINGS["PP"], OPENINGS["sil"]]
    assert opening_of_phones(phones, 10.0, 4).tolist() == expected


def test_ipa_becomes_phones() -> None:
    found = phones_of_ipa([("t͡ʃ", 0.0, 0.1), ("ts", 0.1, 0.3), ("ˈ", 0.3, 0.4), ("n", 0.4, 2.0)])
    assert [(phone.label, round(phone.start, 3), round(phone.end, 3)) for phone in found] == [
        ("CH", 0.0, 0.1),
        ("T", 0.1, 0.2),
        ("S", 0.2, 0.3),
        ("N", 0.4, 0.6),
    ]


def test_files_of_packages_are_read_at_any_rate(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"rate": 60, "visemes": ["aa"], "weights": [[0.0], [1.0]] * 30}))
    (tmp_path / "b.json").write_text(json.dumps({"phones": [["ɑ", 0.3, 0.5]]}))
    assert read_opening(tmp_path / "a.json", 30.0, 30) == pytest.approx([OPENINGS["sil"]] * 30)
    found = read_opening(tmp_path / "b.json", 25.0, 25)
    assert found[8:12] == pytest.approx([OPENINGS["aa"]] * 4)
    assert np.delete(found, range(7, 14)) == pytest.approx([OPENINGS["sil"]] * 18)


def test_a_mouth_that_only_opens() -> None:
    assert aperture(landmarks_of(curve())) == pytest.approx(curve())


def result() -> dict[str, Any]:
    """What ``measure`` gives without files of packages: two methods' worth of clips."""
    scores = [{"clip": str(n), "correlation": n / 10, "in step": n / 10, "width": 0.5} for n in range(5)]
    simple = [{"clip": "0", "correlation": 0.2}]
    settings = {"energy-driven jaw": {"late": 1, "cutoff_hz": 4.0}}
    return {"settings": settings, "clips": {KNOWN: {"makeittalk": scores, "energy-driven jaw": simple}}}


def test_rows_of_packages_stay_where_their_files_are_not_there(tmp_path: Path) -> None:
    last, row = tmp_path / "lips.json", {"correlation": median_interval([0.1, 0.2]), "in step": median_interval([0.3])}
    before = {
        "settings": {"hama": {"late": 0, "cutoff_hz": 6.0}},
        "groups": {KNOWN: {"hama": row}, GRID: {"hama": row}},
    }
    last.write_text(json.dumps({"result": before}))
    found = summarise(result(), last)
    assert found["groups"][KNOWN]["hama"] == row
    assert found["groups"][KNOWN]["makeittalk"]["in step"]["median"][0] == pytest.approx(0.2)
    assert found["settings"]["hama"] == {"late": 0, "cutoff_hz": 6.0}
    assert list(found["groups"]) == [KNOWN]
    assert "hama" not in summarise(result(), tmp_path / "none.json")["groups"][KNOWN]


def test_the_page_has_a_table_for_each_measure(tmp_path: Path) -> None:
    page = table(summarise(result(), tmp_path / "none.json"))
    opening, in_step, width = page.split("## ")[1:4]
    assert f"| lips by | {KNOWN} (5) |" in opening
    assert "| **makeittalk** | 0.20 (" in opening
    assert "| energy-driven jaw | 0.20 (0.20 to 0.20), 1 clips |" in opening
    assert "| energy-driven jaw | - |" not in in_step
    assert "| **makeittalk** | 0.50 (0.50 to 0.50) |" in width
    assert "- energy-driven jaw: taken to be 0.04 s late, smoothed by a low-pass of 4 Hz" in page
    assert all(peer in page for peer in PEERS)
