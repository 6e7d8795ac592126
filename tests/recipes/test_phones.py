"""The training of the phone recogniser: what it is fed, what it learns by, and a whole one in miniature."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from drawn import speech_like
from plans import plan
from talkinghead.data.packs import Pack
from talkinghead.recipes import phone_sounds, phones
from talkinghead.recipes.phone_sounds import LabelledSound, compute_features, compute_sources, read_labelled
from talkinghead.recipes.phones import PhoneBatches, phone_losses, score, train_phones
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.phones import CONFIGS, PhoneRecogniser
from talkinghead.store import Store
from talkinghead.weights import load_weights


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def labelled(count: int = 3) -> list[LabelledSound]:
    """Hiss is S, hum is M, and nothing is silence, a second each."""
    noise, place = np.random.default_rng(0), np.arange(16_000)
    hiss = np.diff(noise.normal(scale=0.2, size=16_001))
    hum = 0.3 * np.sin(2 * np.pi * 150 * place / 16_000)
    samples = np.concatenate([hiss, np.zeros(16_000), hum]).astype(np.float32)
    labels = np.repeat([CLASSES.index(label) for label in ("S", "sil", "M")], 100).astype(np.uint8)
    return [LabelledSound(samples, labels, "GRID", 1.0 if k else 0.5) for k in range(count)]


def test_batches_have_shapes_and_are_functions_of_the_step() -> None:
    batches = PhoneBatches({"GRID": compute_features(labelled(), CONFIGS["tiny"], versions=1)}, size=48)
    first, again, other = batches(3), batches(3), batches(4)
    assert first["mel"].shape[0] == first["labels"].shape[0] == first["weights"].shape[0]
    assert first["mel"].shape[1:] == (first["labels"].shape[1], 80)
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["mel"], other["mel"])
    assert set(first["weights"].tolist()) == {0.5, 1.0}


def test_crops_and_labels_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "augment_mels", lambda mel, generator: mel)
    batch = PhoneBatches({"GRID": compute_features(labelled(), CONFIGS["tiny"], versions=1)}, size=48)(0)
    low, high = batch["mel"][..., :10].mean(dim=2), batch["mel"][..., -20:].mean(dim=2)
    is_hiss, is_hum = (batch["labels"] == CLASSES.index(label) for label in ("S", "M"))
    inside = nn.functional.avg_pool1d(is_hiss.float()[:, None], 9, 1, 4)[:, 0] == 1.0
    assert (high[inside] > low[inside]).all()
    inside = nn.functional.avg_pool1d(is_hum.float()[:, None], 9, 1, 4)[:, 0] == 1.0
    assert (low[inside] > high[inside]).all()
    assert bool((batch["labels"] == -1).any())


def test_sound_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    first = compute_features(labelled(), CONFIGS["tiny"], store=store)
    assert len(first.mels) == len(first.labels) == len(first.weights) == 6
    assert first.mels[0].shape == (300, 80)
    other = compute_features(labelled(1), CONFIGS["tiny"], store=store)
    assert len(other.mels) == 2
    monkeypatch.setattr(phone_sounds, "mel_frames", lambda *_, **__: pytest.fail("is kept"))
    kept = compute_features(labelled(), CONFIGS["tiny"], store=store)
    for one, again in ((first.mels, kept.mels), (first.labels, kept.labels)):
        assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert kept.weights == first.weights


def test_what_the_encoder_hears_goes_with_what_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub's features are the number of the 20 ms, so that a crop tells where it was cut."""
    config = replace(CONFIGS["tiny"], encoder_size=2)
    monkeypatch.setattr(
        phone_sounds,
        "encode_speech",
        lambda samples, *, gain, count, network: np.arange(count)[:, None] / 16 * np.ones(2, np.float32),
    )
    sound = labelled(1)[0]
    counted = LabelledSound(sound.samples[:32_000], np.arange(200, dtype=np.uint8) // 5, "GRID", 1.0)
    batch = PhoneBatches({"GRID": compute_features([counted], config, versions=1)}, size=48)(0)
    assert batch["encoded"].shape == (48, batch["mel"].shape[1] // 2, 2)
    known = batch["labels"][:, ::2]
    heard = (batch["encoded"][..., 0] * 16).round().long()
    assert (heard[known >= 0] * 2 // 5 == known[known >= 0]).all()
    assert (known >= 0).any(dim=1).all()


def test_nobody_speaks_in_noise_and_tunes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_sounds, "_SPEECHLESS", 4)
    sources = compute_sources(labelled(2), CONFIGS["tiny"])
    assert set(sources) == {"GRID", "noise and tunes"}
    speechless = sources["noise and tunes"]
    assert len(speechless.labels) == 4
    assert all((known == CLASSES.index("sil")).all() for known in speechless.labels)
    assert all(mel.std() > 1 for mel in speechless.mels)


def test_who_is_learned_from_and_who_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(*rows: tuple[str, str]) -> Pack:
        count = len(rows)
        starts = np.arange(count + 1)
        names = [np.array(column) for column in zip(*rows)]
        samples, labels = np.zeros(160 * count, np.int16), np.zeros(count, np.uint8)
        return Pack(samples, labels, 160 * starts, starts, names[1], names[0], np.ones(count, np.float32))

    packs = {
        "heldout": pack(("GRID", "GRID-s4"), ("MFA", "m"), ("VCTK", "VCTK-p287"), ("VCTK", "VCTK:p225"), ("L", "l")),
        "real": pack(*[("GRID", "GRID-s1")] * 3, ("French", "f"), *[("L", "k")] * 2),
    }
    monkeypatch.setattr(phone_sounds, "prepare", lambda corpus, cache: [tmp_path / name for name in packs])
    monkeypatch.setattr(phone_sounds, "load_pack", lambda path: packs[path.name])
    monkeypatch.setattr(phone_sounds, "HELD_BACK", 3)
    learned, held_out = read_labelled(tmp_path, tmp_path, others=frozenset({"French"}))
    assert [item.source for item in learned] == ["GRID", "GRID", "L", "L"]
    assert [item.source for item in held_out] == ["VCTK, others", "L, others", "GRID", "French, never heard"]


class Guess(PhoneRecogniser):
    """Logits that say the same about every frame."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__(CONFIGS["tiny"])
        self.logits = nn.Parameter(logits)

    def forward(self, mel: torch.Tensor, encoded: torch.Tensor | None = None) -> torch.Tensor:
        return self.logits.expand(*mel.shape[:2], -1)


def item(loss: torch.Tensor) -> float:
    return float(loss.detach())


def test_loss_of_one_who_knows_nothing() -> None:
    batch = {
        "mel": torch.rand(2, 10, 80),
        "encoded": torch.zeros(2, 5, 0),
        "labels": torch.full((2, 10), 3),
        "weights": torch.ones(2),
    }
    assert item(phone_losses(Guess(torch.zeros(40)), batch, CONFIGS["tiny"])["phone_loss"]) == pytest.approx(
        math.log(40)
    )


def test_frames_that_are_not_judged_and_weights() -> None:
    logits = torch.zeros(40)
    logits[3] = 5.0
    labels = torch.full((2, 10), 3)
    labels[0] = 7
    batch = {"mel": torch.rand(2, 10, 80), "encoded": torch.zeros(2, 5, 0), "labels": labels, "weights": torch.ones(2)}
    both = item(phone_losses(Guess(logits), batch, CONFIGS["tiny"])["phone_loss"])
    right = item(
        phone_losses(Guess(logits), {**batch, "weights": torch.tensor([0.0, 1.0])}, CONFIGS["tiny"])["phone_loss"]
    )
    wrong = item(
        phone_losses(Guess(logits), {**batch, "weights": torch.tensor([1.0, 0.0])}, CONFIGS["tiny"])["phone_loss"]
    )
    assert right < both < wrong
    assert both == pytest.approx((right + wrong) / 2)
    labels[0] = -1
    assert item(phone_losses(Guess(logits), batch, CONFIGS["tiny"])["phone_loss"]) == pytest.approx(right)


def test_score_of_one_who_always_says_m() -> None:
    logits = torch.zeros(40)
    logits[CLASSES.index("M")] = 5.0
    assert score(Guess(logits).eval(), labelled()) == {"GRID": 0.3333, "p b m": 1.0}


@pytest.mark.slow
def test_a_whole_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = LabelledSound(speech_like(2.0, seed=1), np.full(200, 5, np.uint8), "flite", 1.0)
    monkeypatch.setattr(phones, "read_labelled", lambda corpus, cache, others: ([*labelled(), speech], labelled(1)))
    out = tmp_path / "out"
    train_phones(plan("phones", None, out, steps=3))
    card = json.loads((out / "phones.json").read_text(encoding="utf-8"))
    assert {"config", "hours", "data_licence", "command", "scores", "parameters", "commit"} <= set(card)
    assert card["command"].endswith("train phones --corpus CORPUS --out OUT --config tiny --steps 3 --batch 4")
    network = PhoneRecogniser(CONFIGS["tiny"])
    load_weights(network, out / "phones.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())
