"""The phone recogniser: build, streaming, decoding."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from talkinghead.data.manifest import manifest_rows
from talkinghead.media import read_speech
from talkinghead.speech import phones, time_delay
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import resample
from talkinghead.speech.phones import (
    CONFIGS,
    PhoneRecogniser,
    best_path,
    intervals_of,
    is_speech,
    phone_posteriors,
    recognise,
)
from talkinghead.speech.say import say
from talkinghead.speech.time_delay import count_future, count_past
from talkinghead.types import Speech


@pytest.fixture(scope="module", params=["small", "alone"])
def network(request: pytest.FixtureRequest) -> PhoneRecogniser:
    """On the encoder, and on log-mel alone."""
    torch.manual_seed(0)
    config = CONFIGS["small"]
    return PhoneRecogniser(config if request.param == "small" else replace(config, encoder_size=0)).eval()


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.05, size=16_000 * 6).astype(np.float32)


def test_shapes(network: PhoneRecogniser) -> None:
    encoded = torch.rand(3, 25, network.config.encoder_size)
    assert network(torch.rand(3, 50, 80), encoded).shape == (3, 50, len(CLASSES))


@pytest.mark.parametrize("count", [0, 1, 159, 160, 161, 16_000, 24_321])
def test_posteriors_are_a_hundred_a_second_and_sum_to_one(network: PhoneRecogniser, count: int) -> None:
    posteriors = phone_posteriors(np.full(count, 0.01, np.float32), network=network)
    assert posteriors.shape == (-(-count // 160), 40)
    np.testing.assert_allclose(posteriors.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("piece", [100, 254])
def test_windows_leave_no_seam(
    network: PhoneRecogniser, noise: np.ndarray, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = phone_posteriors(noise, network=network)
    monkeypatch.setattr(time_delay, "_PIECE", piece)
    np.testing.assert_allclose(phone_posteriors(noise, network=network), whole, atol=1e-6)


@pytest.mark.parametrize("stretch", [(0, 7), (1, 250), (123, 300), (599, 5)])
def test_a_stretch_is_the_whole_s(network: PhoneRecogniser, noise: np.ndarray, stretch: tuple[int, int]) -> None:
    first, count = stretch
    whole = phone_posteriors(noise, gain=1.0, network=network)
    part = phone_posteriors(noise, gain=1.0, first=first, count=count, network=network)
    np.testing.assert_allclose(part, whole[first : first + count], atol=1e-5)


def test_only_the_neighbourhood_counts_without_an_encoder(noise: np.ndarray) -> None:
    torch.manual_seed(0)
    network, taps = PhoneRecogniser(replace(CONFIGS["small"], encoder_size=0)).eval(), CONFIGS["small"].taps
    whole = phone_posteriors(noise, gain=1.0, network=network)
    for silent, reach in ((slice(48_000, None), count_future(taps)), (slice(48_000), count_past(taps))):
        cut = noise.copy()
        cut[silent] = 0.0
        changed = np.flatnonzero(np.abs(phone_posteriors(cut, gain=1.0, network=network) - whole).max(axis=1) > 1e-6)
        away = 300 - changed[0] if silent.start else changed[-1] - 300
        assert 0 < away <= reach + 3


def test_loudness_does_not_matter(network: PhoneRecogniser, noise: np.ndarray) -> None:
    np.testing.assert_allclose(
        phone_posteriors(noise, network=network), phone_posteriors(noise * 0.1, network=network), atol=1e-4
    )


def surely(path: list[int], probability: float) -> np.ndarray:
    posteriors = np.full((len(path), 40), (1 - probability) / 39)
    posteriors[np.arange(len(path)), path] = probability
    return posteriors


def test_best_path_keeps_what_is_sure_and_drops_what_flickers() -> None:
    path = [0] * 10 + [7] * 8 + [3] * 6
    assert best_path(surely(path, 0.95)).tolist() == path
    flickering = [0] * 10 + [7] * 4 + [9] + [7] * 4
    expected = [0] * 10 + [7] * 9
    assert best_path(surely(flickering, 0.6)).tolist() == expected
    # With nothing to pay for a change, the path is the likeliest class of every frame.
    assert best_path(surely(flickering, 0.6), switching=0.0).tolist() == flickering


def test_best_path_is_the_best_of_all() -> None:
    rng = np.random.default_rng(1)
    posteriors = rng.dirichlet(np.full(3, 0.4), size=7)

    def worth(path: np.ndarray) -> float:
        return float(np.log(posteriors[np.arange(7), path]).sum() - 1.3 * np.count_nonzero(np.diff(path)))

    every = np.stack(np.meshgrid(*[np.arange(3)] * 7, indexing="ij"), axis=-1).reshape(-1, 7)
    best = max(every, key=worth)
    assert worth(best_path(posteriors, switching=1.3)) == pytest.approx(worth(best))


def test_best_path_of_nothing() -> None:
    assert best_path(np.zeros((0, 40))).shape == (0,)
    assert intervals_of(np.zeros(0, int), 0.0) == ()


def test_intervals_have_no_gaps_and_end_with_the_speech() -> None:
    path = np.array([0] * 30 + [CLASSES.index("B")] * 10 + [CLASSES.index("IY")] * 20)
    intervals = intervals_of(path, 0.6)
    assert [(i.label, round(i.start, 3), round(i.end, 3)) for i in intervals] == [
        ("sil", 0.0, 0.295),
        ("B", 0.295, 0.395),
        ("IY", 0.395, 0.6),
    ]


def test_recognise_covers_the_speech_at_any_rate(network: PhoneRecogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "load_recogniser", lambda: network)
    rng = np.random.default_rng(0)
    speech = Speech(rng.normal(scale=0.1, size=22_050).astype(np.float32), 22_050)
    found = recognise(speech)
    assert found[0].start == 0.0
    assert found[-1].end == pytest.approx(1.0)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert {interval.label for interval in found} <= set(CLASSES)


def melody(seconds: float = 6.0) -> np.ndarray:
    """Plucked notes of five harmonics, two and a half a second."""
    rng, time = np.random.default_rng(0), np.arange(round(16_000 * seconds)) / 16_000
    tune = np.zeros_like(time)
    for start in np.arange(0, seconds, 0.4):
        hertz = 220 * 2 ** (rng.integers(0, 24) / 12)
        since = time[time >= start] - start
        harmonics = sum(np.sin(2 * np.pi * hertz * k * since) / k for k in range(1, 6))
        tune[time >= start] += harmonics * np.exp(-3 * since) * (since < 0.5)
    return (0.1 * tune).astype(np.float32)


def test_a_melody_is_no_speech() -> None:
    assert not is_speech(melody(), np.ones(375), 62.5)


def test_what_is_too_short_to_tell_counts_as_speech() -> None:
    assert is_speech(melody(0.3), np.ones(19), 62.5)
    assert is_speech(np.zeros(0, np.float32), np.zeros(0), 62.5)


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("en-us", "Once upon a time a fox ran home."),
        ("de", "Es war einmal ein Fuchs, der lief nach Hause."),
        ("cmn", "今天天气很好，我们去公园散步吧。"),
        ("ja", "今日はとても良い天気ですね。"),
    ],
)
def test_synthetic_voices_are_speech(voice: str, text: str) -> None:
    pytest.importorskip("espeakng_loader")
    speech = say(text, voice=voice)
    samples = resample(speech.samples, speech.sample_rate)
    assert is_speech(samples, np.ones(len(samples) // 160 + 1), 100.0)


@pytest.mark.corpus
def test_recordings_in_many_languages_are_speech(corpus: Path) -> None:
    rows = manifest_rows(corpus / "speech")
    for language in ("en", "zh", "fr", "it", "es", "ja", "ko", "de", "ru"):
        row = next(row for row in rows if row["language"] == language and float(row["seconds"]) > 3)
        samples = np.asarray(read_speech(corpus / "speech" / row["file"]).samples[: 10 * 16_000])
        assert is_speech(samples, voice_activity(samples, 100.0), 100.0), row["file"]
