"""``python -m benchmarks``: measure, and write what was measured to ``docs/benchmarks.md``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import alignment, memory, portraits, recogniser, reenactment, report, seams, speakers, speed, zero_shot
from talkinghead import TalkingHead, __version__

_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "runs" / "bench"
_PARTS = (
    "reenactment",
    "voices",
    "recogniser",
    "alignment",
    "speakers",
    "seams",
    "speed",
    "memory",
    "portraits",
)


def _corpus() -> Path | None:
    folder = Path(os.environ.get("TALKINGHEAD_CORPUS", _ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def _measure(part: str, corpus: Path | None) -> Mapping[str, Any] | None:
    """The result of one part, or None where it needs the corpus and there is none."""
    head = TalkingHead.from_pretrained()
    if part == "speed":
        return speed.measure(head)
    if part == "memory":
        return memory.measure()
    if corpus is None:
        typer.echo(f"{part}: skipped, it needs the recordings (set TALKINGHEAD_CORPUS)", err=True)
        return None
    if part == "reenactment":
        return reenactment.measure(head, corpus / "grid_s1", _ROOT / "runs" / "content" / "tracks")
    if part == "recogniser":
        return recogniser.measure(corpus, _ROOT / "runs" / "phones" / "packs")
    if part == "alignment":
        return alignment.measure(corpus)
    if part == "seams":
        return seams.measure(head, corpus / "speech")
    if part == "speakers":
        return speakers.measure(corpus)
    if part == "voices":
        return zero_shot.measure(head, corpus, _ROOT / "runs")
    speech = _RESULTS / "speech.wav"
    speed.spoken(3.0, speech)
    return portraits.measure(head, corpus / "portraits", speech, _RESULTS / "portraits")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(_PARTS)}; default: all.")] = None,
) -> None:
    """Run the measurements and write the report."""
    _RESULTS.mkdir(parents=True, exist_ok=True)
    for part in parts or _PARTS:
        if part not in _PARTS:
            raise typer.BadParameter(f"{part!r}: choose from {', '.join(_PARTS)}")
        typer.echo(f"{part} ...", err=True)
        result = _measure(part, _corpus())
        if result is not None:
            machine = {"system": platform.platform(), "version": __version__}
            record = {"machine": machine, "result": result}
            (_RESULTS / f"{part}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = report.write({p: json.loads(f.read_text("utf-8")) for p in _PARTS if (f := _RESULTS / f"{p}.json").exists()})
    (_ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    typer.echo(text)


if __name__ == "__main__":
    typer.run(main)
