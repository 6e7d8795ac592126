"""Long speech is worked on in overlapping windows: whether their borders can be seen in the motion."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from skimage import data

from talkinghead.media import read_speech
from talkinghead.methods.makeittalk.motion import BLOCK
from talkinghead.pipeline import TalkingHead
from talkinghead.tracking import portrait_from_image
from talkinghead.types import Speech

_TITLE = """## Seams in long speech

LJSpeech's sentences in a row, {minutes:.1f} minutes; the motion is made in windows of a minute that overlap by two
seconds on either side. Jump: the farthest that any landmark moves from one frame (62.5 a second) to the next, in eye
distances.

| | jump |
|---|---|
"""


def measure(head: TalkingHead, folder: Path, *, repeats: int = 2) -> dict[str, float]:
    """Jumps at the borders of windows and elsewhere.

    Args:
        head: whose generator works in windows of ``BLOCK`` frames.
        folder: the shared folder ``speech``.
        repeats: how often to say all the sentences.
    """
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["dataset"] == "LJSpeech"]
    samples = np.concatenate([read_speech(folder / name).samples for name in names] * repeats)
    motion = head.generator.generate(Speech(samples, 16_000), portrait_from_image(data.astronaut()))
    jumps = np.linalg.norm(np.diff(motion.landmarks, axis=0), axis=-1).max(axis=1)
    borders = np.arange(BLOCK, len(motion), BLOCK) - 1
    elsewhere = np.delete(jumps, borders)
    return {
        "minutes": len(samples) / 16_000 / 60,
        "borders": float(len(borders)),
        "largest at a border": float(jumps[borders].max()),
        "median elsewhere": float(np.median(elsewhere)),
        "99th percentile elsewhere": float(np.percentile(elsewhere, 99)),
        "largest elsewhere": float(elsewhere.max()),
    }


def table(result: Mapping[str, float]) -> str:
    """The result as Markdown."""
    rows = [f"| {name} | {value:.4f} |" for name, value in result.items() if name not in ("minutes", "borders")]
    title = _TITLE.format(minutes=result["minutes"])
    return title + "\n".join(rows).replace("a border |", f"{result['borders']:.0f} borders |") + "\n"
