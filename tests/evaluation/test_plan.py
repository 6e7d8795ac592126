"""Who learns and copies from whom."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.jobs import Prepared, ScoringJob, Settings
from talkinghead.evaluation.plan import LEARNED_FROM, LEARNED_FROM_OTHERS, Lacking, jobs_of, make_plans
from talkinghead.evaluation.systems import BASELINES, ENERGY, MEAN, RANDOM, REAL, SAME, STILL

SETTINGS = Settings("makeittalk", Path("out"))
SYSTEMS = ("makeittalk", *BASELINES)


def clip(name: str, speaker: str) -> Example:
    """A made-up clip."""
    return Example(name, speaker, Path(f"{name}.mp4"), "all")


def prepared(example: Example, failed: str = "") -> Prepared:
    """What is known of it; its shapes are all its own."""
    if failed:
        return Prepared(example.video, failed=failed)
    random = np.random.default_rng(len(example.name))
    landmarks = random.normal(0, 1, (6, 68, 3))
    return Prepared(example.video, f"digest of {example.name}", 25.0, landmarks, landmarks[0])


def test_a_speaker_with_other_clips() -> None:
    crowd = [clip(f"a{k}", "anna") for k in range(LEARNED_FROM + 9)] + [clip(f"b{k}", "ben") for k in range(5)]
    first, second = make_plans(crowd[:2], crowd, SYSTEMS)
    assert len(first.learns_from) == len(set(first.learns_from)) == LEARNED_FROM
    assert crowd[0] not in first.learns_from
    assert {other.speaker for other in first.learns_from} == {"anna"}
    assert first.copies[SAME] in first.learns_from
    assert first.copies[RANDOM] in crowd[-5:]
    assert make_plans(crowd[:2], crowd, SYSTEMS) == [first, second]


def test_a_speaker_without_learns_from_others_and_copies_none_of_the_own() -> None:
    crowd = [clip("a", "anna")] + [clip(f"b{k}", "ben") for k in range(LEARNED_FROM_OTHERS + 5)]
    (plan,) = make_plans(crowd[:1], crowd, SYSTEMS)
    assert len(plan.learns_from) == LEARNED_FROM_OTHERS
    assert plan.copies[SAME] is None
    jobs = list(jobs_of([plan], {one: prepared(one) for one in plan.clips}, SYSTEMS, SETTINGS))
    lacking = [job for job in jobs if isinstance(job, Lacking)]
    assert [(job.system, job.fault) for job in lacking] == [(SAME, False)]
    assert "another clip of the same speaker" in lacking[0].why


def test_nothing_is_looked_at_that_no_system_needs() -> None:
    crowd = [clip("a", "anna"), clip("b", "anna"), clip("c", "ben")]
    (plan,) = make_plans(crowd[:1], crowd, (STILL, REAL))
    assert plan.clips == (crowd[0],)


def test_every_job_has_a_key_of_its_own_and_can_travel() -> None:
    crowd = [clip(f"a{k}", "anna") for k in range(3)] + [clip("b", "ben")]
    plans = make_plans(crowd[:2], crowd, SYSTEMS)
    jobs = list(jobs_of(plans, {one: prepared(one) for one in crowd}, SYSTEMS, SETTINGS))
    assert all(isinstance(job, ScoringJob) for job in jobs)
    keys = [job.key for job in jobs if isinstance(job, ScoringJob)]
    assert len(set(keys)) == len(keys) == 14
    for job in jobs:
        assert isinstance(job, ScoringJob)
        again = pickle.loads(pickle.dumps(job))
        assert (again.key, again.output) == (job.key, job.output)
        assert (job.mouths is not None) == (job.system in (MEAN, ENERGY))
        assert (job.donor is not None) == (job.system in (SAME, RANDOM))


def test_the_key_follows_what_the_job_depends_on() -> None:
    crowd = [clip("a", "anna"), clip("bb", "anna"), clip("c", "ben")]

    def keys(known: dict[Example, Prepared], settings: Settings = SETTINGS) -> dict[str, str]:
        jobs = jobs_of(make_plans(crowd[:1], crowd, SYSTEMS), known, SYSTEMS, settings)
        return {job.system: job.key for job in jobs if isinstance(job, ScoringJob)}

    known = {one: prepared(one) for one in crowd}
    before = keys(known)
    changed = keys({**known, crowd[0]: Prepared(crowd[0].video, "another", 25.0, *_shapes(0))})
    assert all(before[system] != changed[system] for system in SYSTEMS)
    other = keys({**known, crowd[1]: Prepared(crowd[1].video, "another", 25.0, *_shapes(1))})
    assert {system for system in SYSTEMS if before[system] != other[system]} == {MEAN, SAME, ENERGY}
    fewer = keys(known, Settings("makeittalk", Path("out"), ("ssim",)))
    assert all(before[system] != fewer[system] for system in SYSTEMS)
    drawn_otherwise = keys(known, Settings("makeittalk", Path("out"), renderer="warp"))
    assert all(before[system] != drawn_otherwise[system] for system in SYSTEMS)
    assert keys(known, Settings("makeittalk", Path("elsewhere"))) == before


def _shapes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    landmarks = np.random.default_rng(seed).normal(0, 1, (6, 68, 3))
    return landmarks, landmarks[0]


def test_clips_that_cannot_be_used_are_told() -> None:
    crowd = [clip("a", "anna"), clip("b", "anna"), clip("c", "ben")]
    plans = make_plans(crowd[:1], crowd, SYSTEMS)
    bad = {crowd[0]: prepared(crowd[0], "no face."), crowd[1]: prepared(crowd[1]), crowd[2]: prepared(crowd[2])}
    jobs = list(jobs_of(plans, bad, SYSTEMS, SETTINGS))
    assert [(job.why, job.fault) for job in jobs if isinstance(job, Lacking)] == [("no face.", True)] * 7
    worse = {crowd[0]: prepared(crowd[0]), crowd[1]: prepared(crowd[1], "cut short."), crowd[2]: prepared(crowd[2])}
    told = {job.system: job.why for job in jobs_of(plans, worse, SYSTEMS, SETTINGS) if isinstance(job, Lacking)}
    assert told[SAME] == "the clip it copies cannot be used: cut short."
    assert set(told) == {SAME, MEAN, ENERGY}
