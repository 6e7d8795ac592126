"""Long speech is worked on in overlapping windows: whether their borders can be seen in the motion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import numpy as np
from skimage import data

from talkinghead.data.manifest import manifest_rows
from talkinghead.media import read_speech
from talkinghead.methods.makeittalk import motion
from talkinghead.pipeline import TalkingHead
from talkinghead.tracking import portrait_from_image
from talkinghead.types import FloatArray, Motion, Speech

_TITLE = """# Seams in long speech

LJSpeech's sentences in a row, {minutes:.1f} minutes. The motion is made in windows of a minute that overlap by two
seconds on either side. Jump: the farthest that any landmark moves from one frame (62.5 a second) to the next, in eye
distances. Mouths also jump at a border by chance; so the motion is made once more with the borders elsewhere, and the
same frames are compared. The difference is what a border adds.

| | jump |
|---|---|
"""

_ELSEWHERE = 0.7  # of the length of a window, for the second motion


def measure(head: TalkingHead, folder: Path, *, repeats: int = 2) -> dict[str, float]:
    """Jumps at the borders of windows and elsewhere.

    Args:
        head: whose generator works in windows of ``motion.BLOCK`` frames.
        folder: the shared folder ``speech``.
        repeats: how often to say all the sentences.
    """
    names = [row["file"] for row in manifest_rows(folder) if row["dataset"] == "LJSpeech"]
    samples = np.concatenate([read_speech(folder / name).samples for name in names] * repeats)
    speech, portrait = Speech(samples, 16_000), portrait_from_image(data.astronaut())
    jumps = _jumps(head.generator.generate(speech, portrait))
    with patch.object(motion, "BLOCK", round(_ELSEWHERE * motion.BLOCK)):
        others = _jumps(head.generator.generate(speech, portrait))
    borders = np.arange(motion.BLOCK, len(jumps) + 1, motion.BLOCK) - 1
    elsewhere = np.delete(jumps, borders)
    return {
        "minutes": len(samples) / 16_000 / 60,
        "borders": float(len(borders)),
        "largest at a border": float(jumps[borders].max()),
        "the same frames, borders elsewhere": float(others[borders].max()),
        "largest that a border adds": float((jumps - others)[borders].max()),
        "median elsewhere": float(np.median(elsewhere)),
        "99th percentile elsewhere": float(np.percentile(elsewhere, 99)),
        "largest elsewhere": float(elsewhere.max()),
    }


def _jumps(made: Motion) -> FloatArray:
    """(T - 1,) how far the fastest landmark moves from frame to frame."""
    return np.asarray(np.linalg.norm(np.diff(made.landmarks, axis=0), axis=-1).max(axis=1))


def table(result: Mapping[str, float]) -> str:
    """The result as Markdown."""
    rows = [f"| {name} | {value:.4f} |" for name, value in result.items() if name not in ("minutes", "borders")]
    title = _TITLE.format(minutes=result["minutes"])
    return title + "\n".join(rows).replace("a border |", f"{result['borders']:.0f} borders |") + "\n"
