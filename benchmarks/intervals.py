"""What a row of values, one per clip, comes down to in the results that are kept: its mean, its interval, how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from talkinghead.evaluation.statistics import bootstrap_interval, difference_of_pairs, verdict

BETTER, WORSE = " *", " !"
"""The marks of a row than which the row it is compared with is better, or worse."""


class Interval(TypedDict):
    """Mean and bootstrap 95 % interval, and what a paired comparison says (``BETTER``, ``WORSE`` or nothing)."""

    mean: list[float]
    clips: int
    mark: str


class MedianInterval(TypedDict):
    """Median and bootstrap 95 % interval."""

    median: list[float]
    clips: int


def interval(values: Sequence[float]) -> Interval:
    """Mean and interval of one value per clip."""
    return {"mean": list(bootstrap_interval(values)), "clips": len(values), "mark": ""}


def median_interval(values: Sequence[float]) -> MedianInterval:
    """The median of one value per clip, with the ends of its bootstrap 95 % interval, and how many clips there are."""
    return {"median": list(bootstrap_interval(values, statistic=np.median)), "clips": len(values)}


def median_cell(row: MedianInterval | None, most: int, *, brief: bool = False) -> str:
    """What a table shows of a median.

    Args:
        row: of ``median_interval``; None: it was not measured.
        most: clips of the table's group; if these were fewer, it is said how many.
        brief: whether to leave out interval and number.
    """
    if row is None:
        return "-"
    median, low, high = row["median"]
    if brief:
        return f"{median:.2f}"
    return f"{median:.2f} ({low:.2f} to {high:.2f})" + (f", {row['clips']} clips" if row["clips"] < most else "")


def compare(values: Sequence[float], reference: Sequence[float], *, higher_is_better: bool) -> Interval:
    """``interval`` of values, and whether those of a reference, of the same clips, are better or worse.

    Args:
        values: one per clip.
        reference: the other row's, clips in the same order.
        higher_is_better: whether a high value is a good one.
    """
    first, second = (values, reference) if higher_is_better else (reference, values)
    mark = {"better": BETTER, "worse": WORSE}.get(verdict(difference_of_pairs(first, second)), "")
    return {**interval(values), "mark": mark}


def cell(row: Interval, digits: int, *, scale: float = 1.0, unit: str = "") -> str:
    """What a table shows of it: mean, interval and mark."""
    mean, low, high = (f"{scale * value:.{digits}f}" for value in row["mean"])
    return f"{mean}{unit} ({low} to {high}){row['mark']}"
