"""The training of SyncNet: batches, losses, and a whole training in miniature."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from drawn import speech_like
from plans import plan
from talkinghead.data.mouths import Mouth
from talkinghead.metrics.sync import sync_score
from talkinghead.metrics.syncnet import CONFIGS, HEIGHT, WIDTH, SyncNet, sync_features
from talkinghead.recipes import syncnet
from talkinghead.recipes.syncnet import (
    SyncBatches,
    SyncStretch,
    make_stretches,
    right_answers,
    sample_stretch,
    score,
    sync_losses,
    train_syncnet,
)
from talkinghead.store import Store
from talkinghead.types import Speech
from talkinghead.weights import load_weights

TINY = CONFIGS["tiny"]


def speaking(seed: int, *, seconds: float = 3.0, fps: float = 25.0, speaker: str = "") -> Mouth:
    """A bar that opens as far as the voice is loud, before a pattern that rests."""
    samples = speech_like(seconds, seed=seed)
    count = round(seconds * fps)
    edges = np.linspace(0, len(samples), count + 1).astype(int)
    loud = np.array([np.sqrt(np.mean(samples[a:b] ** 2)) for a, b in pairwise(edges)])
    opening = np.round(24 * loud / loud.max()).astype(int)
    crops = np.repeat(np.linspace(90, 160, WIDTH)[None, None], count, axis=0).repeat(HEIGHT, axis=1).astype(np.uint8)
    for crop, far in zip(crops, opening):
        crop[16 : 16 + far, 16:48] = 10
    return Mouth(f"clip {seed}", speaker or f"speaker {seed}", crops, fps, samples)


def stretch(count: int = 60) -> SyncStretch:
    """Each frame and its four mel frames bear their number."""
    crops = np.arange(count, dtype=np.uint8)[:, None, None].repeat(HEIGHT, 1).repeat(WIDTH, 2)
    return SyncStretch(crops, (np.arange(4 * count, dtype=np.uint8)[:, None].repeat(16, 1),), "somebody")


def test_sound_goes_with_the_frames() -> None:
    mouth = speaking(1, seconds=2.4, fps=50.0)
    (one,) = make_stretches([mouth, speaking(2, seconds=1.0)], TINY, versions=2)  # one second is too short
    assert one.crops.shape == (60, HEIGHT, WIDTH)
    assert len(one.mels) == 2
    assert all(mel.shape == (240, 16) and mel.dtype == np.uint8 for mel in one.mels)
    plain = sync_features(mouth.samples, 60, num_mels=16)
    np.testing.assert_allclose(one.mels[0] / 255, plain, atol=0.5 / 255 + 1e-6)


def test_sound_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mouths, store = [speaking(1), speaking(2, seconds=1.0), speaking(3)], Store(tmp_path)
    first = make_stretches(mouths, TINY, versions=2, store=store)
    monkeypatch.setattr(syncnet, "sync_features", lambda *_, **__: pytest.fail("is kept"))
    for kept in (
        make_stretches(mouths, TINY, versions=2, store=store),
        make_stretches(mouths[2:], TINY, versions=2, store=store),
    ):
        assert len(kept) in (1, 2)
        for one, other in zip(first[-len(kept) :], kept, strict=True):
            np.testing.assert_array_equal(one.crops, other.crops)
            for mel, again in zip(one.mels, other.mels, strict=True):
                np.testing.assert_array_equal(mel, again)


def test_picture_and_sound_of_a_piece_begin_together_at_any_speed() -> None:
    speeds = set()
    for seed in range(30):
        crops, mel = sample_stretch(stretch(), np.random.default_rng(seed))
        assert crops.shape == (40, HEIGHT, WIDTH)
        assert mel.shape == (160, 16)
        places, sound = 255 * crops[:, 0, 0], 255 * mel[:, 0]
        np.testing.assert_allclose(sound[::4], 4 * places, atol=1e-2)
        speeds.add(round(float(places[-1] - places[0]) / 39, 2))
        assert 0.85 - 1e-3 <= min(speeds) <= max(speeds) <= 1.15 + 1e-3
    assert 1.0 in speeds
    assert len(speeds) > 5


def test_batches_are_functions_of_the_step() -> None:
    batches = SyncBatches(make_stretches([speaking(k) for k in range(3)], TINY, versions=1), size=10)
    first, again, other = batches(3), batches(3), batches(4)
    assert first["crops"].shape == (10, 40, HEIGHT, WIDTH)
    assert first["mel"].shape == (10, 160, 16)
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["crops"], other["crops"])
    for value in first.values():
        assert 0.0 <= float(value.min()) <= float(value.max()) <= 1.0


def test_speakers_share_by_the_root_of_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    often = [SyncStretch(stretch().crops, stretch().mels, "often") for _ in range(9)]
    rare = SyncStretch(stretch().crops, stretch().mels, "rare")
    drawn: list[str] = []
    monkeypatch.setattr(
        syncnet, "sample_stretch", lambda one, rng: (drawn.append(one.speaker), sample_stretch(one, rng))[1]
    )
    monkeypatch.setattr(syncnet, "augment_crops", lambda crops, generator: crops)
    batches = SyncBatches([*often, rare], size=10)
    for step in range(30):
        batches(step)
    assert drawn.count("rare") / len(drawn) == pytest.approx(1 / 4, abs=0.07)


def test_who_belongs_together_in_closed_form() -> None:
    answers, allowed = right_answers(2, 20)
    np.testing.assert_allclose(answers.sum(dim=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(answers[5, 4:7], [0.1, 0.8, 0.1], rtol=1e-6)
    np.testing.assert_allclose(answers[0, :2], [8 / 9, 1 / 9], rtol=1e-6)
    assert float(answers[19, 20]) == 0.0  # the next stretch is no neighbour
    assert allowed[0, :20].tolist() == [True] * 16 + [False] * 4
    assert allowed[0, 20:].all()


class Told(SyncNet):
    """Says what it is told to."""

    def __init__(self, video: Tensor, audio: Tensor) -> None:
        super().__init__(TINY)
        self.said = video, audio

    def forward(self, crops: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        return self.said


def losses(video: Tensor, audio: Tensor) -> list[float]:
    batch = {"crops": torch.zeros(1), "mel": torch.zeros(1)}
    return [float(value.detach()) for value in sync_losses(Told(video, audio), batch, TINY).values()]


def test_losses_of_one_who_knows_nothing_and_of_one_who_knows() -> None:
    blank = torch.ones(2, 8, 4) / 2
    assert losses(blank, blank) == pytest.approx([math.log(16)] * 2)
    known = torch.eye(16).view(2, 8, 16)
    right, wrong = losses(known, known), losses(known, known.roll(3, dims=1))
    assert max(right) < math.log(16) < min(wrong)


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = SyncNet(TINY)
    batch = SyncBatches(make_stretches([speaking(k) for k in range(2)], TINY, versions=1), size=10)(0)
    torch.stack(list(sync_losses(network, batch, TINY).values())).sum().backward()
    for name, value in network.named_parameters():
        assert value.grad is not None, name
        assert value.grad.abs().max() > 0, name


@pytest.mark.slow
def test_it_learns_to_find_a_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncnet, "_FRAMES", 28)
    torch.manual_seed(0)
    network = SyncNet(TINY)
    batches = SyncBatches(make_stretches([speaking(k) for k in range(4)], TINY, versions=1), size=3)
    monkeypatch.setattr(syncnet, "augment_crops", lambda crops, generator: crops)
    monkeypatch.setattr(syncnet, "augment_mels", lambda mel, generator: mel)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(40):
        loss = torch.stack(list(sync_losses(network, batches(step), TINY).values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    heldout = speaking(9, seconds=6.0)
    video = network.embed_video(heldout.crops)
    audio = network.embed_audio(Speech(heldout.samples, 16_000), len(heldout.crops))
    assert abs(sync_score(video, audio).offset) <= 1
    assert abs(sync_score(video[:-4], audio[4:]).offset - 4) <= 1
    found = score(network, [heldout])
    assert found["recovered"] > 0.5
    assert found["confidence"] > 0.0


def test_a_whole_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = iter([[speaking(1, speaker="A"), speaking(2, speaker="A")], [speaking(3)]])
    monkeypatch.setattr(syncnet, "prepare_mouths", lambda recordings, store, *, places, cut: next(groups))
    out = tmp_path / "out"
    train_syncnet(plan("syncnet", None, out, steps=2, batch=2))
    card = json.loads((out / "syncnet.json").read_text(encoding="utf-8"))
    assert {"config", "minutes", "data_licence", "command", "scores", "parameters", "commit"} <= set(card)
    assert card["minutes"] == {"A": 0.1}
    assert card["command"].endswith("train syncnet --corpus CORPUS --out OUT --config tiny --steps 2 --batch 2")
    network = SyncNet(TINY)
    load_weights(network, out / "syncnet.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())
    assert {"recovered", "confidence"} <= set(card["scores"])
