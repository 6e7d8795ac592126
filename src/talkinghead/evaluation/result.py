"""The result of an evaluation as plain data, fit for JSON.

``{"format": 1, "method", "corpus", "split", "protocol": {...},
"systems": {name: {"kind": "method" | "baseline", "what", "summary": {measure: {"mean", "low", "high", "n"}},
"clips": {clip: {"speaker", "values", "reference", "missing", "notes"}}, "lacking": {why: number of clips}}},
"comparisons": {baseline: {measure: {"mean", "low", "high", "n", "verdict"}}},
"failures": [{"system", "clip", "why"}]}``

``summary`` has the mean over clips with its bootstrap 95 % interval; measures of all videos together have no interval
(null). ``reference`` holds the real video's own value where closeness to it counts. ``comparisons`` are differences of
costs between the method and each baseline, clip by clip: negative where the method is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.digests import PACKAGE
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.evaluation.sets import SET_MEASURES, distances_between_pools, personalisation
from talkinghead.evaluation.statistics import bootstrap_interval, costs, difference_of_pairs, verdict
from talkinghead.evaluation.systems import BASELINES, REAL

FORMAT = 1
_DIGITS = 6  # significant

Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one system on one example.

    Attributes:
        example: the clip.
        system: the system.
        scores: or None.
        why: the reason why there are no scores, in one sentence.
        fault: whether something failed, rather than was missing.
    """

    example: Example
    system: str
    scores: Scores | None
    why: str = ""
    fault: bool = False


def result_of(
    outcomes: Sequence[Outcome],
    *,
    method: str,
    corpus: str,
    split: str,
    protocol: Mapping[str, Any],
    fps: Mapping[str, float],
) -> Json:
    """The result of an evaluation.

    Args:
        outcomes: of all systems on all clips.
        method: the evaluated one.
        corpus: name of its folder.
        split: of the corpus.
        protocol: how it was done.
        fps: clip -> frames per second.
    """
    names = list(dict.fromkeys(outcome.system for outcome in outcomes))
    systems = {name: _system([outcome for outcome in outcomes if outcome.system == name], fps) for name in names}
    return {
        "format": FORMAT,
        "method": method,
        "corpus": corpus,
        "split": split,
        "protocol": dict(protocol),
        "systems": systems,
        "comparisons": _comparisons(systems, method),
        "failures": [
            {"system": outcome.system, "clip": outcome.example.name, "why": _placeless(outcome.why)}
            for outcome in outcomes
            if outcome.fault
        ],
    }


def values_of(system: Mapping[str, Any], measure: str) -> dict[str, float]:
    """Clip -> value of a measure, of one system of a result."""
    return {name: clip["values"][measure] for name, clip in system["clips"].items() if measure in clip["values"]}


def costs_of(system: Mapping[str, Any], measure: str) -> dict[str, float]:
    """Clip -> cost by a measure (lower is better), of one system of a result."""
    better = MEASURES[measure].better
    values, clips = values_of(system, measure), system["clips"]
    if better == "reference":
        values = {name: value for name, value in values.items() if measure in clips[name]["reference"]}
    real = [clips[name]["reference"].get(measure, 0.0) for name in values]
    return dict(zip(values, costs(list(values.values()), better, real).tolist()))


def best_baseline(result: Mapping[str, Any], measure: str) -> str | None:
    """The baseline, other than the real video, of least mean cost; None if there is none or it is unknown."""
    if measure not in MEASURES:
        return None
    means = {}
    for name, system in result["systems"].items():
        found = costs_of(system, measure) if system["kind"] == "baseline" and name != REAL else {}
        if found:
            means[name] = sum(found.values()) / len(found)
    return min(means, key=means.__getitem__) if means else None


def _system(outcomes: Sequence[Outcome], fps: Mapping[str, float]) -> Json:
    name = outcomes[0].system
    scores = {outcome.example.name: outcome.scores for outcome in outcomes if outcome.scores is not None}
    speakers = {outcome.example.name: outcome.example.speaker for outcome in outcomes}
    summary = {measure: _estimate([score.values[measure] for score in scores.values() if measure in score.values])
               for measure in MEASURES if any(measure in score.values for score in scores.values())}  # fmt: skip
    together = {
        **distances_between_pools(list(scores.values())),
        **personalisation(scores, speakers, fps, real=name == REAL),
    }
    for measure, value in together.items():
        summary[measure] = {"mean": _round(value), "low": None, "high": None, "n": len(scores)}
    lacking: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.scores is None and not outcome.fault:
            lacking[outcome.why] = lacking.get(outcome.why, 0) + 1
    return {
        "kind": "baseline" if name in BASELINES else "method",
        "what": BASELINES.get(name, "the method as talkinghead animate uses it"),
        "summary": {measure: summary[measure] for measure in (*MEASURES, *SET_MEASURES) if measure in summary},
        "clips": {clip: _clip(speakers[clip], score) for clip, score in scores.items()},
        "lacking": lacking,
    }


def _clip(speaker: str, score: Scores) -> Json:
    return {
        "speaker": speaker,
        "values": {name: _round(value) for name, value in score.values.items() if math.isfinite(value)},
        "reference": {name: _round(value) for name, value in score.reference.items() if math.isfinite(value)},
        "missing": {name: _placeless(why) for name, why in score.missing.items()},
        "notes": [_placeless(note) for note in score.notes],
    }


def _estimate(values: Sequence[float]) -> Json:
    finite = [value for value in values if math.isfinite(value)]
    mean, low, high = bootstrap_interval(finite)
    return {"mean": _round(mean), "low": _round(low), "high": _round(high), "n": len(finite)}


def _comparisons(systems: Mapping[str, Json], method: str) -> Json:
    if method not in systems:
        return {}
    result: Json = {}
    for name, system in systems.items():
        for measure in MEASURES:
            if system["kind"] != "baseline":
                continue
            own, other = costs_of(systems[method], measure), costs_of(system, measure)
            both = [clip for clip in own if clip in other]
            if both:
                difference = difference_of_pairs([own[clip] for clip in both], [other[clip] for clip in both])
                mean, low, high = (_round(value) for value in difference)
                row = {"mean": mean, "low": low, "high": high, "n": len(both), "verdict": verdict(difference)}
                result.setdefault(name, {})[measure] = row
    return result


def _placeless(text: str) -> str:
    """The sentence without the places of files on this machine, because results are shared."""
    return text.replace(str(PACKAGE), "talkinghead").replace(str(Path.home()), "~")


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
