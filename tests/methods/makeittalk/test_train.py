"""What the trainings are fed, and a whole one in miniature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import speech_like
from kept import keep_track
from plans import plan
from talkinghead.data.grid import Clip
from talkinghead.face.landmarks import LEFT_EYE, MESH_OF_68, RIGHT_EYE, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods.makeittalk import train_content as train_content_module
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.train_content import (
    ContentBatches,
    Sentence,
    lip_contacts,
    read_sentences,
    score,
    train_content,
    unseen_phones,
)
from talkinghead.speech.arpabet import PHONES
from talkinghead.training.augmentation.phones import TEMPO_MARGIN
from talkinghead.types import FloatArray, Interval, Speech
from talkinghead.weights import load_weights

TINY = CONFIGS["tiny"]


def talking(count: int = 60, *, openness: FloatArray | None = None) -> FloatArray:
    """(T, 478, 3) px of the mean face; the lower lip goes up and down."""
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    path = 0.1 * (1 - np.cos(np.arange(count) / 3)) if openness is None else openness
    shape[:, MESH_OF_68[[56, 57, 58, 65, 66, 67]], 1] += path[:, None]
    still = np.zeros((count, 3))
    return camera_from_head(shape, still, still + 100.0, np.full(count, 60.0))


def sentence(count: int = 50) -> Sentence:
    """Features whose first band is the time in seconds; landmarks whose chin's depth is the time, too."""
    seconds = np.arange(round(count / 25 * 62.5)) / 62.5
    features = np.zeros((1, len(seconds), 39), np.float32)
    features[0, :, 0] = seconds
    landmarks = np.repeat(canonical_face()[0][MESH_OF_68][None], count, axis=0)
    landmarks[:, 8, 2] = np.arange(count) / 25
    return Sentence(features, landmarks, 25.0, np.zeros(len(seconds), np.int64))


def test_windows_go_with_the_landmarks_of_their_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    module = train_content_module
    monkeypatch.setattr(
        module, "augment_tempo", lambda windows, lead, generator, **_: windows[:, TEMPO_MARGIN:-TEMPO_MARGIN]
    )
    monkeypatch.setattr(module, "augment_phones", lambda windows, strange, generator, **_: windows)
    monkeypatch.setattr(module, "augment_faces", lambda rest, generator, **_: (rest, torch.ones(len(rest), 1, 3)))
    batches = ContentBatches([sentence(), sentence(40)], TINY.content, size=64)
    batch = batches(3)
    assert batch["windows"].shape == (64, 18, 39)
    assert batch["static"].shape == batch["target"].shape == (64, 68, 3)
    heard, shown = batch["windows"][:, TINY.content.lead, 0], batch["target"][:, 8, 2]
    torch.testing.assert_close(heard, shown, atol=1e-4, rtol=0)
    assert float(shown.max()) > 1.2
    assert float(shown.min()) < 0.4


def test_batches_are_functions_of_the_step() -> None:
    batches = ContentBatches([sentence()], TINY.content, size=16)
    first, again, other = batches(5), batches(5), batches(6)
    for name, value in first.items():
        assert torch.equal(value, again[name])
    assert not torch.equal(first["windows"], other["windows"])


def test_blinks_are_none_of_the_content_branchs_business() -> None:
    talk = sentence()
    talk.landmarks[:, [37, 38, 43, 44], 1] += 0.05 * np.sin(np.arange(50))[:, None]
    batch = ContentBatches([talk], TINY.content, size=16)(0)
    for eye in (LEFT_EYE, RIGHT_EYE):
        assert torch.equal(batch["static"][:, eye], batch["target"][:, eye])


def test_static_faces_have_their_mouth_closed() -> None:
    talk = sentence()
    talk.landmarks[:, [65, 66, 67], 1] += 0.2
    batch = ContentBatches([talk], TINY.content, size=64)(0)
    assert np.abs(lip_gap(batch["static"].numpy())).max() < 0.1
    assert lip_gap(batch["target"].numpy()).min() > 0.1


class Still(SpeechContentAnimation):
    """A content branch that leaves the face as it is."""

    def forward(self, windows: torch.Tensor, static: torch.Tensor) -> torch.Tensor:
        return static


def test_score_of_a_mouth_that_does_not_move() -> None:
    talk = sentence()
    landmarks = np.repeat(closed_mouth(talk.landmarks[0])[None], 50, axis=0)
    landmarks[:, [65, 66, 67], 1] += 0.1 * (np.arange(50) % 2)[:, None]
    scores = score(Still(TINY.content), [replace(talk, landmarks=landmarks)])
    width = np.linalg.norm(landmarks[0, 54, :2] - landmarks[0, 48, :2])
    # Three of 37 points are off by 0.1 in every second frame, and move by 0.1 from frame to frame.
    assert scores["D-LL"] == pytest.approx(3 / 37 * 0.05 / width, abs=2e-3)
    assert scores["D-VL"] == pytest.approx(3 / 37 * 0.1 / width, abs=2e-3)
    assert 0.2 < scores["D-A"] < 0.8
    assert scores["correlation"] == 0.0


