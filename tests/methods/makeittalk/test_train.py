"""What the trainings are fed, and a whole one in miniature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from plans import plan
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.face.landmarks import LEFT_EYE, MESH_OF_68, RIGHT_EYE, canonical_face
from talkinghead.face.rest import LOWER_INNER, closed_mouth, lip_gap
from talkinghead.methods.makeittalk import content_scores
from talkinghead.methods.makeittalk import train_content as train_content_module
from talkinghead.methods.makeittalk.config import CONFIGS, ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.content_scores import measure_reach, score
from talkinghead.methods.makeittalk.recordings import Performance
from talkinghead.methods.makeittalk.train_content import ContentBatches, train_content, unseen_phones
from talkinghead.speech.arpabet import PHONES
from talkinghead.training.augmentation.phones import TEMPO_MARGIN
from talkinghead.weights import load_weights, save_weights

TINY = CONFIGS["tiny"]


def sentence(count: int = 50) -> Performance:
    """Features whose first band is the time in seconds; landmarks whose chin's depth is the time, too."""
    seconds = np.arange(round(count / 25 * 62.5)) / 62.5
    features = np.zeros((1, len(seconds), 39), np.float32)
    features[0, :, 0] = seconds
    landmarks = np.repeat(canonical_face()[0][MESH_OF_68][None], count, axis=0)
    landmarks[:, 8, 2] = np.arange(count) / 25
    still = np.zeros((count, 3))
    contacts, voice = np.zeros(len(seconds), np.int64), np.zeros(256)
    return Performance("A", "a", features, contacts, voice, 25.0, landmarks[0], landmarks, still, still)


def test_the_reach_is_what_lips_of_others_lack_in_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    def speaking(speaker: str, wide: float, high: float) -> Performance:
        landmarks = np.repeat(sentence().landmarks[:1], 50, axis=0)
        landmarks[:, 54, 0] += wide * np.linspace(0, 0.01, 50)
        landmarks[:, LOWER_INNER, 1] += high * np.linspace(0, 0.01, 50)[:, None]
        return replace(sentence(), speaker=speaker, landmarks=landmarks)

    monkeypatch.setattr(content_scores, "_predict", lambda *_: speaking("", 1.0, 1.0).landmarks)
    network = SpeechContentAnimation(TINY.content)
    own, one, other = speaking("GRID-s1", 1.9, 1.9), speaking("A", 1.2, 1.0), speaking("B", 1.2, 1.44)
    wide, high, deep = measure_reach(network, [own, one, other])
    assert (wide, high) == pytest.approx((1.2, 1.2), abs=0.02)
    assert deep == high
    assert measure_reach(network, [own])[1] == pytest.approx(1.9, abs=0.03)


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
    spoken, shown = batch["windows"][:, TINY.content.lead, 0], batch["target"][:, 8, 2]
    torch.testing.assert_close(spoken, shown, atol=1e-4, rtol=0)
    assert float(shown.max()) > 1.2
    assert float(shown.min()) < 0.4

    # The second half are the frames that follow those of the first, alike in all that is random.
    torch.testing.assert_close(spoken[32:] - spoken[:32], torch.full((32,), 1 / 62.5), atol=1e-5, rtol=0)
    assert torch.equal(batch["static"][32:], batch["static"][:32])


def test_the_main_speaker_fills_his_share_and_others_count_by_the_root_of_their_length() -> None:
    sentences = [
        replace(sentence(count), speaker=who) for who, count in ((MAIN_SPEAKER, 25), ("A", 100), ("A", 300), ("B", 100))
    ]
    shares = train_content_module._shares(sentences)
    assert shares[0] == pytest.approx(0.6)
    np.testing.assert_allclose(shares[1:], 0.4 * np.array([0.5, 1.5, 1.0]) / 3.0)
    assert train_content_module._shares(sentences[1:]).sum() == pytest.approx(0.4)


