"""``talkinghead evaluate``: how good a video is, against the real one; or a method on a corpus, against baselines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from talkinghead.cli.console import STOPPED, tell
from talkinghead.cli.job_options import ray_option
from talkinghead.cli.progress import Bar
from talkinghead.errors import InputError
from talkinghead.production.checks import check_distinct

EXAMPLES = """
[bold]Examples[/bold]

talkinghead evaluate out.mp4 --reference real.mp4

talkinghead evaluate out.mp4 --reference real.mp4 --metrics d-ll,ssim

talkinghead evaluate out.mp4 --json scores.json

talkinghead evaluate --list

talkinghead evaluate --method makeittalk --corpus grid_s1 --split test
"""

_PAIR_GROUP, _CORPUS_GROUP = "A video", "A method on a corpus"
_STDOUT = Path("-")
_LIST = "list"
_FORMAT = 1


def evaluate(
    out: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", show_default=False, help="The video to evaluate."),
    ] = None,
    *,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            show_default="all",
            help="What to measure: names, with commas between them; list shows them.",
        ),
    ] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="Show every measure: unit, which way is better, what it is, its source.")
    ] = False,
    json_out: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", show_default=False, help="Write the scores as JSON; - for stdout."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a JSON file that exists.")] = False,
    sync_weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="our own", help="Released SyncNet weights, to measure synchrony."),
    ] = None,
    inception_weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Inception weights, without which there is no FID."),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="REAL",
            show_default=False,
            help="The real video of the same speech; without it only measures that need none are made.",
            rich_help_panel=_PAIR_GROUP,
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False, help="See: talkinghead methods.", rich_help_panel=_CORPUS_GROUP
        ),
    ] = None,
    renderer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default="the method's own",
            help="What draws the method and the baselines.",
            rich_help_panel=_CORPUS_GROUP,
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="A folder of real clips: GRID, or one with a manifest.csv.",
            rich_help_panel=_CORPUS_GROUP,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default="test", help="Which part of the corpus.", rich_help_panel=_CORPUS_GROUP
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            show_default="evaluation/METHOD-CORPUS-SPLIT",
            help="Folder for report, scores and videos; existing results are reused.",
            rich_help_panel=_CORPUS_GROUP,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", show_default="all", help="At most this many clips.", rich_help_panel=_CORPUS_GROUP),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", show_default="one per core", help="Clips worked on at once.", rich_help_panel=_CORPUS_GROUP
        ),
    ] = None,
    ray: Annotated[
        str | None,
        ray_option(help="Work on a Ray cluster instead; see docs/batch.md.", rich_help_panel=_CORPUS_GROUP),
    ] = None,
) -> None:
    """Measure how good a video is, or a method on a corpus against baselines."""
    if show_list or metrics == _LIST:
        from talkinghead.cli.scores import show_measures

        show_measures()
        return
    of_corpus: dict[str, Any] = {"--method": method, "--corpus": corpus, "--split": split, "--out": folder}
    of_corpus |= {"--limit": limit, "--jobs": jobs, "--renderer": renderer, "--ray": ray}
    _check_mode(out, reference, of_corpus)
    names = None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()]
    given = {"OUT": out, "--reference": reference, "--sync-weights": sync_weights}
    given["--inception-weights"] = inception_weights
    _check_files(given, json_out, overwrite)
    weights = {"sync_weights": sync_weights, "inception_weights": inception_weights}
    if out is not None:
        _evaluate_pair(out, reference, names, weights, json_out=json_out, overwrite=overwrite)
    elif method is not None and corpus is not None:
        split = split or "test"
        drawn_by = f"-{renderer}" if renderer else ""
        folder = folder or Path("evaluation") / f"{method}{drawn_by}-{corpus.resolve().name}-{split}"
        options: dict[str, Any] = {
            "split": split,
            "limit": limit,
            "jobs": jobs,
            "measures": names,
            "renderer": renderer,
        }
        options |= {"ray": ray, **weights}
        _evaluate_corpus(method, corpus, folder, options, json_out=json_out, overwrite=overwrite)


def _check_mode(out: Path | None, reference: Path | None, of_corpus: dict[str, Any]) -> None:
    """Raise ``InputError`` unless the options are those of one video, or of a method and a corpus."""
    first = next((name for name, value in of_corpus.items() if value is not None), None)
    if first is None:
        if out is None:
            raise InputError("there is nothing to evaluate: give OUT, a video, or --method and --corpus.")
        return
    for name, value in {"OUT": out, "--reference": reference}.items():
        if value is not None:
            raise InputError(f"{name} goes with one video and {first} with a corpus: leave out one of them.")
    for name, other in (("--method", "--corpus"), ("--corpus", "--method")):
        if of_corpus[name] is None:
            given = other if of_corpus[other] is not None else first
            raise InputError(f"{given} is given without {name}: a method is evaluated on a corpus, give both.")
    for name in ("--limit", "--jobs"):
        if of_corpus[name] is not None and of_corpus[name] < 1:
            raise InputError(f"{name} {of_corpus[name]} is out of range: choose a whole number from 1 up.")


def _check_files(given: dict[str, Path | None], json_out: Path | None, overwrite: bool) -> None:
    """Check files as far as possible before the work begins."""
    from talkinghead.media.files import check_writable, existing_file

    for path in given.values():
        if path is not None:
            existing_file(path)
    if json_out is not None and json_out != _STDOUT:
        check_distinct({"--json": json_out}, given)
        check_writable(json_out, overwrite)


def _evaluate_pair(
    out: Path,
    reference: Path | None,
    names: list[str] | None,
    weights: dict[str, Path | None],
    *,
    json_out: Path | None,
    overwrite: bool,
) -> None:
    with Bar() as progress:
        progress("model", 0, 1)
        from talkinghead.evaluation.pair import evaluate_pair

        scores = evaluate_pair(out, reference, measures=names, strict=names is not None, progress=progress, **weights)
    if json_out != _STDOUT:
        from talkinghead.cli.scores import show_scores

        show_scores(scores)
    if json_out is not None:
        real = None if reference is None else str(reference)
        record: dict[str, Any] = {"format": _FORMAT, "output": str(out), "reference": real}
        record |= {"values": scores.values, "real values": scores.reference, "missing": scores.missing}
        record |= {"notes": scores.notes, "fps": scores.fps, "curves": scores.curves}
        _write_json(record, json_out, overwrite)


def _evaluate_corpus(
    method: str, corpus: Path, folder: Path, options: dict[str, Any], *, json_out: Path | None, overwrite: bool
) -> None:
    try:
        with Bar() as progress:
            progress("model", 0, 1)
            from talkinghead.evaluation.run import evaluate_corpus

            result = evaluate_corpus(method, corpus, out=folder, progress=progress, **options)
    except KeyboardInterrupt:
        tell(f"talkinghead: stopped; the same command resumes with what is in {folder}")
        raise typer.Exit(STOPPED) from None
    if json_out != _STDOUT:
        from talkinghead.cli.scores import show_systems

        show_systems(result)
        typer.echo(folder)
    if json_out is not None:
        _write_json(result, json_out, overwrite)


def _write_json(record: dict[str, Any], path: Path, overwrite: bool) -> None:
    from talkinghead.media.files import write_beside

    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if path == _STDOUT:
        typer.echo(text, nl=False)
        return
    with write_beside(path, overwrite) as part:
        part.write_text(text, encoding="utf-8")
