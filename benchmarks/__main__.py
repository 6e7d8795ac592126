"""``python -m benchmarks``: measure, keep what was measured in ``results``, and write the pages of ``docs``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import (
    ablations,
    alignment,
    attentional,
    attentional_ablations,
    batch,
    disentanglement,
    dub,
    dub_speed,
    evaluation,
    face_model,
    facial,
    head_styles,
    likeness,
    lips,
    memory,
    orientation,
    people,
    portraits,
    recogniser,
    reenactment,
    report,
    retracked,
    rhythmic_head,
    rhythmic_motion,
    seams,
    service,
    speakers,
    speed,
    synchrony,
    tracker,
    tracking_noise,
    transcripts,
    transfer,
    translation,
    write_a_speaker,
    zero_shot,
)
from benchmarks.fingerprints import fingerprints
from benchmarks.parts import PARTS
from talkinghead import TalkingHead, __version__
from talkinghead.errors import InputError
from talkinghead.methods import method_names, shipped_generator
from talkinghead.precision import processor
from talkinghead.store import Store

_ROOT = Path(__file__).resolve().parents[1]
_RUNS = _ROOT / "runs"
_SCRATCH = _RUNS / "bench"
_STORE = _RUNS / "store"
_IMAGES = report.DOCS / "images"
_PERSON = _RUNS / "persons" / "s1"
_DIGITS = 7  # significant, of what is kept
_WIDTH = 110
_WITHOUT_CORPUS: Mapping[str, Callable[[], Any]] = {
    "speed": lambda: speed.measure(TalkingHead.from_pretrained()),
    "memory": memory.measure,
    "batch": lambda: batch.measure(_RUNS / "batch"),
    "service": lambda: service.measure(_RUNS / "service"),
}
_WITH_CORPUS: Mapping[str, Callable[[Path], Any]] = {
    "evaluation": lambda corpus: evaluation.measure("evaluation", corpus, _RUNS / "evaluation"),
    "unseen": lambda corpus: evaluation.measure("unseen", corpus, _RUNS / "evaluation"),
    "reenactment": lambda corpus: reenactment.measure(method_names(), corpus / "grid_s1", _STORE),
    "ablations": lambda corpus: ablations.measure(corpus, _RUNS),
    "head_styles": lambda corpus: _head_styles(corpus),
    "translation": lambda corpus: translation.measure(corpus, _STORE),
    "likeness": lambda corpus: likeness.measure(corpus / "portraits"),
    "attentional_ablations": lambda corpus: attentional_ablations.measure(corpus, _STORE, _RUNS),
    "tracking_noise": lambda corpus: tracking_noise.measure(corpus / "grid_s1", _STORE),
    "face_model": lambda corpus: face_model.measure(corpus, Store(_STORE)),
    "tracker": tracker.measure,
    "orientation": orientation.measure,
    "people": lambda corpus: people.measure(corpus, Store(_STORE)),
    "synchrony": synchrony.measure,
    "voices": lambda corpus: zero_shot.measure(method_names(), corpus, _RUNS),
    "dub": dub.measure,
    "dub_speed": dub_speed.measure,
    "lips": lambda corpus: lips.measure(corpus, _RUNS),
    "retracked": lambda corpus: retracked.measure(method_names(), corpus, Store(_STORE)),
    "disentanglement": lambda corpus: disentanglement.measure(corpus, _RUNS),
    "transfer": lambda corpus: transfer.measure(corpus, _STORE),
    "write_a_speaker": lambda corpus: write_a_speaker.measure(corpus, _STORE, _RUNS, _PERSON.parent),
    "facial": lambda corpus: facial.measure(corpus, _STORE, _RUNS, _PERSON.parent, _IMAGES),
    "rhythmic_head": lambda corpus: rhythmic_head.measure(corpus, Store(_STORE), _IMAGES, _RUNS),
    "rhythmic_motion": lambda corpus: rhythmic_motion.measure(corpus, _RUNS),
    "recogniser": lambda corpus: recogniser.measure(corpus, _RUNS / "phones" / "packs"),
    "alignment": alignment.measure,
    "transcripts": transcripts.measure,
    "speakers": speakers.measure,
    "seams": lambda corpus: seams.measure(TalkingHead.from_pretrained(), corpus / "speech"),
    "portraits": lambda corpus: _portraits(corpus / "portraits"),
}
_WITH_PERSON: Mapping[str, Callable[[Path, Path], Any]] = {
    "attentional": lambda corpus, person: attentional.measure(
        corpus, _STORE, person / "weights" / "attentional_landmarks", _IMAGES / "two_by_two.png"
    ),
}


def _head_styles(corpus: Path) -> Mapping[str, Any]:
    branch = shipped_generator("makeittalk").branch
    return head_styles.measure(branch, corpus, _STORE, _IMAGES / "head_styles.png")


def _portraits(folder: Path) -> Mapping[str, str]:
    speech = _SCRATCH / "speech.wav"
    speech.parent.mkdir(parents=True, exist_ok=True)
    speed.write_speech(3.0, speech)
    return portraits.measure(TalkingHead.from_pretrained(), folder, speech, _SCRATCH / "portraits")


def find_corpus() -> Path | None:
    """The folder of the recordings, or None where it is not there."""
    folder = Path(os.environ.get("TALKINGHEAD_CORPUS", _ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def measure_part(part: str, corpus: Path | None, person: Path = _PERSON) -> Any:
    """The result of one part, or None, and why is said, where what it needs is not there.

    Args:
        part: its name.
        corpus: the folder of the recordings.
        person: the folder of a person, GRID's s1, as ``talkinghead adapt`` makes it.
    """
    if part not in _WITHOUT_CORPUS and corpus is None:
        typer.echo(f"{part}: skipped, it needs the recordings (set TALKINGHEAD_CORPUS)", err=True)
        return None
    try:
        if corpus is None or part in _WITHOUT_CORPUS:
            return _WITHOUT_CORPUS[part]()
        return _WITH_PERSON[part](corpus, person) if part in _WITH_PERSON else _WITH_CORPUS[part](corpus)
    except InputError as error:
        typer.echo(f"{part}: skipped; {error}", err=True)
        return None


def tidy(value: Any) -> Any:
    """A result as it is kept: numbers to seven significant digits, files named from the repository or home on."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, str):
        for folder, name in ((_ROOT, ""), (_ROOT.parent, "../"), (Path.home(), "~/")):
            value = value.replace(f"{folder}{os.sep}", name)
        return value
    if isinstance(value, Mapping):
        return {name: tidy(part) for name, part in value.items()}
    return [tidy(part) for part in value] if isinstance(value, list | tuple) else value


