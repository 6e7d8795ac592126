"""Speech that sounds otherwise and says the same."""

from __future__ import annotations

import numpy as np
import pytest

from drawn import speech_like
from talkinghead.training.augmentation.sound import add_codec, add_room, augment_sound, change_pitch, change_speed


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(16_000 * seconds)) / 16_000)).astype(np.float32)


def loudest_hertz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax() * 16_000 / len(samples))


def test_played_faster_is_higher_and_shorter_and_labels_follow() -> None:
    labels = np.repeat([1, 2], 50)
    samples, moved = change_speed(tone(400), labels, 1.25)
    assert len(samples) == pytest.approx(16_000 / 1.25, abs=1)
    assert loudest_hertz(samples) == pytest.approx(500, rel=0.01)
    assert moved.tolist() == [1] * 40 + [2] * 40


@pytest.mark.slow
def test_pitched_is_higher_and_as_long() -> None:
    samples = change_pitch(tone(400), 12)
    assert len(samples) == 16_000
    assert loudest_hertz(samples) == pytest.approx(800, rel=0.02)


def test_a_room_adds_a_tail_and_moves_nothing() -> None:
    click = np.zeros(16_000, np.float32)
    click[8000] = 1.0
    augmented = add_room(click, np.random.default_rng(0))
    assert augmented.shape == click.shape
    assert augmented[8000] == pytest.approx(1.0)
    np.testing.assert_allclose(augmented[:8000], 0.0, atol=1e-6)
    echo = augmented[8032:].astype(float)
    assert 10 ** (-15 / 10) * 0.9 < np.sum(echo**2) < 10 ** (-3 / 10) * 1.1


@pytest.mark.parametrize("seed", range(6))  # telephone and Vorbis
def test_codecs_keep_the_speech_in_its_place(seed: int) -> None:
    speech = speech_like(1.0, seed=3)
    augmented = add_codec(speech, np.random.default_rng(seed))
    assert augmented.shape == speech.shape
    assert not np.array_equal(augmented, speech)
    lags = np.correlate(augmented, speech, mode="full")
    assert abs(int(lags.argmax()) - (len(speech) - 1)) <= 8  # half a millisecond


@pytest.mark.parametrize("tempo", [True, False])
def test_augmentation_of_sound_keeps_labels_in_step(tempo: bool) -> None:
    # Half noise, half nothing: whatever is done to the sound, the labels must still tell which is which.
    rng = np.random.default_rng(0)
    samples = np.concatenate([rng.normal(scale=0.1, size=16_000), np.zeros(16_000)]).astype(np.float32)
    labels = np.repeat([1, 0], 100)
    lengths = set()
    for seed in range(12):
        augmented, moved = augment_sound(samples, labels, np.random.default_rng(seed), tempo=tempo)
        assert abs(len(augmented) / 160 - len(moved)) <= 2
        border = int(np.flatnonzero(np.diff(moved))[0] + 1) * 160
        assert np.std(augmented[: border - 400]) > 4 * np.std(augmented[border + 8000 :])
        lengths.add(len(moved))
    assert (len(lengths) > 3) == tempo


def test_augmentation_of_sound_is_seeded() -> None:
    speech, labels = speech_like(1.0, seed=1), np.zeros(100)

    def make(seed: int) -> np.ndarray:
        return augment_sound(speech, labels, np.random.default_rng(seed))[0]

    assert np.array_equal(make(0), make(0))
    assert not np.array_equal(make(0), make(1))
