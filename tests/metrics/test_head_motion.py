"""Range and spectrum of head motion, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.head_motion import BAND_EDGES_HZ, band_levels, motion_range, spectrum_distance
from talkinghead.types import FloatArray

FPS = 25.0


def head(seconds: float = 3.0, *, seed: int = 0) -> FloatArray:
    """(T, 3) rad: a walk at random, some degrees wide, that moves in all octaves."""
    steps = np.random.default_rng(seed).standard_normal((round(seconds * FPS), 3))
    return np.asarray(np.radians(steps.cumsum(axis=0)))


def nod(frequency: float, *, seconds: float = 6.0, degrees: float = 5.0, fps: float = FPS) -> FloatArray:
    """(T, 3) rad: pitch goes up and down, the rest sways a little."""
    time = np.arange(round(seconds * fps)) / fps
    sway = [np.sin(2 * np.pi * 0.7 * time), np.sin(2 * np.pi * 0.7 * time)]
    return np.asarray(np.radians(np.stack([degrees * np.sin(2 * np.pi * frequency * time), *sway], axis=1)))


def test_range_of_a_ramp_and_of_two() -> None:
    ramp = np.zeros((101, 3))
    ramp[:, 0] = np.radians(np.linspace(0, 10, 101))
    assert motion_range(ramp) == pytest.approx(9.0)  # 5th to 95th percentile
    ramp[:, 1] = np.radians(np.linspace(0, 40 / 3, 101))  # 9 and 12 degrees: 15
    assert motion_range(ramp) == pytest.approx(15.0)


def test_range_of_a_still_head_and_of_one_misread_frame() -> None:
    still = np.full((100, 3), 0.2)
    assert motion_range(still) == 0.0
    assert motion_range(still[:1]) == 0.0
    still[50] = 1.0
    assert motion_range(still) == pytest.approx(0.0, abs=1e-9)


def test_range_does_not_jump_where_the_circle_closes() -> None:
    ramp = np.zeros((101, 3))
    ramp[:, 2] = np.radians(np.linspace(175, 185, 101))
    wrapped = (ramp + np.pi) % (2 * np.pi) - np.pi
    assert motion_range(wrapped) == pytest.approx(9.0)


def test_equal_motion_is_at_no_distance_wherever_the_head_points() -> None:
    assert spectrum_distance(head(), head(), FPS) == 0.0
    assert spectrum_distance(head() + 0.4, head(), FPS) == pytest.approx(0.0, abs=1e-9)
    assert spectrum_distance(-head(), head(), FPS) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("factor", [2.0, 4.0, 10.0])
def test_a_larger_motion_is_that_many_decibels_away(factor: float) -> None:
    expected = 20 * np.log10(factor)
    assert spectrum_distance(factor * head(), head(), FPS) == pytest.approx(expected)
    assert spectrum_distance(head(), factor * head(), FPS) == pytest.approx(expected)


def test_a_faster_nod_is_farther() -> None:
    near, far = spectrum_distance(nod(0.8), nod(0.7), FPS), spectrum_distance(nod(3.0), nod(0.7), FPS)
    assert near < 3.0 < far
    assert spectrum_distance(nod(0.7, seconds=3.0), nod(0.7), FPS) < 3.0


def test_two_performances_of_one_head_are_nearer_than_a_livelier_one() -> None:
    same = spectrum_distance(head(20, seed=1), head(30, seed=2), FPS)
    livelier = spectrum_distance(3 * head(20, seed=1), head(30, seed=2), FPS)
    assert same < 3.0
    assert livelier == pytest.approx(20 * np.log10(3), abs=2.0)


def test_what_the_tracker_sees_in_a_still_picture_is_no_motion() -> None:
    jitter = np.radians(1e-3) * np.random.default_rng(0).standard_normal((75, 3))
    assert spectrum_distance(jitter, np.zeros((75, 3)), FPS) == 0.0
    assert spectrum_distance(np.zeros((75, 3)), head(), FPS) > 15


def test_short_clips() -> None:
    assert np.isfinite(spectrum_distance(head(74 / FPS), head(), FPS))
    assert np.isnan(spectrum_distance(head(2.4), head(), FPS))
    assert np.isnan(spectrum_distance(head(), head(1.0), FPS))
    with pytest.raises(ValueError, match="more than 62 frames"):
        band_levels(head(2.0), FPS, floor=-20)


@pytest.mark.parametrize("fps", [20.0, 25.0, 30.0, 62.5])
def test_levels_of_a_nod_lie_in_its_octave(fps: float) -> None:
    low, high = BAND_EDGES_HZ[2:4]
    levels = band_levels(np.degrees(nod(1.5, fps=fps)), fps, floor=-20)
    assert levels.shape == (5, 3)
    assert low < 1.5 < high
    assert levels[:, 0].argmax() == 2
    # A sine's power, half its squared speed, spreads over the octave of 1 Hz.
    assert levels[2, 0] == pytest.approx(10 * np.log10((5 * 2 * np.pi * 1.5) ** 2 / 2), abs=1.0)


def test_octaves_above_half_the_frame_rate_are_left_out() -> None:
    assert band_levels(np.zeros((60, 1)), 7.0, floor=-20).shape == (4, 1)


@pytest.mark.parametrize("shape", [(10, 2), (10,), (0, 3)])
def test_bad_rotations_are_refused(shape: tuple[int, ...]) -> None:
    for call in (lambda: motion_range(np.zeros(shape)), lambda: spectrum_distance(np.zeros(shape), head(), FPS)):
        with pytest.raises(ValueError, match=r"need rotations \(T, 3\)"):
            call()
