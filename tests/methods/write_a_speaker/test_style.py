"""A person's mouth style: it is learned from pairs, kept where it helps, and worn by the motion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from plans import plan
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import OWN, Recording
from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS
from talkinghead.methods.write_a_speaker import train_style
from talkinghead.methods.write_a_speaker.config import CONFIGS, StyleConfig
from talkinghead.methods.write_a_speaker.networks import MouthGenerator
from talkinghead.methods.write_a_speaker.recordings import SpokenStretch
from talkinghead.methods.write_a_speaker.stages import STAGES
from talkinghead.methods.write_a_speaker.style import MouthStyle
from talkinghead.methods.write_a_speaker.train_style import PairedWeights, StyleBatches, pair_weights
from talkinghead.speech.arpabet import PHONES
from talkinghead.store import Store
from talkinghead.weights import load_network, save_weights

JAW = EXPRESSION_NAMES.index("jawOpen")


def spoken(count: int, seed: int = 0) -> SpokenStretch:
    """Somebody whose jaw opens with every vowel."""
    phones = np.zeros((1, count, len(PHONES)))
    phones[0, (np.arange(count) // 10 + seed) % 2 == 0, 0] = 1.0
    weights = np.zeros((count, 51))
    weights[:, JAW] = 0.8 * phones[0, :, 0]
    return SpokenStretch(phones, None, weights, None, "person")


def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, count: int, steps: int = 60) -> MouthStyle:
    def fake(recordings: Sequence[Recording], store: Store) -> Iterator[SpokenStretch]:
        return (spoken(count, seed=k) for k, _ in enumerate(recordings))

    monkeypatch.setattr(train_style, "read_performances", fake)
    table = tuple(
        Recording(split, "person", tmp_path / f"{split}.mp4", "own", OWN, split=split) for split in ("train", "val")
    )
    torch.manual_seed(0)
    mouth = CONFIGS["tiny"].mouth
    save_weights(MouthGenerator(mouth), tmp_path / "mouth_animation.safetensors", card={"config": mouth})
    STAGES["style"].train(plan("write_a_speaker", "style", tmp_path, corpus=Corpus(table), steps=steps))
    return load_network(MouthStyle, StyleConfig, tmp_path / "style.safetensors")


def test_a_mouth_at_rest_stays_at_rest() -> None:
    style = MouthStyle(CONFIGS["small"].style)
    assert (style(torch.zeros(2, 5, 28)) == 0).all()
    weights = torch.rand(5, 28)
    torch.testing.assert_close(style(weights), weights, atol=0.2, rtol=0)


def test_generic_weights_are_relative_to_silence() -> None:
    torch.manual_seed(0)
    mouth = MouthGenerator(CONFIGS["tiny"].mouth).eval()
    silent = replace(spoken(60), phones=np.zeros((1, 60, len(PHONES))))
    [pair] = pair_weights(mouth, [silent])
    np.testing.assert_allclose(pair.generic[20:40], 0.0, atol=1e-6)
    assert pair.own.shape == (60, len(MOUTH_EXPRESSIONS))


def test_batches_are_functions_of_the_step() -> None:
    rng = np.random.default_rng(0)
    batches = StyleBatches([PairedWeights(rng.random((30, 28)), rng.random((30, 28)))], size=4)
    assert batches(3)["generic"].shape == (4, 16, 28)
    assert torch.equal(batches(3)["weights"], batches(3)["weights"])
    assert not torch.equal(batches(3)["weights"], batches(4)["weights"])


def test_a_style_is_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(tmp_path, monkeypatch, count=600)
    scores = json.loads((tmp_path / "style.json").read_text(encoding="utf-8"))["scores"]
    assert scores["val MSE"] < 0.9 * scores["generic"]["val MSE"]


def test_too_short_a_video_leaves_the_mouth_generic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    style = train(tmp_path, monkeypatch, count=300, steps=2)
    assert "12 s of video are too short for a style" in caplog.text
    assert "give 8 s more" in caplog.text
    weights = torch.rand(5, 28)
    torch.testing.assert_close(style(weights), weights)
