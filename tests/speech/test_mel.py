"""The mel scale and filters, against librosa's."""

import librosa
import numpy as np
import pytest

from talkinghead.speech.mel import mel_filters, mel_frequencies


@pytest.mark.parametrize(("count", "low", "high"), [(82, 90.0, 7600.0), (42, 0.0, 8000.0), (5, 0.0, 900.0)])
def test_frequencies_are_librosas(count: int, low: float, high: float) -> None:
    wanted = librosa.mel_frequencies(count, fmin=low, fmax=high)
    np.testing.assert_allclose(mel_frequencies(count, low=low, high=high), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("count", "window", "low", "high"),
    [(80, 1024, 90.0, 7600.0), (80, 512, 90.0, 7600.0), (40, 400, 0.0, 8000.0), (80, 800, 55.0, 7600.0)],
)
def test_filters_are_librosas(count: int, window: int, low: float, high: float) -> None:
    own = mel_filters(count, sample_rate=16_000, window=window, low=low, high=high)
    wanted = librosa.filters.mel(sr=16_000, n_fft=window, n_mels=count, fmin=low, fmax=high)
    assert own.dtype == wanted.dtype
    np.testing.assert_array_equal(own, wanted)
