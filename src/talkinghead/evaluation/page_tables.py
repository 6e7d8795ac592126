"""The tables of the report, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from talkinghead.evaluation.measures import GROUPS, MEASURES, Measure
from talkinghead.evaluation.published import Table, load_published
from talkinghead.evaluation.result import best_baseline
from talkinghead.evaluation.sets import SET_MEASURES
from talkinghead.evaluation.systems import REAL

ALL = {**MEASURES, **SET_MEASURES}
"""The measures of one video and those of many, in the order of tables."""

KEY = ("d-ll", "d-a", "aperture-correlation", "lmd", "d-rot", "ssim", "sync-confidence", "sync-distance", "csim")
"""The measures shown clip by clip and against each baseline."""

ARROWS = {"lower": "↓", "higher": "↑", "reference": "= real", "": "→ 0"}
"""Which way is better."""

_TINY = 0.001
_FEW = 10  # clips
_MARKS = {"better": "▲", "worse": "▼", "undecided": "●"}


def format_value(measure: Measure, value: float) -> str:
    """A value as in tables: shares of a size in percent, others with three decimals, tiny ones with two digits."""
    if in_percent(measure):
        return f"{100 * value:.2f} %"
    size = abs(value)
    if 0 < size < _TINY:
        return f"{value:.1e}"
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3
    return f"{value:.{decimals}f}"


def in_percent(measure: Measure) -> bool:
    """Whether a measure is a share of some size."""
    return measure.unit.startswith("of ") and measure.unit != "of 100"


def _heading(measure: Measure) -> str:
    return f'{escape(measure.title)} {ARROWS[measure.better]}<span class="interval">{escape(measure.unit)}</span>'


def _table(head: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    yield '<div class="wide"><table>'
    cells = "".join(
        f'<th class="number">{cell}</th>' if place else f"<th>{cell}</th>" for place, cell in enumerate(head)
    )
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    yield from rows
    yield "</tbody></table></div>"


def summary_table(result: Mapping[str, Any]) -> Iterator[str]:
    """Every measure of every system; the method is compared with the best baseline."""
    systems = result["systems"]
    yield "<h2>Summary</h2>"
    yield (
        "<p>Mean over clips; below it the bootstrap 95 % interval, where there is one. The best baseline (the real "
        'video aside) is bold. The method against it, paired by clip: <span class="better">▲ better</span>, '
        '<span class="worse">▼ worse</span>, <span class="undecided">● not told apart</span>.</p>'
    )
    if result["protocol"]["clips"] < _FEW:
        yield "<p><b>These are few clips: intervals and marks mean little.</b></p>"
    rows = []
    for group in GROUPS:
        names = [
            name for name in ALL if ALL[name].group == group and any(name in s["summary"] for s in systems.values())
        ]
        if names:
            rows.append(f'<tr class="group"><th colspan="{1 + len(systems)}">{escape(group)}</th></tr>')
            rows += [_summary_row(result, name) for name in names]
    yield from _table(["measure", *(escape(name) for name in systems)], rows)


def _summary_row(result: Mapping[str, Any], name: str) -> str:
    best, measure = best_baseline(result, name), ALL[name]
    word = result["comparisons"].get(best, {}).get(name, {}).get("verdict")
    cells = []
    for system, scores in result["systems"].items():
        entry, classes = scores["summary"].get(name), ["number"]
        own = scores["kind"] == "method"
        classes += ["own"] if own else ["best"] if system == best else []
        mark = f' <span class="{word}">{_MARKS[word]}</span>' if own and word else ""
        text = "" if entry is None else format_value(measure, entry["mean"]) + mark + _interval(measure, entry)
        cells.append(f'<td class="{" ".join(classes)}">{text}</td>')
    return f"<tr><td>{_heading(measure)}</td>{''.join(cells)}</tr>"


def _interval(measure: Measure, entry: Mapping[str, Any]) -> str:
    if entry["low"] is None:
        return '<span class="interval">all together</span>'
    low, high = format_value(measure, entry["low"]), format_value(measure, entry["high"])
    return f'<span class="interval">{low} to {high}</span>'


def comparison_table(result: Mapping[str, Any]) -> Iterator[str]:
    """Paired differences of the method and each baseline; nothing if the method was not evaluated."""
    table = result["comparisons"]
    if not table:
        return
    yield "<h2>The method against each baseline</h2>"
    yield (
        "<p>Mean difference of what a measure costs, clip by clip: negative is better. Below it the 95 % interval. A "
        "cost is the measure itself, its negative where higher is better, or its distance to the real video's own "
        "value.</p>"
    )
    names = [name for name in KEY if any(name in row for row in table.values())]
    rows = []
    for baseline, row in table.items():
        cells = [_difference(MEASURES[name], row.get(name)) for name in names]
        rows.append(f"<tr><td>{escape(baseline)}</td>{''.join(cells)}</tr>")
    yield from _table(["against", *(escape(MEASURES[name].title) for name in names)], rows)


def _difference(measure: Measure, entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return '<td class="number"></td>'
    word = entry["verdict"]
    mark = f'<span class="{word}">{_MARKS[word]}</span>'
    return f'<td class="number">{format_value(measure, entry["mean"])} {mark}{_interval(measure, entry)}</td>'


def paper_tables(result: Mapping[str, Any]) -> Iterator[str]:
    """The papers' figures for measures that were made here, ours below them."""
    ours = {name: system for name, system in result["systems"].items() if name in (result["method"], REAL)}
    measured = {name for system in ours.values() for name in system["summary"]}
    tables = [table for table in load_published() if measured & {column.measure for column in table.columns}]
    if not tables:
        return
    yield "<h2>Beside what the papers report</h2>"
    yield (
        "<p><b>Measured on other data</b>, with other trackers and crops: they tell the size that such numbers have, "
        "not who is better. Ours are the shaded rows.</p>"
    )
    yield '<div class="beside">'
    for table in tables:
        link = f'<a href="{escape(table.url)}">{escape(table.citation)}</a>'
        yield f'<div><h3>{link}, table {table.number}</h3>\n<p class="quiet">{escape(table.data)}.</p>'
        heads = ["", *(_paper_heading(table, place) for place in range(len(table.columns)))]
        rows = [_paper_row(table, row) for row in table.rows]
        yield from _table(heads, [*rows, *(_our_row(table, name, system["summary"]) for name, system in ours.items())])
        yield "</div>"
    yield "</div>"


def _paper_heading(table: Table, place: int) -> str:
    column = table.columns[place]
    return f'{escape(column.heading)}<span class="interval">ours: {escape(column.ours.title)}</span>'


def _paper_row(table: Table, row: str) -> str:
    printed = zip(table.columns, table.rows[row])
    texts = ["" if value is None else f"{value:g}{' %' if column.unit == '%' else ''}" for column, value in printed]
    return f"<tr><td>{escape(row)}</td>{_cells(texts)}</tr>"


def _our_row(table: Table, name: str, summary: Mapping[str, Any]) -> str:
    entries = [(column.ours, summary.get(column.measure)) for column in table.columns]
    texts = ["not measured" if entry is None else format_value(measure, entry["mean"]) for measure, entry in entries]
    return f'<tr class="own"><td>{escape(name)}, here</td>{_cells(texts)}</tr>'


def _cells(texts: Sequence[str]) -> str:
    return "".join(f'<td class="number">{text}</td>' for text in texts)
