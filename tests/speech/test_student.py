"""The student of encoder and recogniser: build, look-ahead, streaming."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from talkinghead.speech import time_delay
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.encoder import SpeechEncoder
from talkinghead.speech.student import (
    CONFIGS,
    SpeechStudent,
    copy_encoder,
    encode_as_heard,
    posteriors_as_heard,
)
from talkinghead.speech.transformer import EncoderConfig

NOISE = np.random.default_rng(0).normal(scale=0.05, size=16_000 * 6).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> SpeechStudent:
    torch.manual_seed(0)
    return SpeechStudent(CONFIGS["small"]).eval()


def test_at_most_four_million_parameters_and_200_ms_of_look_ahead(network: SpeechStudent) -> None:
    assert sum(value.numel() for value in network.parameters()) <= 4_000_000
    assert network.config.look_ahead <= 0.2


def test_shapes(network: SpeechStudent) -> None:
    encoded, logits = network(torch.rand(3, 50, 80), torch.rand(3, 50, 80))
    assert encoded.shape == (3, 25, 384)
    assert logits.shape == (3, 50, len(CLASSES))


@pytest.mark.parametrize("count", [0, 1, 159, 160, 161, 319, 320, 321, 24_321])
def test_counts(network: SpeechStudent, count: int) -> None:
    samples = np.full(count, 0.01, np.float32)
    assert encode_as_heard(samples, network=network).shape == (-(-count // 320), 384)
    posteriors = posteriors_as_heard(samples, network=network)
    assert posteriors.shape == (-(-count // 160), 40)
    np.testing.assert_allclose(posteriors.sum(axis=1), 1.0, atol=1e-5)


def test_nothing_later_than_the_look_ahead_counts(network: SpeechStudent) -> None:
    cut = NOISE.copy()
    cut[48_000:] = 0.0
    for listen, rate in ((encode_as_heard, 50), (posteriors_as_heard, 100)):
        whole, begun = (listen(sound, gain=1.0, network=network) for sound in (NOISE, cut))
        changed = np.flatnonzero(np.abs(whole - begun).max(axis=1) > 1e-5)
        assert 3 * rate - network.config.look_ahead * rate - 1 <= changed[0] < 3 * rate


@pytest.mark.parametrize("stretch", [(0, 7), (1, 150), (123, 100), (299, 1)])
@pytest.mark.parametrize("listen", [encode_as_heard, posteriors_as_heard])
def test_a_stretch_is_the_whole_s(
    network: SpeechStudent, listen: object, stretch: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(listen)
    first, count = stretch
    whole = listen(NOISE, gain=1.0, network=network)
    monkeypatch.setattr(time_delay, "_PIECE", 100)
    part = listen(NOISE, gain=1.0, first=first, count=count, network=network)
    np.testing.assert_allclose(part, whole[first : first + count], atol=1e-5)


def test_beyond_the_end_nothing_is_encoded(network: SpeechStudent) -> None:
    rows = encode_as_heard(NOISE[:3200], gain=1.0, first=5, count=10, network=network)
    assert np.abs(rows[:5]).max() > 0
    assert (rows[5:] == 0).all()


def test_a_copy_that_leaves_nothing_out_hears_what_its_teacher_does() -> None:
    torch.manual_seed(0)
    teacher, same = (SpeechEncoder(EncoderConfig(width=16, heads=2, hidden=24)).eval() for _ in range(2))
    spectra = torch.rand(2, 60, 80)
    copy_encoder(same, teacher, spectra)
    torch.testing.assert_close(same(spectra), teacher(spectra))


def test_a_smaller_copy_keeps_the_neurons_that_do_something() -> None:
    torch.manual_seed(0)
    teacher = SpeechEncoder(EncoderConfig(width=16, heads=2, blocks=1, hidden=24)).eval()
    smaller = SpeechEncoder(EncoderConfig(width=16, heads=2, blocks=1, hidden=10)).eval()
    block = teacher.blocks[0]
    assert isinstance(block.contract, torch.nn.Linear)
    idle = torch.randperm(24)[:14]
    with torch.no_grad():
        block.contract.weight[:, idle] = 0.0
    spectra = torch.rand(2, 60, 80)
    copy_encoder(smaller, teacher, spectra)
    torch.testing.assert_close(smaller(spectra), teacher(spectra))
