"""The training of the student: its losses, its scores, and a whole one in miniature."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from plans import plan
from recipes.test_phones import labelled
from talkinghead.recipes import student as module
from talkinghead.recipes.student import (
    StudentBatches,
    encoder_losses,
    phone_losses,
    score,
    student_example,
    student_losses,
    train_student,
)
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.encoder import SpeechEncoder
from talkinghead.speech.student import CONFIGS as SIZES
from talkinghead.speech.student import SpeechStudent
from talkinghead.speech.transformer import EncoderConfig
from talkinghead.weights import load_weights

TINY = SIZES["tiny"]


def test_who_hears_as_the_encoder_does_loses_nothing() -> None:
    network, batch = SpeechStudent(TINY), student_example(TINY, 0)
    batch["encoded"] = network.encoder(batch["spectra"]).detach()
    assert float(encoder_losses(network, batch, TINY)["encoder_loss"].detach()) == 0.0
    batch["encoded"] += 2.0
    assert float(encoder_losses(network, batch, TINY)["encoder_loss"].detach()) == pytest.approx(1.5)


def test_who_is_undecided_loses_the_logarithm_of_the_classes() -> None:
    network, batch = SpeechStudent(TINY), student_example(TINY, 0)
    for value in network.phones.classify.parameters():
        nn.init.zeros_(value)
    assert float(phone_losses(network, batch, TINY)["phone_loss"].detach()) == pytest.approx(np.log(40), rel=1e-5)
    assert student_losses(network, batch, TINY).keys() == {"encoder_loss", "phone_loss"}


def test_windows_are_the_teachers_and_their_labels_the_sounds() -> None:
    """Without augmentation, hiss is S, hum is M, and what precedes the recording has no label."""
    torch.manual_seed(0)
    teacher = SpeechEncoder(EncoderConfig(blocks=1, hidden=8)).eval()
    batches = StudentBatches(labelled(), teacher, size=6)
    batch, again, other = batches(1), batches(1), batches(2)
    assert all(torch.equal(value, again[name]) for name, value in batch.items())
    assert not torch.equal(batch["spectra"], other["spectra"])
    assert batch["spectra"].shape == batch["mel"].shape == (6, 600, 80)
    torch.testing.assert_close(batch["encoded"], teacher(batch["spectra"]))
    low, high = batch["mel"][..., :10].mean(dim=2), batch["mel"][..., -20:].mean(dim=2)
    for phone, louder, softer in (("S", high, low), ("M", low, high)):
        inside = nn.functional.avg_pool1d((batch["labels"] == CLASSES.index(phone)).float()[:, None], 41, 1, 20)[:, 0]
        assert (louder > softer)[inside == 1.0].float().mean() > 0.95
    assert bool((batch["labels"] == -1).any())


def test_score_of_one_who_hears_nothing() -> None:
    torch.manual_seed(0)
    network = SpeechStudent(TINY).eval()
    for value in network.parameters():
        nn.init.zeros_(value)
    scores = score(network, labelled(1))
    assert scores["encoder"] < 0.05
    assert scores["GRID"] == pytest.approx(1 / 3, abs=0.01)


def test_a_whole_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_labelled", lambda corpus, cache, others: (labelled(), labelled(1)))
    monkeypatch.setattr("talkinghead.recipes.phone_sounds._SPEECHLESS", 2)
    train_student(plan("student", None, tmp_path, steps=3))
    card = json.loads((tmp_path / "student.json").read_text(encoding="utf-8"))
    assert {"config", "hours", "data_licence", "command", "scores", "look_ahead_s"} <= set(card)
    network = SpeechStudent(TINY)
    load_weights(network, tmp_path / "student.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())