def write_corpus(root: Path, cache: Path) -> Path:
    """A corpus of three clips whose tracks are known; their sound is made up."""
    grid = root / "grid_s1"
    (grid / "align").mkdir(parents=True)
    for number, code in enumerate(("aaaa", "bbbb", "cccc")):
        (grid / "align" / f"{code}.align").write_text("0 12500 sil\n12500 50000 pea\n")
        openness = 0.1 * (1 - np.cos(np.arange(50) / (3 + number)))
        keep_track(grid / "video" / f"{code}.mp4", talking(50, openness=openness), cache)
    (grid / "splits.json").write_text(json.dumps({"train": ["aaaa", "bbbb"], "val": ["cccc"], "test": []}))
    return root


def made_up_speech(clip: Clip) -> Speech:
    return Speech(speech_like(2.0, seed=ord(clip.code[0])), 16_000)


def known_speech(speech: Speech, transcript: str) -> Speech:
    assert transcript == "pea"
    return replace(speech, phones=(Interval("sil", 0.0, 0.5), Interval("P", 0.5, 0.9), Interval("IY", 0.9, 2.0)))


WORDS = (Interval("sil", 0.0, 0.5), Interval("pea", 0.5, 2.0))


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clip, "speech", made_up_speech)
    monkeypatch.setattr(train_content_module, "align", known_speech)


@pytest.mark.usefixtures("made_up")
def test_read_sentences(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", tmp_path / "cache")
    clips = tuple(Clip(code, corpus / "grid_s1" / "video" / f"{code}.mp4", WORDS) for code in ("aaaa", "bbbb"))
    sentences = read_sentences(clips, tmp_path / "cache", TINY.content, versions=3)
    assert [len(s.landmarks) for s in sentences] == [50, 50]
    assert sentences[0].features.shape == (3, 125, 39)
    assert sentences[0].fps == 25.0
    assert 0.15 < np.ptp(lip_gap(sentences[0].landmarks)) < 0.25
    # The second version is what the alignment says: P is one of the 39, silence is none.
    aligned = sentences[0].features[1]
    assert aligned[44, PHONES.index("P")] == pytest.approx(1.0)
    assert aligned[:28].sum() == pytest.approx(0.0)
    assert (sentences[0].contacts[37:46] == 1).all()
    assert (sentences[0].contacts[60:] == 0).all()
    again = read_sentences(clips, tmp_path / "cache", TINY.content, versions=3)
    np.testing.assert_array_equal(again[1].features, sentences[1].features)


def test_lips_touch_in_the_middle_of_closures() -> None:
    phones = (Interval("AA", 0.0, 0.2), Interval("B", 0.2, 0.3), Interval("F", 0.3, 0.4), Interval("M", 0.4, 0.401))
    contacts = lip_contacts(phones, 50, 100.0)
    assert (contacts[:20] == 0).all()
    assert (contacts[20:25] == 1).all()
    assert (contacts[33:37] == 2).all()
    assert contacts[38] == 1  # however short
    assert (contacts[40:] == 0).all()


def test_phones_that_the_sentences_lack_have_look_alikes() -> None:
    talk = sentence()
    features = np.zeros_like(talk.features)
    features[0, :, [PHONES.index(phone) for phone in PHONES if phone not in ("SH", "P")]] = 0.02
    pairs = {(PHONES[strange], PHONES[known]) for strange, known in unseen_phones([replace(talk, features=features)])}
    assert pairs == {("SH", "CH"), ("SH", "JH"), ("SH", "ZH"), ("P", "B"), ("P", "M")}


@pytest.mark.usefixtures("made_up")
def test_a_whole_training_of_the_content_branch(tmp_path: Path) -> None:
    out = tmp_path / "out"
    corpus = write_corpus(tmp_path / "corpus", out / "tracks")
    train_content(plan("makeittalk", "content", corpus, out, steps=3))
    card = json.loads((out / "content.json").read_text(encoding="utf-8"))
    assert card["config"]["lstm_size"] == 16
    assert {"data", "data_licence", "command", "scores", "parameters", "commit"} <= set(card)
    assert card["command"].endswith("--steps 3 --batch 4")
    assert {"D-LL", "D-VL", "D-A", "correlation"} <= set(card["scores"])
    network = SpeechContentAnimation(TINY.content)
    load_weights(network, out / "content.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())
    # Asked again it is finished, and says the same.
    train_content(plan("makeittalk", "content", corpus, out, steps=3))
    assert json.loads((out / "content.json").read_text(encoding="utf-8"))["scores"] == card["scores"]
