"""One sound under another: level, rate, channels, length."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.media import ArraySound
from talkinghead.media.mixed import MixedSound
from talkinghead.types import FloatArray


def tone(hertz: float, seconds: float, rate: int, channels: int = 1) -> ArraySound:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return ArraySound(np.repeat(wave[None], channels, axis=0).astype(np.float32), rate)


def samples_of(sound: MixedSound) -> FloatArray:
    return np.concatenate(list(sound.chunks()), axis=1)


def level_at(samples: FloatArray, hertz: float, rate: int) -> float:
    """Amplitude of a tone."""
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate)
    return float(2 * np.abs((samples * phase).mean()))


@pytest.mark.parametrize("channels", [1, 2])
def test_the_other_sound_lies_under_it_at_its_level(channels: int) -> None:
    mixed = MixedSound(tone(400, 2.0, 16_000), tone(1000, 3.0, 44_100, channels), 0.1, 40_000)
    samples = samples_of(mixed)
    assert samples.shape == (channels, 40_000)
    assert (mixed.sample_rate, mixed.channels) == (16_000, channels)
    middle = samples[0, 4000:28_000]
    assert level_at(middle, 400, 16_000) == pytest.approx(0.5, abs=0.01)
    assert level_at(middle, 1000, 16_000) == pytest.approx(0.05, abs=0.003)
    # After the first sound's end the other one goes on alone.
    assert level_at(samples[0, 33_000:39_000], 400, 16_000) < 0.002
    assert level_at(samples[0, 33_000:39_000], 1000, 16_000) == pytest.approx(0.05, abs=0.003)


def test_a_sound_alone_is_cut_or_followed_by_silence() -> None:
    sound = tone(400, 1.0, 8000)
    np.testing.assert_array_equal(samples_of(MixedSound(sound, None, 1.0, 3000)), sound.samples[:, :3000])
    longer = samples_of(MixedSound(sound, None, 1.0, 20_000))
    np.testing.assert_array_equal(longer[:, :8000], sound.samples)
    assert not longer[:, 8000:].any()


def test_what_is_too_loud_together_is_clipped() -> None:
    loud = ArraySound(np.full((1, 900), 0.9, np.float32), 8000)
    assert samples_of(MixedSound(loud, loud, 1.0, 900)).max() == 1.0