def test_all_mouths_move_as_far_as_the_main_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        train_content_module, "augment_faces", lambda rest, *_, **__: (rest, torch.ones(len(rest), 1, 3))
    )
    opening = 0.1 * np.abs(np.sin(np.arange(50)))

    def speaks(who: str, factor: float) -> Performance:
        talk = replace(sentence(), speaker=who)
        talk.landmarks[:] = closed_mouth(talk.landmarks[0])
        talk.landmarks[:, [65, 66, 67], 1] += factor * opening[:, None]
        return replace(talk, rest=closed_mouth(talk.landmarks[0]))

    def widest(*talks: Performance) -> float:
        return float(lip_gap(ContentBatches(talks, TINY.content, size=256)(0)["target"].numpy()).max())

    alone = widest(speaks(MAIN_SPEAKER, 1.0))
    assert widest(speaks("A", 0.6)) == pytest.approx(0.6 * alone, rel=0.05)
    assert widest(speaks(MAIN_SPEAKER, 1.0), speaks("A", 0.6)) == pytest.approx(alone, rel=0.05)
    assert widest(speaks(MAIN_SPEAKER, 1.0), speaks("A", 1.8)) == pytest.approx(alone, rel=0.05)


def test_phones_are_missing_now_and_then_and_the_encoder_never() -> None:
    sizes = ContentConfig("phones+bands+encoder", 39 + 8 + 384, lead=9)
    features = np.ones((1, 125, sizes.num_features), np.float32)
    batch = ContentBatches([replace(sentence(), features=features)], sizes, size=400)(0)["windows"][:, sizes.lead]
    assert batch[:, 47:].min() > 0.5
    missing = (batch[:, :47] == 0).all(dim=1)
    assert 0.2 < missing.float().mean() < 0.4
    assert torch.equal(missing[:200], missing[200:])


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


def test_phones_that_the_sentences_lack_have_look_alikes() -> None:
    talk = sentence()
    features = np.zeros_like(talk.features)
    features[0, :, [PHONES.index(phone) for phone in PHONES if phone not in ("SH", "P")]] = 0.02
    pairs = {(PHONES[strange], PHONES[known]) for strange, known in unseen_phones([replace(talk, features=features)])}
    assert pairs == {("SH", "CH"), ("SH", "JH"), ("SH", "ZH"), ("P", "B"), ("P", "M")}


def test_a_whole_training_of_the_content_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tuple(
        Recording(name, MAIN_SPEAKER, Path(name), "GRID", licence="CC BY 4.0", split=split)
        for name, split in (("a", "train"), ("b", "train"), ("c", "val"))
    )
    monkeypatch.setattr(train_content_module, "read_performances", lambda found, *_, **__: [sentence() for _ in found])
    training = plan("makeittalk", "content", tmp_path, corpus=Corpus(table, folder=tmp_path), steps=3)
    train_content(training)
    card = json.loads((tmp_path / "content.json").read_text(encoding="utf-8"))
    assert card["config"]["lstm_size"] == 16
    assert {"data", "data_licence", "command", "scores", "parameters", "commit"} <= set(card)
    assert card["data"] == "recordings of GRID-s1 (2)"
    assert card["command"].endswith("--steps 3 --batch 4")
    assert {"D-LL", "D-VL", "D-A", "correlation"} <= set(card["scores"])
    network = SpeechContentAnimation(TINY.content)
    load_weights(network, tmp_path / "content.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())
    # Asked again it is finished, and says the same.
    train_content(training)
    assert json.loads((tmp_path / "content.json").read_text(encoding="utf-8"))["scores"] == card["scores"]


@pytest.mark.parametrize("useless", [False, True])
def test_a_person_gets_lips_that_are_no_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, useless: bool
) -> None:
    table = tuple(Recording(split, "anna", Path("x"), "own", split=split) for split in ("train", "val"))
    monkeypatch.setattr(train_content_module, "read_performances", lambda found, *_, **__: [sentence() for _ in found])
    if useless:  # whatever it learns
        monkeypatch.setattr(train_content_module, "_merit", lambda scores: 0.0)
    torch.manual_seed(1)
    generic = SpeechContentAnimation(TINY.content)
    start = tmp_path / "generic.safetensors"
    save_weights(generic, start, card={})
    load_weights(generic, start)
    train_content(plan("makeittalk", "content", tmp_path / "out", corpus=Corpus(table), start=start, steps=3))
    card = json.loads((tmp_path / "out" / "content.json").read_text(encoding="utf-8"))
    own, before = (scores["correlation"] - scores["D-A"] for scores in (card["scores"], card["scores"]["before"]))
    assert own >= before
    assert card["data"] == "recordings of anna (1)"
    network = SpeechContentAnimation(TINY.content)
    load_weights(network, tmp_path / "out" / "content.safetensors")
    same = all(torch.equal(*pair) for pair in zip(network.parameters(), generic.parameters()))
    assert same == useless
    assert ("not improved" in caplog.text) == useless
