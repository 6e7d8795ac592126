"""Blinks from FACIAL-GAN's curve."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.methods.facial.blinks import USUAL, habit_of, place_blinks
from talkinghead.methods.facial.config import CONFIGS
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.metrics.blinks import blink_duration, blink_rate, find_blinks

FPS = 30.0


def likely(seconds: float) -> np.ndarray:
    """A curve that never reaches a blink, high every third second."""
    times = np.arange(round(seconds * FPS)) / FPS
    return 0.1 + 0.3 * np.exp(-0.5 * ((times % 3 - 1.5) / 0.15) ** 2)


@pytest.mark.parametrize("rate", [0.2, 0.45, 0.8])
@pytest.mark.parametrize("length", [0.13, 0.25])
def test_as_often_and_as_long_as_the_habit(rate: float, length: float) -> None:
    made = place_blinks(likely(120), FPS, habit=(rate, length), level=0.15, seed=0)
    assert blink_rate(made, FPS) == pytest.approx(rate, rel=0.1)
    assert blink_duration(made, FPS) == pytest.approx(length, abs=0.02)


def test_where_the_curve_is_high() -> None:
    curve = likely(120)
    made = place_blinks(curve, FPS, habit=(0.3, 0.2), level=0.15, seed=1)
    shut = [curve[round((blink.start + blink.end) / 2 * FPS)] for blink in find_blinks(made, FPS)]
    assert np.mean(shut) > curve.mean() + 0.1


def test_a_longer_curve_begins_alike_and_seeds_differ() -> None:
    curve = likely(60)
    whole = place_blinks(curve, FPS, habit=USUAL, level=0.15, seed=3)
    part = place_blinks(curve[:900], FPS, habit=USUAL, level=0.15, seed=3)
    assert np.array_equal(whole[:880], part[:880])
    assert not np.array_equal(whole, place_blinks(curve, FPS, habit=USUAL, level=0.15, seed=4))


def test_the_habit_is_that_of_the_curves() -> None:
    rate, length = habit_of([place_blinks(likely(60), FPS, habit=(0.5, 0.2), level=0.15, seed=k) for k in (0, 1)], FPS)
    assert rate == pytest.approx(0.5, rel=0.1)
    assert length == pytest.approx(0.2, abs=0.02)
    assert habit_of([np.zeros(90)], FPS) == USUAL


def test_those_whose_lids_are_seldom_down_blink_as_often_in_short_speeches() -> None:
    """Of a curve below the level of many people less than a blink would be gathered in three seconds."""
    network = FacialGenerator(CONFIGS["tiny"].attributes)
    network.mean[-1] = 0.15
    assert network.level == pytest.approx(0.15)
    seldom = np.full(90, 0.04)
    network.adopt_lids([seldom, seldom[:10]])
    assert network.level == pytest.approx(0.04)
    assert network.config.lids

    def count(level: float) -> int:
        return sum(
            len(find_blinks(place_blinks(seldom, FPS, habit=(0.2, 0.13), level=level, seed=seed), FPS))
            for seed in range(100)
        )

    assert count(network.level) == pytest.approx(0.2 * 300, abs=10)
    assert count(0.15) < 0.75 * count(network.level)
