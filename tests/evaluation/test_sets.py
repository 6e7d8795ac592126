"""Measures of many videos together."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.evaluation.measures import Scores
from talkinghead.evaluation.sets import BLINKS, HEAD_POSE, distances_between_pools, personalisation
from talkinghead.types import FloatArray

FPS = 25.0
SPEAKERS = {"ann_1": "ann", "ann_2": "ann", "ben_1": "ben", "ben_2": "ben"}


def nod(rate: float, seed: int, seconds: float = 9.0) -> FloatArray:
    time = np.arange(round(seconds * FPS)) / FPS
    rng = np.random.default_rng(seed)
    return np.asarray(
        0.1 * np.sin(2 * np.pi * rate * time + rng.uniform(0, 6)) + 0.002 * rng.standard_normal(len(time))
    )


def moving(made: float, real: float, seed: int) -> Scores:
    """A video that nods and blinks ``made`` times per second, the real one ``real`` times."""
    curves = {}
    for prefix, rate in (("", made), ("reference ", real)):
        for number, name in enumerate(("pitch", "yaw", "roll")):
            curves[prefix + name] = nod(rate, 10 * seed + number).tolist()
        curves[f"{prefix}blink"] = (nod(rate, 10 * seed + 5) > 0.08).astype(float).tolist()
    return Scores(curves=curves, fps=FPS)


def told(rates: dict[str, float], *, real: bool = False) -> dict[str, float]:
    """Ann nods slowly and Ben fast; ``rates`` is what their videos do."""
    own = {"ann": 0.5, "ben": 2.5}
    scores = {name: moving(rates[speaker], own[speaker], seed) for seed, (name, speaker) in enumerate(SPEAKERS.items())}
    return personalisation(scores, SPEAKERS, dict.fromkeys(scores, FPS), real=real)


def test_people_are_told_by_how_they_move() -> None:
    assert told({"ann": 0.5, "ben": 2.5}, real=True) == {HEAD_POSE: 1.0, BLINKS: 1.0}
    assert told({"ann": 0.5, "ben": 2.5}) == {HEAD_POSE: 1.0, BLINKS: 1.0}


def test_who_moves_like_another_is_taken_for_that_one() -> None:
    assert told({"ann": 2.5, "ben": 0.5}) == {HEAD_POSE: 0.0, BLINKS: 0.0}
    assert told({"ann": 0.5, "ben": 0.5})[HEAD_POSE] == 0.5


def test_one_clip_of_several_seconds_makes_a_speaker() -> None:
    scores = {"ann": moving(0.5, 0.5, 1), "ben": moving(2.5, 2.5, 2)}
    found = personalisation(scores, {name: name for name in scores}, dict.fromkeys(scores, FPS), real=False)
    assert found[HEAD_POSE] == 1.0


def test_nobody_is_told_where_one_speaks_or_clips_are_short() -> None:
    alone = {"ann": moving(0.5, 0.5, 1)}
    assert personalisation(alone, {"ann": "ann"}, {"ann": FPS}, real=False) == {}
    short = {name: moving(1.0, 1.0, 1) for name in SPEAKERS}
    for scores in short.values():
        scores.curves = {name: curve[:40] for name, curve in scores.curves.items()}
    assert personalisation(short, SPEAKERS, dict.fromkeys(short, FPS), real=False) == {}


def test_features_are_pooled_before_they_are_compared() -> None:
    rng = np.random.default_rng(0)
    real = rng.standard_normal((40, 3))
    halves = [Scores(features={"mouth": part + 2.0, "reference mouth": part}) for part in np.array_split(real, 2)]
    assert distances_between_pools([*halves, Scores()]) == {"fmd": pytest.approx(12.0)}
    assert distances_between_pools([Scores()]) == {}
