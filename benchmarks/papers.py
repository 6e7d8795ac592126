"""The tables of the five papers in their own form, what was measured here beside what they report."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from benchmarks.evaluation import ALL_MEASURES, NOT_YET, cell, format_value, num_clips, unit_of
from talkinghead.evaluation.published import Column, Table, load_published

_TITLE = f"""# The tables of the papers

Each table has the rows of its paper, then ours: the methods of the five papers (in bold) and the baselines. Rows in
italics are published, with their names as printed: "Ours" means the authors' method. **They were measured on other
data**, with other trackers and crops: they show the order of magnitude and cannot be ranked with ours. Our rows have
means and bootstrap 95 % intervals over clips. "{NOT_YET}": the method is not built, or what the measure needs is
missing.
"""
_WIDTH = 120
_SHORT = 60  # characters of what a table was measured on
_MOST_DIGITS = 4  # behind the point
_CORPORA = {"evaluation": "GRID s1, test", "unseen": "unseen people"}
_PREDICTED = {"d-ll": "D-LL", "d-vl": "D-VL at 62.5", "d-a": "D-A"}
_ON_LANDMARKS = ("makeittalk", 2)  # the table that is about predicted landmarks
_RENDERER = "The paper gives its renderer the motion of the real video; ours is the whole way from speech to picture."
_REMARKS = {
    ("makeittalk", 2): """"Predicted landmarks" are those of the motion, before any picture is made, their D-VL at 62.5
frames per second as in the paper. Our other rows are tracked in the finished video at 25 frames per second, where a
frame lasts 2.5 times as long.""",
    ("makeittalk", 3): """The paper's are predicted landmarks at 62.5 frames per second; ours are tracked in the
finished video at 25, where a frame lasts 2.5 times as long.""",
    ("attentional_landmarks", 2): """The paper's crops are not published; ours show its speaker s1 alone, and unseen
people.""",
    ("write_a_speaker", 1): """The paper's MSE and SSIM are of the blendshape weights of its motion capture, its LMD of
that mesh, on scales of their own: they do not compare with ours number by number.""",
    ("write_a_speaker", 2): _RENDERER,
    ("facial", 1): """The paper's offset and confidence are those of the released SyncNet, ours those of the network
that the protocol names; ours are in frames of 25 per second, positive where the picture is late.""",
    ("rhythmic_head", 2): _RENDERER,
}

Records = Mapping[str, Mapping[str, Any]]


def methods() -> tuple[str, ...]:
    """The five methods, in the order of the papers' tables, whether they are built or not."""
    return tuple(dict.fromkeys(table.paper for table in load_published()))


def _format_column(values: Sequence[float | None]) -> list[str]:
    """A published column, with as many digits behind the point in each row as the paper prints."""
    digits = max((len(str(value).partition(".")[2]) for value in values if value is not None), default=0)
    if digits > _MOST_DIGITS:  # given to so many significant digits instead
        return ["N/A" if value is None else str(value) for value in values]
    return ["N/A" if value is None else f"{value:.{digits}f}" for value in values]


def _published_rows(table: Table) -> Iterator[list[str]]:
    columns = [_format_column(column) for column in zip(*table.rows.values())]
    for number, name in enumerate(table.rows):
        yield [f"*published: {name}*", f"*other data: {_shorten(table.data)}*", *(column[number] for column in columns)]


def _shorten(data: str) -> str:
    """What a table was measured on, or where that is long, its first words."""
    return data if len(data) <= _SHORT else re.split("[,:;]", data)[0]


def _our_rows(table: Table, part: str, results: Records) -> Iterator[list[str]]:
    """Methods and baselines of one corpus; the baselines are those drawn by the paper's own method, if it is there."""
    names = [column.measure for column in table.columns]
    for method in methods():
        if method in results:
            data = f"{_CORPORA[part]}, {num_clips(results[method])} clips"
            yield [f"**{method}**", data, *(cell(results[method], method, name) for name in names)]
    if results:
        drawn = results.get(table.paper) or next(iter(results.values()))
        for system, row in drawn["systems"].items():
            if row["kind"] == "baseline":
                data = f"{_CORPORA[part]}, {num_clips(drawn)} clips"
                yield [system, data, *(cell(drawn, system, name) for name in names)]


def _predicted_rows(table: Table, result: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    for method, row in result.items():
        cells = [format_value(column.measure, *row[_PREDICTED[column.measure]]["mean"]) for column in table.columns]
        yield [f"**{method}**, predicted landmarks", f"GRID s1, test, {row['D-LL']['clips']} clips", *cells]


def _definitions(table: Table) -> str:
    told = []
    for column in table.columns:
        unit, what = unit_of(column.measure), ALL_MEASURES[column.measure].what
        told.append(f"{column.heading}: {what}{f' ({unit})' if unit else ''}")
    return f"In our rows, {'; '.join(told)}."


def _heading(column: Column) -> str:
    """The heading and the unit as printed."""
    said = f"({column.unit})" in column.heading
    return f"{column.heading}, {column.unit}" if column.unit and not said else column.heading


def _table(parts: Sequence[Table], records: Records) -> str:
    """One table of a paper, from all of its data sets."""
    first = parts[0]
    lines = [
        f"| | measured on | {' | '.join(_heading(column) for column in first.columns)} |",
        "|---|---|" + "---|" * len(first.columns),
    ]
    rows = [row for part in parts for row in _published_rows(part)]
    measured = {part: records[part]["result"] for part in _CORPORA if part in records}
    if (first.paper, first.number) == _ON_LANDMARKS and "reenactment" in records:
        rows += _predicted_rows(first, records["reenactment"]["result"])
    for part, results in measured.items():
        rows += _our_rows(first, part, results)
    for method in methods():
        if not any(method in results for results in measured.values()):
            rows.append([f"**{method}**", NOT_YET, *[NOT_YET] * len(first.columns)])
    lines += [f"| {' | '.join(row)} |" for row in rows]
    remark = _REMARKS.get((first.paper, first.number), "")
    told = f"[{first.citation}]({first.url}). Published on: {'. '.join(part.data for part in parts)}."
    title = f"## {first.paper}, table {first.number}"
    return "\n\n".join([title, paragraph(told), "\n".join(lines), paragraph(_definitions(first), remark)]) + "\n"


def paragraph(*texts: str) -> str:
    """Texts as one paragraph of lines that are not too long."""
    words = " ".join(" ".join(texts).split())
    return textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False)


def tables(records: Records) -> str:
    """All tables of the five papers, as a section of the report.

    Args:
        records: by part; "evaluation", "unseen" and "reenactment" are used where they are there.
    """
    grouped = groupby(load_published(), key=lambda table: (table.paper, table.number))
    return "\n".join([_TITLE, *(_table(list(parts), records) for _, parts in grouped)])
