"""Of "facial": ten minutes of motion without seam or drift, and memory by the length of the speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.memory import peaks_by_length, peaks_table
from benchmarks.papers import paragraph
from talkinghead.methods.facial.config import POSE_SIZE
from talkinghead.methods.facial.features import FPS
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.recordings import SpokenAttributes
from talkinghead.person import Person
from talkinghead.types import FloatArray

_ROUNDS = 4
_RARE = 99.9  # percentile
_SECONDS = (10.0, 120.0, 600.0)
_SLOW_FPS = 5.0
_LONG = """## Ten minutes

The test sentences of GRID's s1, said {rounds} times over without a pause, {minutes:.1f} minutes in {windows} windows,
each of which continues from the one before. Steps from frame to frame at borders of windows, beside the other steps
(1: alike); how far the mean of the last round lies from that of the first, as a share of the standard deviation over
time, largest of all attributes of a kind; and how much they vary in the last round beside the first. Windows begin
elsewhere in each round, so that rounds differ a little.
"""
_MEMORY = """## Memory

Peak of `talkinghead animate` for a person, of a picture of {width}x{height} px: all of it, and without what is mapped
from files, which the system can take back. At {fps:g} frames per second, so that ten minutes can be measured; the
motion has 30.
"""


def measure_long(network: FacialGenerator, sentences: Sequence[SpokenAttributes]) -> dict[str, Any]:
    """Seams and drift of a long motion.

    Args:
        network: the weights for anybody.
        sentences: what is said.
    """
    once = np.concatenate([sentence.speech[0] for sentence in sentences])
    pieces = list(FacialMotion(network).windows(np.concatenate([once] * _ROUNDS)))
    rows = network.standardise(network.mean.new_tensor(np.concatenate(pieces))).double().numpy()
    borders = np.cumsum([len(piece) for piece in pieces])[:-1] - 1
    size = network.config.expression_size
    groups = {
        "expression": slice(0, size),
        "pose": slice(size, size + POSE_SIZE),
        "blink": slice(size + POSE_SIZE, None),
    }
    return {
        "rounds": _ROUNDS,
        "minutes": len(rows) / FPS / 60,
        "windows": len(pieces),
        "groups": {name: _compare(rows[:, part], borders) for name, part in groups.items()},
    }


def _compare(rows: FloatArray, borders: FloatArray) -> dict[str, float]:
    """Steps at borders beside others, and the last round beside the first, of rows (T, C)."""
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    others = np.delete(steps, borders)
    rounds = np.array_split(rows, _ROUNDS)
    means = np.stack([own.mean(axis=0) for own in rounds])
    return {
        "median step": float(np.median(steps[borders]) / np.median(others)),
        "rare step": float(np.percentile(steps[borders], _RARE) / np.percentile(others, _RARE)),
        "drift": float((np.abs(means[-1] - means[0]) / rows.std(axis=0).clip(1e-6)).max()),
        "variation": float(rounds[-1].std(axis=0).sum() / rounds[0].std(axis=0).sum()),
    }


def long_section(result: Mapping[str, Any]) -> str:
    """What ``measure_long`` gives as Markdown."""
    title, told = _LONG.format(**{name: result[name] for name in ("rounds", "minutes", "windows")}).split("\n\n", 1)
    lines = [title, "", paragraph(told), ""]
    lines += ["| | median step at borders | 99.9th percentile of steps | drift | variation, last beside first |"]
    lines += ["|---|---|---|---|---|"]
    for name, row in result["groups"].items():
        cells = f"{row['median step']:.2f} | {row['rare step']:.2f} | {row['drift']:.3f} | {row['variation']:.3f}"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def measure_memory(person: Person) -> dict[str, Any]:
    """Peak MiB of ``talkinghead animate`` by seconds of speech."""
    width, height = person.portrait().size
    options = ["--method", "facial", "--fps", f"{_SLOW_FPS:g}"]
    found = peaks_by_length(person.folder, _SECONDS, options)
    return {"fps": _SLOW_FPS, "width": width, "height": height, "peaks": found}


def memory_section(result: Mapping[str, Any]) -> str:
    """What ``measure_memory`` gives as Markdown."""
    title, told = _MEMORY.format(**{name: result[name] for name in ("width", "height", "fps")}).split("\n\n", 1)
    return "\n".join([title, "", paragraph(told), "", peaks_table(result["peaks"])])
