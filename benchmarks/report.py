"""Results -> ``docs/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks import alignment, memory, recogniser, seams, speakers, zero_shot

_HEAD = """# Benchmarks

Measured by `make bench` (`python -m benchmarks`), never typed in by hand. Parts that need recordings look for them at
`../shared/data` or `TALKINGHEAD_CORPUS`, and keep their last result where they are not there.
"""

_LIPS = """## Self-reenactment on GRID s1, test split

The portrait is the clip's first frame, the speech its sound, the options those of `talkinghead animate`. The measures
are those of Zhou et al. 2020 (MakeItTalk), section 5.3, on x and y of the head-frame landmarks at 25 frames per second,
jaw and lips, D-LL and D-VL over the reference's largest lip width, D-A over its largest mouth area; every sequence is
registered to the reference by one similarity of nose and eye corners. The reference is the tracked clip (mediapipe,
zero-phase smoothing of 0.2 s). Lag: frames by which the aperture comes late, by cross-correlation.
"""


def _interval(values: list[float]) -> tuple[float, float]:
    """Bootstrap 95 % interval of the mean."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (2000, len(values))).mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def _cell(measure: str, values: list[float]) -> str:
    low, high = _interval(values)
    mean = float(np.mean(values))
    if measure == "correlation":
        return f"{mean:.3f} ({low:.3f} to {high:.3f})"
    return f"{100 * mean:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _lags(row: Mapping[str, list[float]]) -> str:
    if max(abs(value) for value in row["correlation"]) == 0.0:
        return "-"
    lags = np.array(row["lag"])
    return f"median {np.median(lags):+.0f}, within 1: {100 * (np.abs(lags) <= 1).mean():.0f} %"


def _reenactment(result: Mapping[str, Mapping[str, list[float]]]) -> str:
    lines = [
        "| landmarks from | D-LL | D-VL | D-A | aperture correlation | lag in frames |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in result.items():
        cells = [_cell(measure, row[measure]) for measure in ("D-LL", "D-VL", "D-A", "correlation")]
        lines.append(f"| {name} | {' | '.join(cells)} | {_lags(row)} |")
    clips = len(next(iter(result.values()))["D-LL"])
    return f"{_LIPS}\n{clips} clips; mean and bootstrap 95 % interval over clips.\n\n" + "\n".join(lines) + "\n"


def _speed(result: Mapping[str, float]) -> str:
    cores = int(result["cores"])
    lines = [
        "## Speed",
        "",
        f"20 s of speech, 512x512, 25 frames per second, {cores} cores, no GPU.",
        "The stages are timed one after the other; in the whole they overlap.",
        "",
        "| stage | s per s of video | over x264 alone |",
        "|---|---|---|",
    ]
    floor = next(value for name, value in result.items() if name.startswith("x264"))
    for name, value in result.items():
        if name not in ("cores", "render, frames per second"):
            lines.append(f"| {name} | {value:.3f} | {value / floor:.2f} |")
    lines += ["", f"The warp renderer alone: {result['render, frames per second']:.0f} frames per second."]
    return "\n".join(lines) + "\n"


def _portraits(result: Mapping[str, str]) -> str:
    lines = ["## Portraits", "", "Every picture of the shared folder, 3 s of synthesised speech each.", ""]
    lines += ["| picture | treated as, or what was said |", "|---|---|"]
    lines += [f"| {name} | {outcome} |" for name, outcome in result.items()]
    return "\n".join(lines) + "\n"


_PARTS = {
    "reenactment": _reenactment,
    "voices": zero_shot.section,
    "recogniser": recogniser.table,
    "alignment": alignment.table,
    "speakers": speakers.table,
    "seams": seams.table,
    "speed": _speed,
    "memory": memory.table,
    "portraits": _portraits,
}


def write(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The report (Markdown) of the parts there are results for."""
    return "\n".join([_HEAD, *(_PARTS[part](record["result"]) for part, record in records.items())])
