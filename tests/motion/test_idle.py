"""Idle head and blinks: statistics over ten minutes, and the same motion whatever the length and the frame rate."""

import numpy as np
import pytest
import scipy.signal

from talkinghead.errors import InputError
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.motion.smoothing import resample_rows

FPS = 25.0
TEN_MINUTES = 15_000
SEEDS = range(6)


def spoken(num_frames, fps=FPS):
    """Speech of 0.8 to 3.5 s and pauses of 0.2 to 0.9 s in turn, (T,) of 0 and 1."""
    random = np.random.default_rng(0)
    activity, time = np.zeros(num_frames), 0.4
    while time < num_frames / fps:
        end = time + random.uniform(0.8, 3.5)
        activity[round(time * fps) : round(end * fps)] = 1.0
        time = end + random.uniform(0.2, 0.9)
    return activity


def blinks_of(blink):
    """(n, 2) first frame and one past the last frame of each blink, where the eyes are more than a tenth closed."""
    return np.flatnonzero(np.diff(np.concatenate([[0], blink > 0.1, [0]]))).reshape(-1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_head_amplitude(seed):
    rotation, translation = idle_head(TEN_MINUTES, FPS, seed=seed)
    np.testing.assert_allclose(np.degrees(rotation.std(axis=0)), [1.3, 1.8, 0.9], rtol=0.15)
    np.testing.assert_allclose(translation.std(axis=0), [0.015, 0.015, 0.008], rtol=0.15)
    assert np.all(np.abs(np.degrees(rotation)) <= 3 * np.array([1.3, 1.8, 0.9]))
    assert np.all(np.abs(np.degrees(rotation.mean(axis=0))) < 0.4)
    assert np.degrees(np.abs(np.diff(rotation, axis=0))).max() * FPS < 30.0


def test_head_spectrum_falls_with_the_square_of_the_frequency():
    rotation = np.concatenate([idle_head(TEN_MINUTES, FPS, seed=seed)[0] for seed in SEEDS], axis=1)
    frequency, power = scipy.signal.welch(rotation, FPS, nperseg=1024, axis=0)
    power = power.mean(axis=1)

    def slope(low, high):
        band = (frequency > low) & (frequency < high)
        return np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]

    assert -2.6 < slope(0.25, 1.2) < -1.5
    assert slope(2.5, 6.0) < -4.0


@pytest.mark.parametrize("activity", [None, spoken(500)])
def test_head_leaves_from_the_portrait_at_rest(activity):
    for array, unit in zip(idle_head(500, FPS, seed=1, activity=activity), (np.radians(1.8), 0.015), strict=True):
        assert np.all(array[0] == 0.0)
        assert np.abs(array[1]).max() < 0.02 * unit


def test_head_is_quieter_in_silence_and_nods_when_speech_sets_in():
    silent = idle_head(TEN_MINUTES, FPS, seed=1, activity=np.zeros(TEN_MINUTES))[0]
    speaking = idle_head(TEN_MINUTES, FPS, seed=1, activity=np.ones(TEN_MINUTES))[0]
    np.testing.assert_allclose(silent.std(axis=0) / speaking.std(axis=0), 0.6, atol=0.03)
    activity = spoken(TEN_MINUTES)
    onsets = np.flatnonzero(np.diff(activity) > 0)[2:-2] + 1
    pitch = np.degrees(idle_head(TEN_MINUTES, FPS, seed=1, activity=activity)[0][:, 0])
    nod = np.mean([pitch[onset + 6] - pitch[onset - 1] for onset in onsets])
    assert 0.4 < nod < 1.5


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_head_amount_scales(amount):
    usual = idle_head(200, FPS, seed=3)
    scaled = idle_head(200, FPS, seed=3, amount=amount)
    for one, other in zip(usual, scaled, strict=True):
        np.testing.assert_allclose(other, amount * one, atol=1e-12)


@pytest.mark.parametrize("activity", [None, spoken(2_000)])
@pytest.mark.parametrize("length", [1, 2, 77, 1_999])
def test_more_frames_begin_alike(activity, length):
    part = None if activity is None else activity[:length]
    for whole, beginning in zip(
        (*idle_head(2_000, FPS, seed=5, activity=activity), idle_blinks(2_000, FPS, seed=5, activity=activity)),
        (*idle_head(length, FPS, seed=5, activity=part), idle_blinks(length, FPS, seed=5, activity=part)),
        strict=True,
    ):
        np.testing.assert_array_equal(whole[:length], beginning)


