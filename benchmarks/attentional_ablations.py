"""Attentional Landmarks: the ablations of table 2, and what its renderers make of real landmarks, as table 1 asks."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from benchmarks.attentional import (
    DRIVEN,
    KNOWN,
    STILL,
    Rows,
    Summary,
    add,
    cells,
    hold_first_frame,
    known_samples,
    make_again,
    render,
    summarise_rows,
)
from talkinghead.errors import InputError, announce
from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.interior import load_filler
from talkinghead.weights import load_weights

FULL = "full"
DRIVEN_PLAIN = f"{DRIVEN}, without attention"
PUBLISHED = {
    "baseline": (1.82, 0.77, 28.78),
    "without split": (1.07, 0.84, 29.23),
    "without attention": (1.33, 0.89, 29.68),
    "full": (1.01, 0.91, 29.73),
    DRIVEN_PLAIN: ("-", "0.83 in table 1", "-"),
    DRIVEN: ("-", "0.88 in table 1", "-"),
}
ABLATIONS = {
    "baseline": ("small-joint", "small-plain"),
    "without split": ("small-joint", "small-full"),
    "without attention": ("small-s1", "small-plain"),
    "full": ("small-s1", "small-full"),
}
"""Configurations of the landmarks and of the renderer."""

_INTRODUCTION = """# Attentional Landmarks: ablations

Table 2 of Wang et al. 2020 with networks trained on GRID s1 alone, from random weights, all for the same time and with
the paper's loss (equation 10); measured as in [Attentional Landmarks](attentional.md). `*`: the full model is better,
`!`: it is worse, by the paired interval.
"""


def load_trained(runs: Path, stage: str, config_name: str) -> nn.Module | None:
    """A network of a stage from ``RUNS/attentional/STAGE-CONFIG``; None where it was not trained."""
    file = runs / "attentional" / f"{stage}-{config_name}" / f"{stage}.safetensors"
    if not file.exists():
        announce(f"rows with the {stage} of {config_name!r} are left out: there is no {file}.")
        return None
    config = (CONFIGS | VARIANTS)[config_name]
    network = SpeechToLandmarks(config.landmarks) if stage == "landmarks" else LandmarksToVideo(config.video)
    load_weights(network, file)
    return network


def halves(runs: Path, landmarks: str, renderer: str) -> tuple[AttentionalMotion, AttentionalRenderer] | None:
    """Generator and renderer of two configurations; None where one was not trained."""
    speaks, shows = load_trained(runs, "landmarks", landmarks), load_trained(runs, "renderer", renderer)
    if not isinstance(speaks, SpeechToLandmarks) or not isinstance(shows, LandmarksToVideo):
        return None
    filler = load_filler() if (CONFIGS | VARIANTS)[renderer].video.filled else None
    return AttentionalMotion(speaks, liveliness=0.0), AttentionalRenderer(shows, filler)


def measure(corpus: Path, cache: Path, runs: Path, *, limit: int | None = None) -> Rows:
    """Name -> measure -> one value per clip, for what was trained of ``ABLATIONS``, and for the first frame.

    Args:
        corpus: the folder of the recordings.
        cache: folder for tracks.
        runs: folder of the trainings.
        limit: only so many clips.

    Raises:
        InputError: the full one was not trained.
    """
    found = {name: halves(runs, *configs) for name, configs in ABLATIONS.items()}
    systems = {name: system for name, system in found.items() if system is not None}
    if FULL not in systems:
        raise InputError(f"the ablations of Attentional Landmarks are not in {runs}: train them (its README says how).")
    rows: Rows = {}
    for sample in known_samples(corpus, cache, limit):
        real = motion_of_track(sample.track, 0)
        for name, system in systems.items():
            add(rows, name, make_again(*system, sample), sample)
        for name, driven in (("without attention", DRIVEN_PLAIN), (FULL, DRIVEN)):
            if name in systems:
                add(rows, driven, render(real, systems[name][1], sample), sample)
        add(rows, STILL, hold_first_frame(sample), sample)
    return rows


def summarise(result: Rows) -> Summary:
    """The result of ``measure`` without its clips."""
    return summarise_rows(result, reference=FULL)


def section(result: Summary) -> str:
    """What ``summarise`` gives, as a page."""
    lines = [
        _INTRODUCTION,
        f"{result[STILL]['LMD']['clips']} clips of {KNOWN}.\n",
        "| system | LMD | SSIM | PSNR, dB | the paper's: LMD / SSIM / PSNR |",
        "|---|---|---|---|---|",
    ]
    for name, row in result.items():
        published = " / ".join(map(str, PUBLISHED[name])) if name in PUBLISHED else ""
        lines.append(f"| {name} | {cells(row)} | {published} |")
    return "\n".join(lines) + "\n"
