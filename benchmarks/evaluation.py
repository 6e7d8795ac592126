"""Every measure of ``talkinghead evaluate`` for every method, beside the baselines: as a summary and as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from talkinghead.evaluation.measures import GROUPS, MEASURES, Measure
from talkinghead.evaluation.run import evaluate_corpus
from talkinghead.evaluation.sets import SET_MEASURES
from talkinghead.methods import method_names

NOT_YET = "not yet"
"""What a cell says that cannot be measured yet."""

NONE = "-"
"""What a cell says where there is nothing to measure: no blink has no length."""

ALL_MEASURES: Mapping[str, Measure] = {**MEASURES, **SET_MEASURES}

_SUMMARY = ("mean", "low", "high", "n")
_SIGNIFICANT = 3
_MOST_DIGITS = 7
_GRID = """# Evaluation on GRID s1, test split

The method and every baseline make each clip again from its first frame and its sound. The written file is read and
tracked again and compared with the real clip. "Real video" is the clip itself, encoded like the others: it is the
ceiling, and includes the tracker's noise.
"""
_UNSEEN = """# Evaluation on unseen people

The same as on [GRID s1](evaluation.md), on clips of other people: the portrait is the clip's calmest frame, the speech
is the sound of its first 6 seconds. In many of these clips picture and sound are out of step to begin with ("AV offset"
of the real video; see also [synchrony](synchrony.md)), which makes every figure of the lips worse. Only the measures of
pictures that are quick to compute were taken. "Told by head motion" and "told by blinks" come from a classifier of all
speakers of whom there are 6 seconds or more. Clips retrieved from the same speaker have taught that classifier, and
fewer speakers have them, so their share cannot be compared with the others.
"""
_CELLS = f"""Mean over clips and bootstrap 95 % interval; measures over all clips at once have none.
"{NOT_YET}": what the measure needs is missing, as said below; "{NONE}": there is nothing to measure.
"""
_VERDICTS = """Whether {name} is better than each baseline, clip by clip, by the 95 % interval of the paired difference.
Where nearness to the real video counts, nearer is better.
"""
_PROTOCOL = """# Protocol