def test_same_path_at_every_frame_rate():
    rotation, translation = idle_head(500, 25.0, seed=2)
    blink = idle_blinks(500, 25.0, seed=2)
    for factor in (2, 4):
        finer = idle_head(500 * factor, 25.0 * factor, seed=2)
        np.testing.assert_allclose(finer[0][::factor], rotation, atol=1e-12)
        np.testing.assert_allclose(finer[1][::factor], translation, atol=1e-12)
        close = np.abs(idle_blinks(500 * factor, 25.0 * factor, seed=2)[::factor] - blink)
        assert close.max() < 1e-9
    odd = idle_head(600, 29.97, seed=2)[0]
    expected = np.interp(np.arange(600) / 29.97, np.arange(500) / 25.0, rotation[:, 1])
    np.testing.assert_allclose(odd[:590, 1], expected[:590], atol=np.radians(0.05))


def test_seeds_differ_and_repeat():
    first, again, other = (idle_head(100, FPS, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > np.radians(0.1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("activity", [None, spoken(TEN_MINUTES)])
def test_blinks_over_ten_minutes(seed, activity):
    """FACIAL (Zhang et al. 2021), section 5.2: 0.28-0.45 blinks per second."""
    blink = idle_blinks(TEN_MINUTES, FPS, seed=seed, activity=activity)
    assert blink.min() == 0.0
    assert blink.max() <= 1.0
    spans = blinks_of(blink)[:-1]  # the end may cut the last one off
    assert 0.28 <= len(spans) / 600 <= 0.45
    assert 0.25 <= np.diff(spans).mean() / FPS <= 0.4
    assert min(blink[start:stop].max() for start, stop in spans) >= 0.95
    assert spans[0, 0] >= 0.5 * FPS
    assert np.diff(spans[:, 0]).min() >= 0.8 * FPS - 1
    falls = np.mean([blink[start:stop].argmax() < (stop - start) / 2 for start, stop in spans])
    assert falls > 0.9  # they close faster than they open


def test_blinks_prefer_pauses():
    """Measured: 0.58 of the blinks begin in the pauses, which fill 0.20 of the time."""
    activity = spoken(TEN_MINUTES)
    starts = np.concatenate([blinks_of(idle_blinks(TEN_MINUTES, FPS, seed=s, activity=activity))[:, 0] for s in SEEDS])
    assert np.mean(activity < 0.5) < 0.25
    assert np.mean(activity[starts] < 0.5) > 0.45


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_rate_holds_whatever_is_spoken(level):
    blink = idle_blinks(TEN_MINUTES, FPS, seed=0, activity=np.full(TEN_MINUTES, level))
    assert 0.28 <= len(blinks_of(blink)) / 600 <= 0.45


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("activity", [None, spoken(TEN_MINUTES)])
def test_asked_rate(rate, activity):
    blink = idle_blinks(TEN_MINUTES, FPS, seed=1, rate=rate, activity=activity)
    np.testing.assert_allclose(len(blinks_of(blink)) / 600, rate, rtol=0.15)


@pytest.mark.parametrize("fps", [10.0, 12.0, 15.0, 24.0, 29.97, 60.0])
def test_every_blink_shuts_the_eyes_at_every_frame_rate(fps):
    blink = idle_blinks(round(60 * fps), fps, seed=4)
    assert min(blink[start:stop].max() for start, stop in blinks_of(blink)[:-1]) >= 0.95


def test_blinks_made_at_another_frame_rate_still_shut_the_eyes():
    blink = resample_rows(idle_blinks(62 * 60, 62.5, seed=4), 62.5, FPS, 1_480)
    assert min(blink[start:stop].max() for start, stop in blinks_of(blink)[:-1]) >= 0.95


def test_no_frames_no_blinks_and_no_rate():
    assert idle_head(0, FPS, seed=0)[0].shape == (0, 3)
    assert idle_blinks(0, FPS, seed=0).shape == (0,)
    assert idle_blinks(1, FPS, seed=0).tolist() == [0.0]
    assert not idle_blinks(5_000, FPS, seed=0, rate=0.0).any()


@pytest.mark.parametrize("rate", [-0.1, 5.0, np.nan, np.inf])
def test_rate_out_of_range(rate):
    with pytest.raises(InputError, match=r"choose one from 0 to 1\.5"):
        idle_blinks(10, FPS, seed=0, rate=rate)


@pytest.mark.parametrize("function", [idle_head, idle_blinks])
def test_activity_of_another_length(function):
    with pytest.raises(ValueError, match=r"activity must have shape \(10,\)"):
        function(10, FPS, seed=0, activity=np.zeros(9))
