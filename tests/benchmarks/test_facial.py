"""The page of FACIAL: who is held out, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.facial_frames import FULL as DRAWN
from benchmarks.facial_motion import FULL
from benchmarks.facial_people import ANYBODY, OWN, REAL, find_people

from benchmarks import facial, facial_people
from talkinghead.data.recording import Recording

ROWS = (REAL, OWN, ANYBODY, "makeittalk")
BLINKS = {"rate": 0.4, "length": 0.17, "count": 24, "seconds": 60.0}


def clip(distance: float) -> dict[str, float]:
    return {"lmd": distance, "lmd-128": distance, "cpbd": 0.5, "sync-offset": -distance, "sync-confidence": 0.2}


def test_the_page() -> None:
    rows = {row: [clip(distance * number) for distance in (2.0, 2.1, 2.2)] for number, row in enumerate(ROWS)}
    spoken = {"opening": 0.9, "lips, % of eye distance": 2.0, "head spectrum, dB": 5.0, "head range, of the real": 0.9}
    blinked = {**spoken, "blinks told": 0.7}
    drawn = {"PSNR of the head, dB": 30.0, "SSIM of the head": 0.9, "CPBD": 0.5, "closure": 0.9}
    told = {"real": 0.9, "the person's weights": 0.8, "weights for anybody": 0.33}
    result = {
        "people": {"GRID-s1": "123 s"},
        "table 1": {"GRID-s1": rows},
        "habits": {
            "sentences": 49,
            "blinks": {"GRID-s1": dict.fromkeys((*told, "real, learned from", "real, held back"), BLINKS)},
            "told": {"pose": told, "blinks": told},
        },
        "ablations": {
            "rows": {FULL: [blinked, spoken], "learned apart": [{**blinked, "opening": 0.5}, spoken]},
            "command": "talkinghead train facial attributes --steps 400 --config small",
            "data": "recordings of GRID-s1 (41)",
        },
        "frames": {
            "speaker": "GRID-s1",
            "rows": {DRAWN: [drawn] * 2, "warp": [drawn] * 2, "real": [{"CPBD": 0.6}] * 2},
        },
        "cost": {
            "name": "s1",
            "cores": 2,
            "load": 1.0,
            "threads": 2,
            "rates": {"motion, seconds of speech": [90.0, 55.0]},
        },
        "pictures": {"speaker": "GRID-s1"},
        "long": {
            "rounds": 4,
            "minutes": 9.8,
            "windows": 184,
            "groups": {"pose": {"median step": 1.02, "rare step": 0.8, "drift": 0.01, "variation": 1.0}},
        },
        "memory": {"fps": 5.0, "width": 360, "height": 288, "peaks": {"10": {"resident": 700.0}}},
    }
    text = facial.page(facial.summarise(result))
    assert (
        "| makeittalk | 6.30 (6.00 to 6.60) * | 6.30 (6.00 to 6.60) * | 0.500 (0.500 to 0.500) | -7 | 1.00 | 1.00 |"
        in text
    )
    assert f"| GRID-s1 |{' 0.40, 0.17 s (24 in 60 s) |' * 4}" in text
    assert "400 steps, on recordings of GRID-s1 (41)" in text
    assert "| motion, seconds of speech | 55 | 90 |" in text
    assert "| 10 | 700 | - |" in text
    assert "| pose | 1.02 | 0.80 | 0.010 | 1.000 |" in text


def test_what_nobody_learned_from_is_held_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = [
        Recording(name, speaker, tmp_path / f"{name}.mp4", "GRID", split=split)
        for name, speaker, split in (
            ("a", "s1", "train"),
            ("b", "s1", "test"),
            ("c", "s1", "test"),
            ("d", "s4", "test"),
        )
    ]
    table = SimpleNamespace(
        recordings=lambda speakers=None: [one for one in own if speakers is None or one.speaker in speakers]
    )
    (tmp_path / "s1").mkdir()
    (tmp_path / "s1" / "person.json").touch()
    record = SimpleNamespace(videos=[SimpleNamespace(digest="a")], minutes=None)
    person = SimpleNamespace(
        record=record, videos=lambda: [own[0].video], portrait=lambda: SimpleNamespace(size=(360, 288))
    )
    sizes = {"a": (360, 288), "b": (360, 288), "c": (720, 576)}
    monkeypatch.setattr(facial_people, "Corpus", SimpleNamespace(open=lambda folder: table))
    monkeypatch.setattr(facial_people, "open_person", lambda folder: person)
    monkeypatch.setattr(facial_people, "file_digest", lambda path: path.stem)
    monkeypatch.setattr(
        facial_people, "VideoReader", lambda path: SimpleNamespace(size=sizes[path.stem], duration=20.0)
    )
    [one] = find_people(tmp_path, tmp_path)
    assert [recording.name for recording in one.held_out] == ["b"]
    record.minutes = 0.25
    [one] = find_people(tmp_path, tmp_path)
    assert one.held_out == (replace(own[0], part=(0.75, 1.0)),)
    assert np.isclose(one.held_out[0].part[0], 0.75)
