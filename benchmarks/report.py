"""``benchmarks/results`` -> ``docs/benchmarks.md``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import (
    ablations,
    alignment,
    attentional,
    attentional_ablations,
    disentanglement,
    evaluation,
    head_styles,
    memory,
    papers,
    recogniser,
    reenactment,
    seams,
    speakers,
    synchrony,
    tracking_noise,
    transfer,
    translation,
    zero_shot,
)
from benchmarks.fingerprints import changed, fingerprints

RESULTS = Path(__file__).with_name("results")
REPORT = RESULTS.parents[1] / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Measured by `make bench` (`python -m benchmarks`), written from `benchmarks/results` by `make bench-report`, never typed
in by hand. Parts that need recordings look for them at `../shared/data` or `TALKINGHEAD_CORPUS`, and keep their last
result where they are not there. Where weights have changed since a part was measured, its last line says so.
"""

Record = Mapping[str, Any]


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


SECTIONS: Mapping[str, Callable[[Any], str]] = {
    "evaluation": lambda result: evaluation.table("evaluation", result),
    "strangers": lambda result: evaluation.table("strangers", result),
    "reenactment": reenactment.table,
    "ablations": ablations.section,
    "head_styles": head_styles.table,
    "translation": translation.section,
    "attentional": attentional.section,
    "attentional_ablations": attentional_ablations.section,
    "tracking_noise": tracking_noise.table,
    "synchrony": synchrony.table,
    "voices": zero_shot.section,
    "transfer": transfer.table,
    "disentanglement": disentanglement.section,
    "recogniser": recogniser.table,
    "alignment": alignment.table,
    "speakers": speakers.table,
    "seams": seams.table,
    "speed": _speed,
    "memory": memory.table,
    "portraits": _portraits,
}
"""How the result of each part is written, in the order of the report."""


def read(folder: Path = RESULTS) -> dict[str, Record]:
    """The records of a folder by part: "machine", "date", "result"."""
    files = {part: folder / f"{part}.json" for part in SECTIONS}
    return {part: json.loads(file.read_text("utf-8")) for part, file in files.items() if file.exists()}


def _measured(part: str, record: Record) -> str:
    machine = record["machine"]
    facts = (record.get("date"), f"talkinghead {machine['version']}", machine["system"], machine.get("processor"))
    since = changed(record["weights"], fingerprints(part)) if "weights" in record else ""
    return f"*Measured: {', '.join(fact for fact in facts if fact)}.{since and ' ' + since}*\n"


def write(records: Mapping[str, Record]) -> str:
    """The report (Markdown).

    Args:
        records: by part; a part without one is left out, but the papers' tables are always there.
    """
    sections = [_HEAD, papers.tables(records)]
    for part, section in SECTIONS.items():
        if part in records:
            sections += [section(records[part]["result"]), _measured(part, records[part])]
    sections += [text for text in [evaluation.protocol(records)] if text]
    return "\n".join(sections)


def report(folder: Path = RESULTS) -> str:
    """The report of what lies in a folder of results."""
    return write(read(folder))
