"""The figures that the papers report, as printed and in our units.

``published.json`` holds a list of tables: the paper (the folder name of its method), its citation, the number of the
table, the data it was measured on, the columns (heading as printed, our name of the measure, the unit as printed) and
the rows (method as printed, one value per column, null where there is none); ``own`` names the row of the paper's own
full method. Tables about several datasets are listed once for each.

The numbers were measured on other data, with other trackers and crops: they may stand beside ours but must not be
ranked with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from talkinghead.evaluation.measures import MEASURES, Measure
from talkinghead.evaluation.sets import SET_MEASURES

_FILE = Path(__file__).with_name("published.json")

# Our measures are fractions, seconds, degrees and pixels, like the papers' except for percentages.
_FACTORS = {"": 1.0, "px": 1.0, "deg": 1.0, "s": 1.0, "dB": 1.0, "%": 0.01}


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Attributes:
        heading: as printed, without the arrow.
        measure: our name of what it holds.
        unit: as printed: "%", "px", "deg", "s", "dB" or "".
    """

    heading: str
    measure: str
    unit: str

    @property
    def ours(self) -> Measure:
        """Our measure of that name."""
        return {**MEASURES, **SET_MEASURES}[self.measure]


@dataclass(frozen=True)
class Table:
    """A published table, or the part of one about one dataset.

    Attributes:
        paper: the folder name of its method.
        citation: authors, year, title.
        url: of the paper.
        number: of the table in the paper.
        data: what it was measured on.
        columns: in order.
        rows: method as printed -> one value per column as printed, None where there is none.
        own: the row of the paper's own full method.
    """

    paper: str
    citation: str
    url: str
    number: int
    data: str
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[float | None, ...]]
    own: str

    def value(self, row: str, measure: str) -> float | None:
        """A cell in our unit of the measure, None where the paper has none.

        Raises:
            KeyError: no such row, or no column of that measure.
        """
        for column, printed in zip(self.columns, self.rows[row]):
            if column.measure == measure:
                return None if printed is None else printed * _FACTORS[column.unit]
        raise KeyError(measure)


@lru_cache(maxsize=1)
def load_published() -> tuple[Table, ...]:
    """All tables, in the order of the papers."""
    return tuple(
        Table(
            paper=table["paper"],
            citation=table["citation"],
            url=table["url"],
            number=table["number"],
            data=table["data"],
            columns=tuple(Column(**column) for column in table["columns"]),
            rows={row: tuple(values) for row, values in table["rows"].items()},
            own=table["own"],
        )
        for table in json.loads(_FILE.read_text(encoding="utf-8"))
    )