How the evaluations on [GRID s1](evaluation.md) and on [unseen people](unseen.md) were done, as recorded when they ran.
"""
_COMMANDS = """The first command makes the results of every method on both corpora; each of the others makes those of
one method, with a page of pictures:
"""
TITLES = {"evaluation": _GRID, "unseen": _UNSEEN}
_CORPORA = {"evaluation": ("grid_s1", "test"), "unseen": ("clips", "all")}
_SLOW = ("fid", "vmaf", "cpbd", "seam", "flicker", "background-drift")
_MEASURES = {"evaluation": None, "unseen": tuple(name for name in MEASURES if name not in _SLOW)}

Result = Mapping[str, Any]


def measure(part: str, corpus: Path, out: Path) -> dict[str, Any]:
    """Results of ``evaluate_corpus`` by method.

    Args:
        part: "evaluation" (GRID s1) or "unseen".
        corpus: the folder of the recordings.
        out: where videos and cached results lie; what is there is not measured again.
    """
    folder, split = _CORPORA[part]
    return {
        name: evaluate_corpus(name, corpus / folder, split=split, out=out / part / name, measures=_MEASURES[part])
        for name in method_names()
    }


def summarise(results: Mapping[str, Result]) -> dict[str, Any]:
    """Results of ``evaluate_corpus`` by method as the pages need them: no value of a single clip is left in them."""
    return {name: _summary(result) for name, result in results.items()}


def _summary(result: Result) -> dict[str, Any]:
    """One method's: of each measure mean, ends of the interval and number of clips; verdicts; no notes.

    Of the reasons why a measure is missing in a clip the first is kept.
    """
    systems = {}
    for name, system in result["systems"].items():
        missing: dict[str, str] = {}
        for clip in system["clips"].values():
            missing = {**clip["missing"], **missing}
        systems[name] = {
            "kind": system["kind"],
            "what": system["what"],
            "clips": len(system["clips"]),
            "summary": {m: [row[key] for key in _SUMMARY] for m, row in system["summary"].items()},
            "lacking": system["lacking"],
            "missing": missing,
        }
    verdicts = {
        baseline: {m: row["verdict"] for m, row in rows.items()} for baseline, rows in result["comparisons"].items()
    }
    return {**result, "systems": systems, "comparisons": verdicts}


def unit_of(measure_name: str) -> str:
    """The unit that tables show: shares are shown in %."""
    unit = ALL_MEASURES[measure_name].unit
    if unit.startswith("of ") and unit != "of 100":
        return f"% {unit}"
    return unit


def format_value(measure_name: str, *values: float) -> str:
    """A value in the unit of ``unit_of``, or a mean with both ends of its interval, to three digits of the largest."""
    scaled = [100 * value if unit_of(measure_name).startswith("%") else value for value in values]
    largest = max(abs(value) for value in scaled)
    place = math.floor(math.log10(largest)) if largest else 0
    digits = min(_MOST_DIGITS, max(0, _SIGNIFICANT - 1 - place))
    mean, *ends = (f"{value:.{digits}f}" for value in scaled)
    return f"{mean} ({ends[0]} to {ends[1]})" if ends else mean


def num_clips(result: Result) -> int:
    """How many clips were evaluated."""
    return max(system["clips"] for system in result["systems"].values())


def cell(result: Result, system: str, measure_name: str) -> str:
    """What a table shows of a measure of a system: mean and interval, ``NOT_YET`` or ``NONE``."""
    systems = result["systems"]
    summary = systems[system]["summary"].get(measure_name)
    if summary is not None:
        return format_value(measure_name, *(value for value in summary[:3] if value is not None))
    measured = any(measure_name in other["summary"] for other in systems.values())
    one_speaker = measure_name in SET_MEASURES and result["protocol"]["speakers"] < 2
    return NONE if measured or one_speaker else NOT_YET


def _was_asked(result: Result, measure_name: str) -> bool:
    asked = result["protocol"]["measures"]
    return asked == "all" or measure_name in asked or measure_name in SET_MEASURES


def _values(result: Result) -> Iterator[str]:
    systems = list(result["systems"])
    yield f"| measure | unit | better | {' | '.join(systems)} |"
    yield "|---|---|---|" + "---|" * len(systems)
    for group in GROUPS:
        yield f"| **{group}** | | |" + " |" * len(systems)
        for name, row in ALL_MEASURES.items():
            if row.group == group and _was_asked(result, name):
                cells = " | ".join(cell(result, system, name) for system in systems)
                yield f"| {row.title} | {unit_of(name)} | {row.better or 'near 0'} | {cells} |"


def _verdicts(result: Result) -> Iterator[str]:
    baselines = result["comparisons"]
    yield f"| measure | {' | '.join(baselines)} |"
    yield "|---|" + "---|" * len(baselines)
    for name, row in MEASURES.items():
        found = [verdicts.get(name, NONE) for verdicts in baselines.values()]
        if set(found) != {NONE}:
            yield f"| {row.title} | {' | '.join(found)} |"


def _remarks(result: Result) -> Iterator[str]:
    """Why measures, systems and clips are missing."""
    reasons: dict[str, str] = {}
    for name, system in result["systems"].items():
        reasons = {**system["missing"], **reasons}
        for why, count in system["lacking"].items():
            yield f"- {name}, {count} clips: {why}"
    for name, why in reasons.items():
        if all(cell(result, system, name) == NOT_YET for system in result["systems"]):
            yield f"- {ALL_MEASURES[name].title}: {why}"
    for failure in result["failures"]:
        yield f"- {failure['clip']}, {failure['system']}, left out: {failure['why']}"


def table(part: str, results: Mapping[str, Result]) -> str:
    """What was measured of each method, as a section of the report."""
    blocks: list[str] = [TITLES[part] + "\n" + _CELLS]
    for name, result in results.items():
        blocks.append(f"## {name}, {num_clips(result)} clips\n")
        blocks.append("\n".join(_values(result)) + "\n")
        blocks += ["\n".join(lines) + "\n" for lines in [list(_remarks(result))] if lines]
        if result["comparisons"]:
            blocks.append(_VERDICTS.format(name=name))
            blocks.append("\n".join(_verdicts(result)) + "\n")
    return "\n".join(blocks)


def _describe(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_describe(part)}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def protocol(records: Mapping[str, Mapping[str, Any]]) -> str:
    """How the evaluations of a report were done, from what they wrote down, with the commands; "" without one.

    Args:
        records: by part; ``TITLES`` are those that are looked at.
    """
    results = {
        (part, name): result for part in TITLES if part in records for name, result in records[part]["result"].items()
    }
    lines, first = [], {}
    for (part, name), result in results.items():
        place = f"{_CORPORA[part][0]}, {_CORPORA[part][1]}, {name}"
        facts = {key: _describe(value) for key, value in result["protocol"].items()}
        lines.append(f"{place}{', where it differs' if first else ''}:\n")
        lines += [f"- {key}: {told}" for key, told in facts.items() if first.get(key) != told]
        lines += [""]
        first = first or facts
    if not lines:
        return ""
    commands = [
        f"talkinghead evaluate --method {name} --corpus ../shared/data/{_CORPORA[part][0]}"
        f" --split {_CORPORA[part][1]} -o runs/evaluation/{part}/{name}"
        for part, name in results
    ]
    return "\n".join(
        [_PROTOCOL, *lines, _COMMANDS, "```", f"python -m benchmarks {' '.join(TITLES)}", *commands, "```", ""]
    )
