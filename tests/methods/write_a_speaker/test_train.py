"""What the trainings are fed, and all three in miniature."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from plans import plan
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import Take
from talkinghead.face.expressions import UPPER_EXPRESSIONS
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.methods.write_a_speaker import recordings, train
from talkinghead.methods.write_a_speaker.batches import Draw, MouthWeightBatches, WordsBatches
from talkinghead.methods.write_a_speaker.config import CONFIGS
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.recordings import (
    CAPTURED_SPEAKER,
    FRAMES,
    SpokenStretch,
    read_captured,
    read_stretches,
)
from talkinghead.methods.write_a_speaker.stages import STAGES
from talkinghead.methods.write_a_speaker.vocabulary import UNKNOWN, load_vocabulary
from talkinghead.speech.arpabet import PHONES
from talkinghead.store import NOTHING_KEPT, Store
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, Interval, Speech
from talkinghead.weights import load_network


def stretch(speaker: str = MAIN_SPEAKER, *, seed: int = 0) -> SpokenStretch:
    rng = np.random.default_rng(seed)
    phones = np.zeros((2, FRAMES, len(PHONES)))
    phones[:, 10:60, 3] = 1.0
    words = (Interval("green", 0.4, 1.2), Interval("white", 1.2, 2.4))
    weights = 0.2 * rng.random((FRAMES, 51))
    return SpokenStretch(phones, words, weights, rng.normal(size=(FRAMES, 6)), speaker)


def test_batches_are_functions_of_the_step() -> None:
    stretches = [stretch(), stretch("other", seed=1)]
    config = CONFIGS["tiny"]
    for batches in (
        MouthWeightBatches(stretches, size=8),
        WordsBatches(stretches, config.upper_face, load_vocabulary(), size=8),
    ):
        first, again, other = batches(5), batches(5), batches(6)
        assert all(torch.equal(value, again[name]) for name, value in first.items())
        assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_each_group_of_speakers_has_its_share() -> None:
    stretches = [stretch(), *[stretch(CAPTURED_SPEAKER)] * 50, *[stretch("other")] * 5]
    rows = np.array(Draw(stretches, 5000)(np.random.default_rng(0)))
    assert (rows == 0).mean() == pytest.approx(0.6, abs=0.03)
    assert (rows >= 51).mean() == pytest.approx(0.3, abs=0.03)


def test_some_say_nothing_and_rest() -> None:
    batch = MouthWeightBatches([stretch()], size=256)(0)
    assert batch["phones"].shape == (256, FRAMES, len(PHONES))
    assert batch["weights"].shape == (256, FRAMES, 28)
    silent = (batch["phones"] == 0).flatten(1).all(dim=1)
    assert 2 < int(silent.sum()) < 50
    assert (batch["weights"][silent] == 0).all()
    assert (batch["weights"][~silent] > 0).any()


def test_the_upper_face_has_emotions_and_the_head_has_none() -> None:
    config, neutral = CONFIGS["tiny"], stretch()
    upper = WordsBatches([neutral], config.upper_face, load_vocabulary(), size=64)(0)
    real = torch.from_numpy(neutral.weights[:, UPPER_EXPRESSIONS]).float()
    calm = (upper["emotions"][..., 0] == 1).all(dim=1)
    assert 5 < int(calm.sum()) < 40
    torch.testing.assert_close(upper["parameters"][calm], real.expand(int(calm.sum()), -1, -1))
    moved = (upper["parameters"][~calm] - real).abs().amax(dim=(1, 2))
    assert (moved > 0.01).float().mean() > 0.8
    head = WordsBatches([neutral], config.head, load_vocabulary(), size=4)(0)
    assert set(head) == {"words", "vectors", "beats", "parameters", "noise"}
    assert head["parameters"].shape == (4, FRAMES, 6)


def test_one_word_or_more_is_unknown() -> None:
    batch = WordsBatches([stretch()], CONFIGS["small"].head, load_vocabulary(), size=64)(0)
    spoken = batch["words"][:, 10:60]
    assert ((spoken == UNKNOWN).any(dim=1)).all()
    assert 0.4 < float((spoken == UNKNOWN).all(dim=1).float().mean()) < 0.95
    assert (batch["vectors"][batch["words"] == UNKNOWN] == 0).all()


def test_captured_mouths_have_no_head() -> None:
    captured = replace(stretch(CAPTURED_SPEAKER), pose=None, words=None)
    batches = WordsBatches([stretch(), captured], CONFIGS["tiny"].head, load_vocabulary(), size=8)
    assert batches(0)["parameters"].shape == (8, FRAMES, 6)


def still_track(count: int) -> FaceTrack:
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    still, place, scale = np.zeros((count, 3)), np.full((count, 3), 100.0), np.full(count, 60.0)
    return make_track(camera_from_head(shape, still, place, scale), np.ones(count, bool), 25.0, smooth=False)


def silent_take(track: FaceTrack, seconds: float) -> Take:
    class Silent(Take):
        def speech(self, *, mended: bool = False) -> Speech:
            return Speech(np.zeros(round(16_000 * seconds), np.float32), 16_000)

        @property
        def digest(self) -> str:
            return "digest"

    return Silent(Recording("x", "A", Path("x.mp4"), "GRID"), track)


def test_recordings_become_stretches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    track = still_track(160)
    monkeypatch.setattr(recordings, "read_takes", lambda found, store: [silent_take(track, 6.4)])
    recording = Recording("x", "A", Path("x.mp4"), "GRID")
    found = read_stretches((recording,), Store(tmp_path))
    assert [len(one.weights) for one in found] == [FRAMES, FRAMES]
    assert found[0].phones.shape == (1, FRAMES, len(PHONES))
    assert (found[0].phones == 0).all()
    assert found[0].words is None
    again = read_stretches((recording,), Store(tmp_path))
    np.testing.assert_array_equal(again[1].weights, found[1].weights)


def test_without_captured_mouths_that_is_announced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_captured(tmp_path, NOTHING_KEPT) == []
    assert "no captured mouths" in caplog.text


@pytest.mark.parametrize("name", ["mouth", "upper_face", "head"])
def test_training_in_miniature(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(found: Sequence[Recording], store: Store) -> list[SpokenStretch]:
        return [stretch(recording.speaker, seed=k) for k, recording in enumerate(found)]

    monkeypatch.setattr(train, "read_stretches", fake)
    table = tuple(
        Recording(split, MAIN_SPEAKER, tmp_path / f"{split}.mp4", "GRID", split=split, licence="CC0")
        for split in ("train", "val")
    )
    stage = STAGES[name]
    stage.train(plan("write_a_speaker", name, tmp_path, corpus=Corpus(table, folder=tmp_path), steps=2))
    file = {"mouth": "mouth_animation", "head": "head_pose"}.get(name, name)
    card = json.loads((tmp_path / f"{file}.json").read_text(encoding="utf-8"))
    assert card["data_licence"] == "CC0"
    wanted = {"mouth": {"val MSE", "val LMD", "val correlation"}, "head": {"val SSIM", "val spectrum_dB"}}
    assert wanted.get(name, {"val SSIM"}) < set(card["scores"])
    config = getattr(CONFIGS["tiny"], name)
    build = MouthGenerator if name == "mouth" else WordsGenerator
    assert load_network(build, type(config), tmp_path / f"{file}.safetensors").config == config
