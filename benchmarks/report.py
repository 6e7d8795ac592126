"""``benchmarks/results`` -> ``docs/benchmarks.md``, one page of what matters most, and one for each part behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import evaluation, overview, papers
from benchmarks.fingerprints import describe_changes, fingerprints
from benchmarks.parts import PARTS
from talkinghead.methods import method_names

RESULTS = Path(__file__).with_name("results")
CLIPS = RESULTS / "clips"
"""What was measured of single clips; not part of the repository."""

DOCS = RESULTS.parents[1] / "docs"
OVERVIEW = "benchmarks.md"
FOLDER = "benchmarks"

_HEAD = """# Benchmarks

How well each method does on a speaker it knows and on unseen people, beside baselines and the real video, which
is the ceiling.
"""
_MADE = """## How these pages are made

`make bench` (`python -m benchmarks`) measures; `make bench-report` writes all pages from `benchmarks/results`; no
number is typed in by hand. The line below a table says when it was measured and which weights have changed since.
Recordings are in `../shared/data` or `TALKINGHEAD_CORPUS`; without them the last result stays.
"""

Record = Mapping[str, Any]


def read(folder: Path = RESULTS) -> dict[str, Record]:
    """The records of a folder by part: "machine", "date", "weights", "result" (a summary, without single clips)."""
    files = {part: folder / f"{part}.json" for part in PARTS}
    return {part: json.loads(file.read_text("utf-8")) for part, file in files.items() if file.exists()}


def origin(part: str, record: Record) -> str:
    """When and with what a record was measured, and which weights have changed since, in one line."""
    machine, result = record["machine"], json.dumps(record["result"])
    left_out = [name for name in method_names() if f'"{name}"' not in result]
    facts = (record.get("date"), f"talkinghead {machine['version']}", machine["system"], machine.get("processor"))
    now = fingerprints(part, left_out=left_out)
    since = describe_changes(record["weights"], now) if "weights" in record else ""
    return f"*Measured: {', '.join(fact for fact in facts if fact)}.{since and ' ' + since}*\n"


def pages(records: Mapping[str, Record]) -> dict[str, str]:
    """All pages (Markdown) by their place in ``docs``.

    Args:
        records: by part; a part without one has no page, but the overview and the papers' tables are always there.
    """
    behind = {
        part: "\n".join([PARTS[part].page(record["result"]), origin(part, record)]) for part, record in records.items()
    }
    behind["papers"] = papers.tables(records)
    behind["protocol"] = evaluation.protocol(records)
    behind = {name: text for name, text in behind.items() if text}
    origins = {part: origin(part, record) for part, record in records.items()}
    first = "\n".join([_HEAD, *overview.sections(records, origins), overview.index(FOLDER, behind), _MADE])
    return {OVERVIEW: first} | {f"{FOLDER}/{name}.md": text for name, text in behind.items()}


def write(docs: Path = DOCS, results: Path = RESULTS) -> None:
    """Write all pages into a folder of documents; pages of parts that are no more go."""
    found = pages(read(results))
    (docs / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        (docs / name).write_text(text, encoding="utf-8")
    for file in (docs / FOLDER).glob("*.md"):
        if f"{FOLDER}/{file.name}" not in found:
            file.unlink()