def as_json(record: Mapping[str, Any]) -> str:
    """A record as JSON; what fits on a line stands on one."""
    return _lines_of(record, 0) + "\n"


def _lines_of(value: Any, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, Mapping | list) or indent + len(flat) <= _WIDTH:
        return flat
    ends, inner = ("{}", "[]")[isinstance(value, list)], indent + 1
    if isinstance(value, Mapping):
        parts = [f"{json.dumps(name, ensure_ascii=False)}: {_lines_of(part, inner)}" for name, part in value.items()]
    else:
        parts = [_lines_of(part, inner) for part in value]
    between = ",\n" + " " * inner
    return f"{ends[0]}\n{' ' * inner}{between.join(parts)}\n{' ' * indent}{ends[1]}"


def keep(part: str, result: Any, folder: Path = report.RESULTS) -> None:
    """Write the record of a part, without its clips, into a folder, and one with all of them into ``clips`` in it."""
    machine = {
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "version": __version__,
    }
    today, weights = date.today().isoformat(), fingerprints(part)
    summarise = PARTS[part].summarise
    found = {folder: summarise(result), folder / report.CLIPS.name: result} if summarise else {folder: result}
    for place, value in found.items():
        record = {"machine": machine, "date": today, "weights": weights, "result": tidy(value)}
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{part}.json").write_text(as_json(record), encoding="utf-8")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(PARTS)}; default: all.")] = None,
    person: Annotated[
        Path,
        typer.Option(help="GRID's s1, as talkinghead adapt makes a person of his clips; for the part attentional."),
    ] = _PERSON,
    report_only: Annotated[bool, typer.Option("--report", help="Measure nothing, only write the report.")] = False,
) -> None:
    """Run the measurements and write the report."""
    for part in [] if report_only else parts or PARTS:
        if part not in PARTS:
            raise typer.BadParameter(f"{part!r}: choose from {', '.join(PARTS)}")
        typer.echo(f"{part} ...", err=True)
        result = measure_part(part, find_corpus(), person)
        if result is not None:
            keep(part, result)
    report.write()
    typer.echo(report.DOCS / report.OVERVIEW)


if __name__ == "__main__":
    typer.run(main)
