"""A method on a corpus, beside baselines: every clip is regenerated and compared with the real one.

Results are kept: the same call resumes where it was stopped, and repeats only what no longer holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import donors, examples
from talkinghead.evaluation.jobs import ScoringJob, Settings, Task, load_record, perform, prepare
from talkinghead.evaluation.measures import choose_measures
from talkinghead.evaluation.page import Shown, write_page
from talkinghead.evaluation.plan import Lacking, jobs_of, make_plans
from talkinghead.evaluation.protocol import protocol
from talkinghead.evaluation.result import Outcome, result_of
from talkinghead.evaluation.systems import BASELINES
from talkinghead.evaluation.workers import Workers
from talkinghead.media.files import make_folder, write_beside
from talkinghead.methods import get_method, method_of_renderer
from talkinghead.production.processes import num_cores
from talkinghead.types import Progress, no_progress

RESULT, REPORT = "result.json", "report.html"


def evaluate_corpus(
    method: str,
    folder: Path,
    *,
    split: str,
    out: Path,
    systems: Collection[str] | None = None,
    measures: Collection[str] | None = None,
    limit: int | None = None,
    jobs: int | None = None,
    sync_weights: Path | None = None,
    inception_weights: Path | None = None,
    renderer: str | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Evaluate a method on the clips of a corpus, and the baselines on the same.

    A clip that fails is reported in the result and left out of the means.

    Args:
        method: its name.
        folder: the corpus, see ``corpus.examples``.
        split: of the corpus.
        out: folder, created if missing, for ``result.json``, ``report.html``, the videos (``videos``) and what is kept
            between calls (``cache``).
        systems: some of the method's name and ``BASELINES``; None: all.
        measures: names, see ``measures.MEASURES``; None: all that can be made.
        limit: at most so many clips, the first of the split.
        jobs: how many processes; None: one per core. 1 does all in this process. A script that asks for more must be
            importable (``if __name__ == "__main__":``).
        sync_weights: a file of released SyncNet weights; None: the SyncNet that ships.
        inception_weights: a file of weights for "fid".
        renderer: name of the renderer that draws the method and the baselines; None: the method's own choice.
        ray: "local", "auto" or the address of a Ray cluster that does the work; all its machines must see both folders.
        progress: hook (stage, done, total); the stages are "track", counted in clips, and "evaluate", in videos.

    Returns:
        The content of ``result.json``, which ``evaluation.result`` describes.

    Raises:
        InputError: the method, renderer, corpus, split, system or measure does not exist, ``out`` cannot be written to,
            or no video could be evaluated.
    """
    get_method(method)
    if renderer is not None:
        method_of_renderer(renderer)
    chosen = _choose(systems, (method, *BASELINES))
    wanted = None if measures is None else choose_measures(measures)
    if limit is not None and limit < 1:
        raise InputError(f"--limit {limit} is out of range: choose a whole number from 1 up.")
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs {jobs} is out of range: choose a whole number from 1 up.")
    if ray is not None:  # a worker's current folder is another
        folder, out = folder.absolute(), out.absolute()
    clips = examples(folder, split)[:limit]
    make_folder(out)
    settings = Settings(method, out, wanted, sync_weights, inception_weights, renderer)
    plans = make_plans(clips, donors(folder), chosen)
    most = len(clips) * len(chosen)
    with Workers(min(jobs or (num_cores() if ray is None else most), most), ray=ray) as workers:
        seen = list(dict.fromkeys(clip for plan in plans for clip in plan.clips))
        found = workers.each(prepare, [Task(clip, settings.cache) for clip in seen], "track", progress)
        prepared = dict(zip(seen, found))
        todo = list(jobs_of(plans, prepared, chosen, settings))
        outcomes = _outcomes(todo, workers, progress)
    if not any(outcome.scores for outcome in outcomes):
        raise InputError(f"{folder}: no video could be evaluated; the first failure: {outcomes[0].why}")
    result = result_of(
        outcomes,
        method=method,
        corpus=folder.resolve().name,
        split=split,
        protocol=protocol(clips, settings),
        fps={clip.name: prepared[clip].fps for clip in clips},
    )
    _write(out / RESULT, json.dumps(result, indent=1, allow_nan=False) + "\n")
    shown = Shown(
        result=result,
        scores={(outcome.system, outcome.example.name): outcome.scores for outcome in outcomes if outcome.scores},
        real={clip.name: prepared[clip].video for clip in clips},
        fps={clip.name: prepared[clip].fps for clip in clips},
        videos=out / "videos",
    )
    write_page(shown, out / REPORT)
    return result


def _choose(systems: Collection[str] | None, names: Sequence[str]) -> tuple[str, ...]:
    """The requested names, in their order; None: all.

    Raises:
        InputError: one is unknown, or none is given.
    """
    if systems is None:
        return tuple(names)
    unknown = [system for system in systems if system not in names]
    if unknown or not systems:
        raise InputError(f"there is no system {', '.join(unknown) or 'asked for'}: choose of {', '.join(names)}.")
    return tuple(name for name in names if name in systems)


def _outcomes(todo: Sequence[ScoringJob | Lacking], workers: Workers, progress: Progress) -> list[Outcome]:
    """The outcome of each job, done now or before."""
    jobs = [job for job in todo if isinstance(job, ScoringJob)]
    found = {job.key: scores for job in jobs if (scores := load_record(job)) is not None}
    new = [job for job in jobs if job.key not in found]

    def count(stage: str, done: int, total: int) -> None:
        progress(stage, len(jobs) - total + done, len(jobs))

    failed = {job.key: why for job, why in zip(new, workers.each(perform, new, "evaluate", count)) if why}
    outcomes = []
    for job in todo:
        if isinstance(job, Lacking):
            outcomes.append(Outcome(job.example, job.system, None, job.why, job.fault))
        elif job.key in failed:
            outcomes.append(Outcome(job.example, job.system, None, failed[job.key], True))
        else:
            scores = found.get(job.key) or load_record(job)
            why = "" if scores else f"{job.record}: what was just written there cannot be read again; free some space."
            outcomes.append(Outcome(job.example, job.system, scores, why, scores is None))
    return outcomes


def _write(path: Path, text: str) -> None:
    with write_beside(path, overwrite=True) as part:
        part.write_text(text, encoding="utf-8")
