"""Measures and scores as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from talkinghead.cli.console import STDOUT, tell
from talkinghead.evaluation.measures import GROUPS, MEASURES, Measure, Scores

_BETTER = {"lower": "lower", "higher": "higher", "reference": "as the real", "": "0"}
_DIGITS = 4


def show_measures() -> None:
    """Every measure by its heading: name, unit, which way is better, what it is and its source."""
    for group in GROUPS:
        table = _table(group)
        table.add_column("name", no_wrap=True)
        table.add_column("what it is", overflow="fold")
        table.add_column("source", overflow="fold")
        for measure in MEASURES.values():
            if measure.group == group:
                table.add_row(measure.name, _about(measure), measure.source)
        STDOUT.print(table)


def show_scores(scores: Scores) -> None:
    """Scores of a video, and why others are missing, on stdout; notes on the comparison on stderr."""
    for note in scores.notes:
        tell(f"note: {note}")
    table = _table("")
    for heading in ("measure", "value", "real", "unit", "best"):
        right = heading in ("value", "real")
        table.add_column(heading, justify="right" if right else "left", no_wrap=right or heading == "measure")
    for group in GROUPS:
        names = [name for name in scores.values if MEASURES[name].group == group]
        if not names:
            continue
        table.add_section()
        table.add_row(Text(group, style="bold"))
        for name in names:
            measure = MEASURES[name]
            real = number(scores.reference[name]) if name in scores.reference else ""
            table.add_row(f"  {name}", number(scores.values[name]), real, measure.unit, _BETTER[measure.better])
    if scores.values:
        STDOUT.print(table)
    for why, names in _by_reason(scores.missing).items():
        STDOUT.print(Text(f"not measured: {', '.join(names)}: {why}"), soft_wrap=True)


def show_systems(result: Mapping[str, Any]) -> None:
    """A method's means on a corpus, with 95 % intervals, beside the real videos' and those of the best baseline."""
    from talkinghead.evaluation.sets import SET_MEASURES

    measures = {**MEASURES, **SET_MEASURES}
    for group in GROUPS:
        table = _table(group)
        for heading in ("measure", result["method"], "real video", "best baseline", "the method is"):
            table.add_column(heading, justify="left" if heading in ("measure", "the method is") else "right")
        table.columns[0].no_wrap = True
        for name in result["systems"][result["method"]]["summary"]:
            if measures[name].group == group:
                table.add_row(name, *_row(result, name))
        if table.row_count:
            STDOUT.print(table)
    for failure in result["failures"]:
        tell(f"note: {failure['clip']} by {failure['system']} failed: {failure['why']}")


def _row(result: Mapping[str, Any], measure: str) -> tuple[str, str, str, str]:
    from talkinghead.evaluation.result import best_baseline
    from talkinghead.evaluation.systems import REAL

    def mean(system: str) -> str:
        summary = result["systems"].get(system, {}).get("summary", {}).get(measure)
        return number(summary["mean"]) if summary else ""

    own = result["systems"][result["method"]]["summary"][measure]
    interval = "" if own["low"] is None else f"\n{number(own['low'])} to {number(own['high'])}"
    best = best_baseline(result, measure)
    verdict = result["comparisons"].get(best, {}).get(measure, {}).get("verdict", "")
    return mean(result["method"]) + interval, mean(REAL), f"{mean(best)}\n{best}" if best else "", verdict


def number(value: float) -> str:
    """A value with its significant digits: at most four, and zeros only before the point."""
    return f"{value:.{_DIGITS}g}" if abs(value) < 10**_DIGITS else f"{value:.0f}"


def _table(title: str) -> Table:
    return Table(title=Text(title, style="bold") if title else None, title_justify="left", box=box.SIMPLE)


def _about(measure: Measure) -> str:
    unit = f"{measure.unit}; " if measure.unit else ""
    alone = "" if measure.needs_reference else "; needs no real video"
    return f"{measure.what} ({unit}best: {_BETTER[measure.better]}{alone})"


def _by_reason(missing: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, why in missing.items():
        reasons.setdefault(why, []).append(name)
    return reasons
