"""Labelled speech to disk and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import packs
from talkinghead.data.packs import load_pack, pack, prepare, save_pack
from talkinghead.data.spoken import Spoken
from talkinghead.errors import InputError
from talkinghead.speech.arpabet import CLASSES
from talkinghead.types import Interval


def items() -> list[Spoken]:
    """Two pieces of 0.1 and 0.055 s."""
    samples = np.linspace(-1, 1, 1600, dtype=np.float32)
    first = (Interval("sil", 0.0, 0.05), Interval("M", 0.05, 0.1))
    second = (Interval("AA", 0.0, 880 / 16000),)
    return [Spoken(samples, first, "one", "here"), Spoken(samples[:880], second, "two", "there", 0.5)]


def test_a_pack_goes_to_disk_and_back(tmp_path: Path) -> None:
    save_pack(pack(items()), tmp_path / "new" / "a.npz")
    loaded = load_pack(tmp_path / "new" / "a.npz")
    assert len(loaded) == 2
    for index, item in enumerate(items()):
        np.testing.assert_allclose(loaded.samples_of(index), item.samples, atol=0.51 / 32767)
    assert [CLASSES[label] for label in loaded.labels_of(0)] == ["sil"] * 5 + ["M"] * 5
    assert [CLASSES[label] for label in loaded.labels_of(1)] == ["AA"] * 6
    assert loaded.speakers.tolist() == ["one", "two"]
    assert loaded.sources.tolist() == ["here", "there"]
    assert loaded.weights.tolist() == [1.0, 0.5]
    assert loaded.hours() == pytest.approx({"here": 0.1 / 3600, "there": 0.055 / 3600})
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["a.npz"]


def test_an_empty_pack(tmp_path: Path) -> None:
    save_pack(pack([]), tmp_path / "a.npz")
    assert len(load_pack(tmp_path / "a.npz")) == 0


def test_what_is_no_pack_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", samples=np.zeros(3))
    (tmp_path / "broken.npz").write_bytes(b"PK")
    for name in ("other.npz", "broken.npz", "missing.npz"):
        with pytest.raises(InputError, match=f"{name} is damaged or not a pack of labelled speech"):
            load_pack(tmp_path / name)


def test_labels_beyond_the_classes_are_refused(tmp_path: Path) -> None:
    made = pack(items())
    made.labels[0] = len(CLASSES)
    save_pack(made, tmp_path / "a.npz")
    with pytest.raises(InputError, match="labels beyond the 40 classes"):
        load_pack(tmp_path / "a.npz")


def test_packs_are_made_once_and_damaged_ones_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[object] = []

    def real(corpus: Path, split: str, *, cache: Path) -> list[Spoken]:
        made.append(split)
        return items()

    def voices(hours: float, *, seed: int, sentences: tuple[str, ...]) -> list[Spoken]:
        made.append((hours, seed, sentences))
        return items()

    monkeypatch.setattr(packs, "load_spoken", real)
    monkeypatch.setattr(packs, "synthesise", voices)
    first = list(prepare(tmp_path / "corpus", tmp_path / "cache", hours=0.5, seed=3))
    assert first == list(prepare(tmp_path / "corpus", tmp_path / "cache", hours=0.5, seed=3))
    assert [path.name for path in first] == ["heldout.npz", "synthesised.npz", "real.npz"]
    assert made == ["held-out", (0.5, 3, ()), "train"]
    content = first[2].read_bytes()
    first[2].write_bytes(content[: len(content) // 2])
    first[0].write_text("no pack")
    assert first == list(prepare(tmp_path / "corpus", tmp_path / "cache", hours=0.5, seed=3))
    assert made[3:] == ["held-out", "train"]
    assert first[2].read_bytes() == content
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"{path} is damaged and is made again." for path in (first[0], first[2])]


def test_gaps_and_foreign_labels_are_refused() -> None:
    samples = np.zeros(1600, np.float32)
    gap = (Interval("sil", 0.0, 0.04), Interval("M", 0.05, 0.1))
    for phones in ((), gap, (Interval("sil", 0.0, 0.2),), (Interval("M", 0.01, 0.1),)):
        with pytest.raises(ValueError, match="without gaps"):
            Spoken(samples, phones, "one", "here")
    with pytest.raises(ValueError, match=r"of the 40 classes, got \['ax'\]"):
        Spoken(samples, (Interval("ax", 0.0, 0.1),), "one", "here")
