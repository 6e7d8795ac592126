"""Blinks of known start, end and number are found; what is not a blink is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.media import VideoReader
from talkinghead.metrics.blinks import blink_duration, blink_rate, find_blinks, inter_blink_interval
from talkinghead.tracking import track_faces
from talkinghead.types import FloatArray


def curve(
    *peaks: float, seconds: float = 6.0, fps: float = 25.0, half: float = 0.15, height: float = 1.0
) -> FloatArray:
    """(T,) raised cosines at the given times (s), ``half`` s wide at half height."""
    times = np.arange(round(seconds * fps)) / fps
    humps = [np.where(np.abs(times - t) < half, 0.5 + 0.5 * np.cos(np.pi * (times - t) / half), 0.0) for t in peaks]
    return np.asarray(height * np.sum([np.zeros_like(times), *humps], axis=0).clip(0, 1))


@pytest.mark.parametrize("fps", [25.0, 30.0, 62.5])
@pytest.mark.parametrize("peak", [1.0, 1.01, 1.023])
def test_start_and_end_are_at_half_height_between_frames(fps: float, peak: float) -> None:
    (blink,) = find_blinks(curve(peak, fps=fps), fps)
    assert blink.label == "blink"
    assert blink.start == pytest.approx(peak - 0.075, abs=0.01)
    assert blink.end == pytest.approx(peak + 0.075, abs=0.01)


def test_a_polygon_is_read_exactly() -> None:
    blink = np.zeros(50)
    blink[10:15] = (0.4, 0.8, 1.0, 0.75, 0.25)
    (found,) = find_blinks(blink, 25.0)
    assert found.start == pytest.approx(10.25 / 25)
    assert found.end == pytest.approx(13.5 / 25)
    assert blink_duration(blink, 25.0) == pytest.approx(3.25 / 25)


def test_rate_duration_and_interval_of_three_blinks() -> None:
    blink = curve(1.0, 2.0, 4.0)
    assert blink_rate(blink, 25.0) == pytest.approx(0.5)
    assert blink_duration(blink, 25.0) == pytest.approx(0.15, abs=0.01)
    assert inter_blink_interval(blink, 25.0) == pytest.approx(1.5 - 0.15, abs=0.01)


def test_longer_blinks_are_longer() -> None:
    durations = [blink_duration(curve(3.0, half=half), 25.0) for half in (0.1, 0.15, 0.25, 0.4)]
    assert durations == pytest.approx([0.1, 0.15, 0.25, 0.4], abs=0.01)


def test_eyes_that_stay_open_do_not_blink() -> None:
    for still in (np.zeros(100), np.full(100, 0.3), np.zeros(0), np.zeros(1)):
        assert find_blinks(still, 25.0) == ()
        assert np.isnan(blink_duration(still, 25.0))
        assert np.isnan(inter_blink_interval(still, 25.0))
    assert blink_rate(np.zeros(100), 25.0) == 0.0
    assert np.isnan(blink_rate(np.zeros(0), 25.0))
    assert np.isnan(inter_blink_interval(curve(1.0), 25.0))


def test_what_is_no_blink() -> None:
    glitch = np.zeros(100)
    glitch[50] = 1.0
    shut = np.zeros(100)
    shut[30:60] = 1.0
    half_way = curve(1.0, height=0.45)
    noise = 0.1 + 0.05 * np.random.default_rng(0).standard_normal(100)
    for path in (glitch, shut, half_way, noise):
        assert find_blinks(path, 25.0) == ()


def test_noise_changes_nothing() -> None:
    blink = curve(1.0, 2.0, 4.0)
    noisy = (blink + 0.03 * np.random.default_rng(0).standard_normal(len(blink))).clip(0, 1)
    for clean, found in zip(find_blinks(blink, 25.0), find_blinks(noisy, 25.0), strict=True):
        assert found.start == pytest.approx(clean.start, abs=0.02)
        assert found.end == pytest.approx(clean.end, abs=0.02)


def test_two_blinks_between_which_the_lids_open_only_half_are_two() -> None:
    blink = curve(1.0, 1.2)
    between = blink[25:31].min()
    assert 0.3 < between < 0.7
    first, second = find_blinks(blink, 25.0)
    assert first.end < 1.1 < second.start


def test_narrow_eyes_blink_too() -> None:
    (blink,) = find_blinks(0.4 + 0.6 * curve(1.0), 25.0)
    assert blink.end - blink.start == pytest.approx(0.15, abs=0.01)


def test_blinks_cut_by_the_ends() -> None:
    whole = curve(1.0)
    begun, ending = whole[26:], whole[:27]
    assert find_blinks(begun, 25.0) == ()
    (cut,) = find_blinks(ending, 25.0)
    assert cut.end == pytest.approx(26 / 25)
    assert np.isnan(blink_duration(ending, 25.0))


def test_cutting_a_recording_keeps_the_rate() -> None:
    peaks = np.cumsum(np.random.default_rng(0).uniform(0.8, 4.0, 60))
    whole = curve(*peaks, seconds=peaks[-1] + 2)
    pieces = [whole[first : first + 50] for first in range(0, len(whole) - 49, 50)]
    count = sum(len(find_blinks(piece, 25.0)) for piece in pieces)
    assert count == pytest.approx(60, abs=3)


@pytest.mark.parametrize(("shape", "fps"), [((5, 2), 25.0), ((5,), 0.0), ((5,), float("nan"))])
def test_bad_curves_are_refused(shape: tuple[int, ...], fps: float) -> None:
    with pytest.raises(ValueError, match="need a curve"):
        find_blinks(np.zeros(shape), fps)


@pytest.mark.corpus
def test_a_real_speaker_blinks_as_was_seen(corpus: Path) -> None:
    blink = track_faces(VideoReader(corpus / "grid_s1" / "video" / "bgbu4p.mp4").chunks()).blink
    spans = [(25 * found.start, 25 * found.end) for found in find_blinks(blink, 25.0)]
    for (start, end), shut in zip(spans, ((35, 36), (41, 42), (46, 48)), strict=True):  # frames, read off the pictures
        assert start == pytest.approx(shut[0], abs=1.5)
        assert end == pytest.approx(shut[1] + 1, abs=1.5)
