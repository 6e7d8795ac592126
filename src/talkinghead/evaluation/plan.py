"""Which clips the baselines of an example may learn and copy from, and the jobs that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from talkinghead.evaluation.corpus import Example, other_speakers, same_speaker
from talkinghead.evaluation.jobs import Prepared, ScoringJob, Settings, with_key
from talkinghead.evaluation.overlap import same_recording
from talkinghead.evaluation.systems import (
    ENERGY,
    MEAN,
    RANDOM,
    SAME,
    MouthStatistics,
    choose_by_chance,
    learn_mouths,
    seed_of,
)

LEARNED_FROM, LEARNED_FROM_OTHERS = 50, 20
"""Clips of the speaker from which mouths are learned, and of others if the speaker has no other clip."""

_LACKING = {
    SAME: "it copies another clip of the same speaker, and the corpus has none.",
    RANDOM: "it copies a clip of another speaker, and the corpus has none.",
    MEAN: "it learns from other clips, and the corpus has none.",
    ENERGY: "it learns from other clips, and the corpus has none.",
}


@dataclass(frozen=True)
class Plan:
    """What the baselines of an example may use.

    Attributes:
        example: the clip.
        learns_from: the clips from which ``MEAN`` and ``ENERGY`` learn.
        copies: the clips that ``SAME`` and ``RANDOM`` copy; None if there is none.
    """

    example: Example
    learns_from: tuple[Example, ...]
    copies: Mapping[str, Example | None]

    @property
    def clips(self) -> tuple[Example, ...]:
        """All clips that are used."""
        return (self.example, *self.learns_from, *(donor for donor in self.copies.values() if donor is not None))


@dataclass(frozen=True)
class Lacking:
    """A system that cannot be made for an example.

    Attributes:
        example: the clip.
        system: the system.
        why: the reason in one sentence.
        fault: whether something failed, rather than was missing.
    """

    example: Example
    system: str
    why: str
    fault: bool


def make_plans(clips: Sequence[Example], among: Sequence[Example], systems: Collection[str]) -> list[Plan]:
    """The plan of each clip; clips that overlap it in one recording are not used.

    Args:
        clips: those to evaluate.
        among: clips from which baselines may learn and copy.
        systems: those to make.
    """
    plans = []
    for clip in clips:
        own, others = same_speaker(clip, among), other_speakers(clip, among)
        own, others = _apart(clip, _some(own, LEARNED_FROM, clip.speaker)), _apart(clip, others)
        learns = (own or _some(others, LEARNED_FROM_OTHERS, clip.speaker)) if {MEAN, ENERGY} & set(systems) else ()
        pools = {SAME: own, RANDOM: others}
        copies = {system: choose_by_chance(clip, pool) for system, pool in pools.items() if system in systems}
        plans.append(Plan(clip, learns, copies))
    return plans


def jobs_of(
    plans: Sequence[Plan], prepared: Mapping[Example, Prepared], systems: Sequence[str], settings: Settings
) -> Iterator[ScoringJob | Lacking]:
    """The jobs, clip by clip, with what cannot be made in its place.

    Args:
        plans: one per clip.
        prepared: of all clips of the plans.
        systems: in order.
        settings: of all jobs.
    """
    learned: dict[tuple[Example, ...], MouthStatistics | None] = {}
    for plan in plans:
        if plan.learns_from not in learned:
            learned[plan.learns_from] = _learn_mouths([prepared[clip] for clip in plan.learns_from])
        for system in systems:
            yield _job(plan, prepared, system, settings, learned[plan.learns_from])


def _job(
    plan: Plan, prepared: Mapping[Example, Prepared], system: str, settings: Settings, mouths: MouthStatistics | None
) -> ScoringJob | Lacking:
    own = prepared[plan.example]
    if own.failed:
        return Lacking(plan.example, system, own.failed, True)
    job = ScoringJob(plan.example, own.video, system, settings)
    if system in (MEAN, ENERGY):
        if mouths is None:
            return Lacking(plan.example, system, _LACKING[system], False)
        return with_key(ScoringJob(plan.example, own.video, system, settings, mouths=mouths), own.digest, "")
    if system not in (SAME, RANDOM):
        return with_key(job, own.digest, "")
    donor = plan.copies[system]
    if donor is None:
        return Lacking(plan.example, system, _LACKING[system], False)
    theirs = prepared[donor]
    if theirs.failed:
        return Lacking(plan.example, system, f"the clip it copies cannot be used: {theirs.failed}", True)
    return with_key(
        ScoringJob(plan.example, own.video, system, settings, (donor, theirs.video)), own.digest, theirs.digest
    )


def _apart(example: Example, clips: Sequence[Example]) -> tuple[Example, ...]:
    """The clips that are not from the same recording as an example."""
    return tuple(clip for clip in clips if not same_recording(example, clip))


def _some(clips: Sequence[Example], number: int, name: str) -> tuple[Example, ...]:
    """A number of the clips in their order, drawn by a chance that depends only on a name."""
    if len(clips) <= number:
        return tuple(clips)
    places = np.random.default_rng(seed_of(name)).choice(len(clips), number, replace=False)
    return tuple(clips[place] for place in sorted(places))


def _learn_mouths(clips: Sequence[Prepared]) -> MouthStatistics | None:
    """The mouths of those clips that could be tracked."""
    usable = [(clip.landmarks, clip.rest) for clip in clips if clip.landmarks is not None and clip.rest is not None]
    return learn_mouths([shapes for shapes, _ in usable], [rest for _, rest in usable]) if usable else None
