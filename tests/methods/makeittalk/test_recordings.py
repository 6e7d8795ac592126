"""Performances: features and motion of recordings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like
from kept import keep_track
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.face.rest import lip_gap
from talkinghead.methods.makeittalk import recordings as module
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.recordings import lip_contacts, read_performances
from talkinghead.speech.arpabet import PHONES
from talkinghead.store import Store
from talkinghead.types import FloatArray, Interval, Speech

TINY = CONFIGS["tiny"]


def talking(count: int = 60, *, openness: FloatArray | None = None) -> FloatArray:
    """(T, 478, 3) px of the mean face; the lower lip goes up and down."""
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    path = 0.1 * (1 - np.cos(np.arange(count) / 3)) if openness is None else openness
    shape[:, MESH_OF_68[[56, 57, 58, 65, 66, 67]], 1] += path[:, None]
    still = np.zeros((count, 3))
    return camera_from_head(shape, still, still + 100.0, np.full(count, 60.0))


def write_corpus(root: Path, store: Path) -> Corpus:
    """A corpus of three clips whose tracks are known; their sound is made up."""
    grid = root / "grid_s1"
    (grid / "align").mkdir(parents=True)
    for number, code in enumerate(("aaaa", "bbbb", "cccc")):
        (grid / "align" / f"{code}.align").write_text("0 12500 sil\n12500 50000 pea\n")
        openness = 0.1 * (1 - np.cos(np.arange(50) / (3 + number)))
        keep_track(grid / "video" / f"{code}.mp4", talking(50, openness=openness), store)
    (grid / "splits.json").write_text(json.dumps({"train": ["aaaa", "bbbb"], "val": ["cccc"], "test": []}))
    return Corpus.open(root)


def made_up_speech(recording: Recording) -> Speech:
    return Speech(speech_like(2.0, seed=ord(recording.name[0])), 16_000)


def known_speech(speech: Speech, transcript: str) -> Speech:
    assert transcript == "pea"
    return replace(speech, phones=(Interval("sil", 0.0, 0.5), Interval("P", 0.5, 0.9), Interval("IY", 0.9, 2.0)))


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recording, "speech", made_up_speech)
    monkeypatch.setattr(module, "align", known_speech)
    monkeypatch.setattr(module, "speaker_embedding", lambda samples, name: np.full(256, 1 / 16))


@pytest.mark.usefixtures("made_up")
def test_features_and_motion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, store = write_corpus(tmp_path / "corpus", tmp_path / "store"), Store(tmp_path / "store")
    found = corpus.recordings("train")
    first, second = read_performances(found, TINY.content, store, versions=3)
    assert (len(first), first.fps, first.speaker, first.name) == (50, 25.0, "GRID-s1", "aaaa")
    assert first.features.shape == (3, 125, 39)
    assert 0.15 < np.ptp(lip_gap(first.landmarks)) < 0.25
    # The second version is what the alignment says: P is one of the 39, silence is none.
    aligned = first.features[1]
    assert aligned[44, PHONES.index("P")] == pytest.approx(1.0)
    assert aligned[:28].sum() == pytest.approx(0.0)
    assert (first.contacts[37:46] == 1).all()
    assert (first.contacts[60:] == 0).all()
    monkeypatch.setattr(module, "speech_features", lambda *_, **__: pytest.fail("is kept"))
    _, again = read_performances(found, TINY.content, store, versions=3)
    np.testing.assert_array_equal(again.features, second.features)


@pytest.mark.usefixtures("made_up")
def test_other_features_are_kept_apart(tmp_path: Path) -> None:
    corpus, store = write_corpus(tmp_path / "corpus", tmp_path / "store"), Store(tmp_path / "store")
    sizes = replace(TINY.content, features="log-mel", num_features=80)
    for config in (TINY.content, sizes):
        (one,) = read_performances(corpus.recordings("val"), config, store)
        assert one.features.shape == (1, 125, config.num_features)


@pytest.mark.usefixtures("made_up")
def test_a_row_for_each_speech_frame(tmp_path: Path) -> None:
    corpus, store = write_corpus(tmp_path / "corpus", tmp_path / "store"), Store(tmp_path / "store")
    (one,) = read_performances(corpus.recordings("val"), TINY.content, store)
    rows = one.at_rate(62.5)
    count = int(49 / 25 * 62.5) + 1
    assert len(rows) == count
    assert rows.features.shape[1] == len(rows.contacts) == len(rows.rotation) == len(rows.translation) == count
    np.testing.assert_allclose(rows.landmarks[::5], one.landmarks[:50:2], atol=1e-5)


@pytest.mark.usefixtures("made_up")
def test_of_a_part_there_is_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landmarks = talking(300)  # 12 s
    landmarks[:, :, 0] += np.arange(300)[:, None]  # goes to the right by a pixel a frame
    store, video = Store(tmp_path / "store"), tmp_path / "clip.mp4"
    keep_track(video, landmarks, tmp_path / "store")
    taken: list[FloatArray] = []
    monkeypatch.setattr(Recording, "speech", lambda _: Speech(np.arange(192_000) / 192_000.0, 16_000))
    monkeypatch.setattr(
        module, "speaker_embedding", lambda samples, name: taken.append(samples[[0, -1]]) or samples[:256]
    )
    features = np.zeros((1000, 39), np.float32)
    monkeypatch.setattr(module, "speech_features", lambda speech, *_, **__: features[: round(speech.duration * 62.5)])
    table = Corpus((Recording("clip", "one", video, "lab", seconds=12.0),)).split_everybody()
    for split, (start, end) in {"train": (0.0, 8.0), "val": (8.0, 12.0)}.items():
        (one,) = read_performances(table.recordings(split), TINY.content, store)
        person = one.at_rate(62.5)
        assert len(person) == int((end - start - 1 / 25) * 62.5) + 1
        np.testing.assert_allclose(12 * taken[-1], [start, end], atol=1e-3)
        # A pixel a frame is 25 a second, and the eye distance is 60; it is counted from some frame of the part.
        speed = np.diff(person.translation[10:-10], axis=0).mean(axis=0) * 62.5
        np.testing.assert_allclose(speed, [25 / 60, 0.0, 0.0], atol=0.01)
        assert np.abs(person.translation[:, 0]).min() < 0.01
        np.testing.assert_allclose(person.rotation, 0.0, atol=1e-3)


def test_lips_touch_in_the_middle_of_closures() -> None:
    phones = (Interval("AA", 0.0, 0.2), Interval("B", 0.2, 0.3), Interval("F", 0.3, 0.4), Interval("M", 0.4, 0.401))
    contacts = lip_contacts(phones, 50, 100.0)
    assert (contacts[:20] == 0).all()
    assert (contacts[20:25] == 1).all()
    assert (contacts[33:37] == 2).all()
    assert contacts[38] == 1  # however short
    assert (contacts[40:] == 0).all()
