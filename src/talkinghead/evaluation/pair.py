"""One video against the real one: every measure that can be made of the two, and why others cannot."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.evaluation.clock import Pair, on_common_clock
from talkinghead.evaluation.evidence import read_evidence
from talkinghead.evaluation.measures import MEASURES, Scores, choose_measures
from talkinghead.evaluation.motions import enter_motions
from talkinghead.evaluation.networks import load_networks, network_collectors
from talkinghead.evaluation.pictures import picture_collectors, walk
from talkinghead.types import Progress, no_progress

_FEW_FOUND = 0.995  # of the frames: a smaller share is reported
NEEDS_REFERENCE = "it needs a real video to compare with."
"""Why a measure is missing without a reference."""


def evaluate_pair(
    output: Path,
    reference: Path | None,
    *,
    measures: Collection[str] | None = None,
    sync_weights: Path | None = None,
    inception_weights: Path | None = None,
    strict: bool = False,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> Scores:
    """Measure a video, by itself and against the real one.

    The two are compared on the reference's clock and at its size, as long as both last (``evaluation.clock``), without
    a shift in time. Both files are tracked in the same way. Measures of landmarks and faces use the frames in which
    both show a face, those of whole pictures use all. Lips, jaw and mouth are compared in the head frame, registered to
    the reference by nose and eyes; D-L, D-V, D-Pos and LMD in the picture.

    Args:
        output: the video to evaluate.
        reference: the real one, which may be the same file; None: only measures that need none are made.
        measures: names of ``MEASURES``; None: all.
        sync_weights: released SyncNet weights; None: the SyncNet that ships.
        inception_weights: for the Frechet inception distance; None: where ``metrics.fid`` finds them.
        strict: whether a measure that cannot be made is an error instead of missing.
        cache: folder that keeps tracks, or None.
        progress: hook (stage, done, total); the stages are "model", "track" and "compare".

    Raises:
        InputError: a measure is unknown; a file cannot be read or shows no face; the two never show a face at the same
            time or do not fit together; or a measure cannot be made and ``strict`` is on.
    """
    wanted = choose_measures(measures)
    scores = Scores()
    if reference is None:
        scores.missing |= {name: NEEDS_REFERENCE for name in wanted if MEASURES[name].needs_reference}
    _refuse_missing(scores, strict)
    progress("model", 0, 1)
    networks = load_networks(wanted, sync_weights=sync_weights, inception_weights=inception_weights)
    scores.missing = networks.missing | scores.missing
    _refuse_missing(scores, strict)
    seen = read_evidence(output, cache=cache, progress=progress)
    real = None if reference is None else read_evidence(reference, cache=cache, progress=progress)
    pair = on_common_clock(seen, real)
    scores.notes += pair.notes
    _tell_found(pair, scores)
    enter_motions(scores, pair, wanted)
    collectors = [*picture_collectors(pair, wanted), *network_collectors(pair, wanted, networks)]
    walk(pair, collectors, progress)
    for collector in collectors:
        collector.finish(scores)
    _refuse_missing(scores, strict)
    return _in_order(scores, wanted)


def _tell_found(pair: Pair, scores: Scores) -> None:
    """Note in how many frames a face is missing.

    Raises:
        InputError: a face is missing in all of them.
    """
    found = pair.both_found
    if not found.any():
        files = f"{pair.output.evidence.path} and {pair.reference.evidence.path}" if pair.reference else ""
        raise InputError(f"{files} never show a face at the same time: give two videos of the same speech.")
    if found.mean() < _FEW_FOUND:
        whose = "a face is" if pair.reference is None else "faces are in both"
        scores.notes.append(f"only in {found.mean():.1%} of the frames {whose} found: landmarks are compared in those.")


def _refuse_missing(scores: Scores, strict: bool) -> None:
    if strict and scores.missing:
        name, why = next(iter(scores.missing.items()))
        raise InputError(f"{name} cannot be measured: {why}")


def _in_order(scores: Scores, wanted: Collection[str]) -> Scores:
    """The scores in the order of tables; each wanted measure has a value or is missing."""
    scores.values = {name: scores.values[name] for name in wanted if name in scores.values}
    scores.missing = {name: scores.missing[name] for name in wanted if name in scores.missing}
    return scores
