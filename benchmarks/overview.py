"""The page that a reader sees first: lips, pictures, heads, closures, speed and memory, beside the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.evaluation import ALL_MEASURES, NONE, NOT_YET, Result, format_value, num_clips, unit_of
from benchmarks.lips import CAUSAL, LEFT_OUT, OPEN_CLIPS, table_of
from benchmarks.papers import paragraph
from benchmarks.parts import PARTS
from benchmarks.retracked import lines_of
from benchmarks.speed import FPS, WHOLE
from talkinghead.methods import method_names
from talkinghead.pipeline import DEFAULT_METHOD

MEASURES = (
    "d-ll",
    "d-a",
    "aperture-correlation",
    "sync-confidence",
    "ssim-face",
    "psnr-face",
    "csim",
    "head-range",
    "head-spectrum",
    "blinks-per-second",
)
"""The columns of the tables: lips, synchrony, pictures, identity, head and blinks."""

_PLACES = {
    "evaluation": """## A known speaker

{clips} test sentences of GRID's speaker s1, whose other sentences taught the lips. Each method makes the clip again
from its first frame and its sound; the result is tracked and compared with the real clip. Means over clips; all else is
in [evaluation](benchmarks/evaluation.md).
""",
    "unseen": """## Unseen people

The same for {clips} clips of {speakers} speakers from many sources ([unseen](benchmarks/unseen.md)).
""",
}
_SEEN = """## Lips of unseen people, seen again

What the tracker sees of rendered video, beside the clip whose own sound drives it: medians over clips, and how many
p b m bring the lips together; in brackets how often open vowels do the same, although they should not
([retracked](benchmarks/retracked.md)).
"""
_LIPS = """## Lips and voices

The correlation over time of the mouth's opening with the tracked clip, each recording's own offset of sound and picture
taken off: of the landmarks that methods predict, and of other packages' visemes ([lips](benchmarks/lips.md)). Medians
over clips; no method that ships has learned from the last three groups.
"""
_COST = """## Speed and memory

From files to file at 25 frames per second, on {cores} cores without a GPU ([speed](benchmarks/speed.md),
[memory](benchmarks/memory.md), [Attentional Landmarks](benchmarks/attentional.md)).
"""
_INDEX = """## All pages
"""
_OTHERS = {
    "papers": "the tables of the five papers, with our rows below theirs",
    "protocol": "how the evaluations were done, and the commands",
}

Records = Mapping[str, Mapping[str, Any]]


def _mean(result: Result, system: str, measure_name: str) -> str:
    """The mean alone."""
    systems = result["systems"]
    if measure_name in systems[system]["summary"]:
        return format_value(measure_name, systems[system]["summary"][measure_name][0])
    return NONE if any(measure_name in other["summary"] for other in systems.values()) else NOT_YET


def _heading(measure_name: str) -> str:
    unit = unit_of(measure_name)
    return ALL_MEASURES[measure_name].title + (f", {unit}" if unit else "")


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _quality(results: Mapping[str, Result]) -> Iterator[str]:
    """Every method that was measured, and the baselines drawn by the one that is usual."""
    yield _row("", [_heading(name) for name in MEASURES])
    yield f"|{'---|' * (1 + len(MEASURES))}"
    yield _row("*better*", [ALL_MEASURES[name].better or "near 0" for name in MEASURES])
    for method in filter(results.__contains__, method_names()):
        yield _row(f"**{method}**", [_mean(results[method], method, name) for name in MEASURES])
    drawn = results.get(DEFAULT_METHOD) or next(iter(results.values()))
    for system, row in drawn["systems"].items():
        if row["kind"] == "baseline":
            yield _row(system, [_mean(drawn, system, name) for name in MEASURES])


def _definitions() -> str:
    told = [f"{ALL_MEASURES[name].title}: {ALL_MEASURES[name].what}" for name in MEASURES]
    return paragraph(
        f'{"; ".join(told)}. "Reference": the nearer to the real video, the better. "{NOT_YET}": not measured.'
    )


def _cost(records: Records) -> Iterator[str]:
    yield "| method | picture | frames per second |"
    yield "|---|---|---|"
    if "speed" in records:
        yield _row(DEFAULT_METHOD, ["512x512", f"{FPS / records['speed']['result'][WHOLE]:.0f}"])
    if "attentional" in records:
        for method, rate in records["attentional"]["result"]["speed"].items():
            yield _row(method, ["256x256", f"{rate:.0f}"])
    if "memory" in records:
        yield ""
        yield "| minutes of speech, 512x512 | peak resident memory, MiB |"
        yield "|---|---|"
        for minutes, peak in records["memory"]["result"].items():
            yield _row(minutes, [f"{peak['resident']:.0f}"])


def sections(records: Records, origins: Mapping[str, str]) -> Iterator[str]:
    """The sections of the overview.

    Args:
        records: by part; a section without one is left out.
        origins: by part, when and with what it was measured.
    """
    for part, title in _PLACES.items():
        if part in records:
            results = records[part]["result"]
            first = next(iter(results.values()))
            yield title.format(clips=num_clips(first), speakers=first["protocol"]["speakers"])
            yield "\n".join(_quality(results)) + "\n"
            if missing := [name for name in method_names() if name not in results]:
                yield f"Not measured yet: {', '.join(missing)}.\n"
            yield origins[part]
    if any(part in records for part in _PLACES):
        yield _definitions() + "\n"
    if "retracked" in records:
        yield _SEEN
        yield "\n".join(lines_of(records["retracked"]["result"], brief=True)) + "\n"
        yield origins["retracked"]
    if "lips" in records:
        yield _LIPS
        yield table_of(records["lips"]["result"], "in step", without=(CAUSAL, LEFT_OUT, OPEN_CLIPS))
        yield origins["lips"]
    if "speed" in records:
        yield _COST.format(cores=f"{records['speed']['result']['cores']:.0f}")
        yield "\n".join(_cost(records)) + "\n"
        yield "\n".join(f"{part}: {origins[part]}" for part in ("speed", "attentional", "memory") if part in origins)


def index(folder: str, pages: Mapping[str, str]) -> str:
    """Links to the pages that there are, under the headings of ``PARTS``, with what each answers."""
    groups: dict[str, list[str]] = {}
    for name, part in PARTS.items():
        if name in pages:
            groups.setdefault(part.group, []).append(f"- [{name}]({folder}/{name}.md): {part.what}")
    groups["Beside the papers"] = [
        f"- [{name}]({folder}/{name}.md): {what}" for name, what in _OTHERS.items() if name in pages
    ]
    lists = [f"{group}:\n\n" + "\n".join(links) + "\n" for group, links in groups.items()]
    return "\n".join([_INDEX, *lists])
