"""Intervals of means, and differences of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.evaluation.statistics import Estimate, bootstrap_interval, costs, difference_of_pairs, verdict


def test_equal_values_leave_no_doubt() -> None:
    assert bootstrap_interval([0.25] * 7) == (0.25, 0.25, 0.25)
    assert bootstrap_interval([3.0]) == (3.0, 3.0, 3.0)


def test_the_interval_is_that_of_the_normal_distribution_for_many_values() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    mean, low, high = bootstrap_interval(values)
    assert mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == (pytest.approx(mean - half, abs=0.02), pytest.approx(mean + half, abs=0.02))


def test_two_values_resample_to_four_outcomes() -> None:
    # The means are 0, 1/2, 1/2 and 1, each with probability 1/4.
    assert bootstrap_interval([0.0, 1.0]) == (0.5, 0.0, 1.0)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    inside = 0
    for trial in range(200):
        _, low, high = bootstrap_interval(random.normal(0.0, 1.0, 40), seed=trial)
        inside += low <= 0.0 <= high
    assert 0.88 <= inside / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).exponential(1.0, 30)
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]]])
def test_what_has_no_mean_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite values"):
        bootstrap_interval(values)


def test_what_makes_a_clip_hard_for_both_falls_out() -> None:
    hard = np.random.default_rng(3).uniform(0.0, 100.0, 20)
    difference = difference_of_pairs(hard + 1.0, hard + 1.5)
    assert difference == pytest.approx((-0.5, -0.5, -0.5))
    assert verdict(difference) == "better"
    _, low, high = bootstrap_interval(hard)
    assert high - low > 10


def test_pairs_are_as_many() -> None:
    with pytest.raises(ValueError, match="as many, got 2 and 1"):
        difference_of_pairs([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(-2.0, -0.1, "better"), (0.1, 2.0, "worse"), (-0.1, 0.1, "undecided"), (0, 0, "undecided")],
)
def test_verdicts(low: float, high: float, word: str) -> None:
    assert verdict(Estimate((low + high) / 2, low, high)) == word


def test_costs_turn_so_that_lower_is_better() -> None:
    values, real = [-1.0, 4.0], [2.0, 2.0]
    assert costs(values, "lower", real).tolist() == [-1.0, 4.0]
    assert costs(values, "higher", real).tolist() == [1.0, -4.0]
    assert costs(values, "reference", real).tolist() == [3.0, 2.0]
    assert costs(values, "", real).tolist() == [1.0, 4.0]
    with pytest.raises(ValueError, match="lower, higher, reference or nothing"):
        costs(values, "nearer", real)


def test_another_statistic_than_the_mean() -> None:
    estimate = bootstrap_interval([1.0, 2.0, 9.0], statistic=np.median)
    assert estimate == (2.0, 1.0, 9.0)
