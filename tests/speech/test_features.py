"""Features of speech, against closed forms and published definitions."""

import tracemalloc

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal

from talkinghead.speech.features import (
    SAMPLE_RATE,
    log_mel,
    loudness_gain,
    mfcc,
    resample,
    speech_at_16_khz,
    windows_about,
)
from talkinghead.types import Speech


def sine(frequency, seconds=1.0, rate=SAMPLE_RATE):
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_resample_keeps_a_sine(rate):
    resampled = resample(sine(440, rate=rate), rate)
    assert resampled.dtype == np.float32
    assert len(resampled) == SAMPLE_RATE
    inner = slice(1000, -1000)
    np.testing.assert_allclose(resampled[inner], sine(440)[inner], atol=2e-3)


def test_resample_length_is_the_ceiling():
    assert len(resample(np.zeros(1001, np.float32), 22_050)) == int(np.ceil(1001 * 16_000 / 22_050))
    assert len(resample(np.zeros(0, np.float32), 22_050)) == 0


@pytest.mark.parametrize("frequency", [200.0, 1000.0, 3000.0])
def test_log_mel_of_a_sine_peaks_in_its_band(frequency):
    centres = librosa.mel_frequencies(82, fmin=90.0, fmax=7600.0)[1:-1]
    peak = log_mel(sine(frequency)).mean(axis=0).argmax()
    assert abs(peak - np.abs(centres - frequency).argmin()) <= 1


@pytest.mark.parametrize("rate", [25.0, 62.5, 100.0])
def test_log_mel_frame_is_centred_on_its_time(rate):
    for seconds in (0.0, 0.4, 0.8):
        click = np.zeros(SAMPLE_RATE, np.float32)
        click[round(seconds * SAMPLE_RATE)] = 1.0
        assert log_mel(click, rate=rate, window=512).sum(axis=1).argmax() == round(seconds * rate)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 320, 16_000])
def test_log_mel_count_is_the_ceiling(count):
    mel = log_mel(np.ones(count, np.float32))
    assert mel.shape == (-(-count // 256), 80)
    assert mel.dtype == np.float32


def test_log_mel_is_the_filtered_spectrum_in_decibels():
    samples = np.random.default_rng(0).standard_normal(8_000).astype(np.float32) * 0.1
    filters = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=1024, n_mels=80, fmin=90, fmax=7600)
    window = samples[10 * 256 - 512 : 10 * 256 + 512] * scipy.signal.get_window("hann", 1024)
    decibels = 20 * np.log10(filters @ np.abs(np.fft.rfft(window)))
    np.testing.assert_allclose(log_mel(samples)[10], (decibels / 100 + 1).clip(0, 1), atol=1e-5)


def test_log_mel_of_silence_is_zero_and_loudness_is_logarithmic():
    assert log_mel(np.zeros(4_000, np.float32)).max() == 0.0
    quiet = sine(500) * 0.01
    np.testing.assert_allclose(log_mel(10 * quiet).max() - log_mel(quiet).max(), 0.2, atol=1e-4)


def test_pieces_join_without_a_seam():
    samples = np.random.default_rng(1).standard_normal(160 * 560).astype(np.float32)
    whole = log_mel(samples, rate=100.0)
    np.testing.assert_allclose(whole[505:550], log_mel(samples[160 * 500 :], rate=100.0)[5:50], atol=1e-6)


def test_centred_windows():
    samples = np.arange(1, 8, dtype=np.float32)
    ((first, windows),) = windows_about(samples, hop=3, window=4)
    assert first == 0
    np.testing.assert_array_equal(windows, [[0, 0, 1, 2], [2, 3, 4, 5], [5, 6, 7, 0]])


def test_mfcc_is_the_cosine_transform_of_log_mel():
    samples = sine(300) + sine(1200)
    mel = log_mel(samples, rate=100.0, num_mels=40, window=400, low=20.0, high=8000.0)
    expected = scipy.fft.dct(mel, norm="ortho")[:, :13]
    np.testing.assert_allclose(mfcc(samples), expected, atol=1e-6)
    assert mfcc(samples).dtype == np.float32


def test_rate_must_divide():
    with pytest.raises(ValueError, match="does not divide"):
        log_mel(np.zeros(1_600, np.float32), rate=30.0)


@pytest.mark.parametrize("gain", [0.003, 0.3, 1.0])
@pytest.mark.parametrize("seconds", [0.01, 0.02, 3.0])
def test_loudness_is_brought_to_one_level(gain, seconds):
    samples = gain * sine(400, seconds)
    level = np.sqrt(np.square(samples * loudness_gain(samples)).mean())
    np.testing.assert_allclose(20 * np.log10(level), -20.0, atol=0.1)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(800, np.float32), 1e-4 * sine(400)])
def test_loudness_of_silence_stays(samples):
    assert loudness_gain(samples) == 1.0


def test_gain_in_closed_form():
    samples = 0.1 * sine(400, 3.0)
    # Root mean square of the sine: 0.05 / sqrt(2); wanted: 0.1.
    np.testing.assert_allclose(loudness_gain(samples), 2.0 * np.sqrt(2.0), rtol=1e-3)
    np.testing.assert_allclose(loudness_gain(samples, level_db=-40.0), 0.2 * np.sqrt(2.0), rtol=1e-3)


def test_gain_copies_nothing():
    samples = np.random.default_rng(0).standard_normal(60 * SAMPLE_RATE).astype(np.float32)
    tracemalloc.start()
    loudness_gain(samples)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < samples.nbytes / 20


def test_any_speech_becomes_16_khz() -> None:
    speech = speech_at_16_khz(Speech(np.zeros(22_050, np.float32), 22_050, transcript="hello"))
    assert (len(speech.samples), speech.sample_rate, speech.transcript) == (16_000, 16_000, "hello")
