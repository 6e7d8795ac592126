"""Values of options: in range, or one sentence that names the option and what it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from talkinghead.errors import InputError

FASTEST_FPS = 240.0
STRONGEST_HEAD = 5.0
FASTEST_BLINKS = 1.5


@dataclass(frozen=True)
class Wishes:
    """How a video is to be made.

    Attributes:
        method: name of the method.
        fps: frames per second; None: 25, or those of a saved motion.
        seed: of what chance decides.
        head: how much the head moves.
        blink: blinks per second; None: as the method has them.
        visible_mark: whether to draw the "AI" in the corner.
        overwrite: whether older files may be replaced.
        config: size of the method's networks.
        renderer: name of the renderer; None: the method's own choice.
    """

    method: str
    fps: float | None = None
    seed: int = 0
    head: float = 1.0
    blink: float | None = None
    visible_mark: bool = True
    overwrite: bool = False
    config: str = "small"
    renderer: str | None = None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for a value out of range."""
        if self.fps is not None and not 0 < self.fps <= FASTEST_FPS:
            raise InputError(f"--fps {self.fps:g} is out of range: choose a number above 0, up to {FASTEST_FPS:g}.")
        if self.seed < 0:
            raise InputError(f"--seed {self.seed} is out of range: choose a whole number from 0 up.")
        if not 0 <= self.head <= STRONGEST_HEAD:
            raise InputError(
                f"--head {self.head:g} is out of range: choose a number from 0 (held still) to {STRONGEST_HEAD:g}."
            )


def check_face(face: int | None) -> None:
    """Raise ``InputError`` for a number that no face has."""
    if face is not None and face < 1:
        raise InputError(f"--face {face} is out of range: choose 1 for the leftmost face, 2 for the next and so on.")


def drawing_from_kind(kind: str) -> bool | None:
    """Whether the face is a drawing, for ``photo`` and ``drawing``; None for ``auto``.

    Raises:
        InputError: anything else.
    """
    kinds = {"auto": None, "photo": False, "drawing": True}
    if kind not in kinds:
        raise InputError(f"--kind {kind} is unknown: choose auto, photo or drawing.")
    return kinds[kind]


def parse_blink_rate(text: str) -> float | None:
    """Blinks per second for ``auto`` (None), ``off`` (0) or a number.

    Raises:
        InputError: anything else.
    """
    if text == "auto":
        return None
    if text == "off":
        return 0.0
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= FASTEST_BLINKS:
        raise InputError(
            f"--blink {text} is unknown: choose auto, off or a number of blinks per second up to {FASTEST_BLINKS:g}."
        )
    return rate


def check_distinct(outputs: dict[str, Path | None], inputs: dict[str, Path | None]) -> None:
    """Raise ``InputError`` where an output would replace an input or another output."""
    seen = {path.resolve(): name for name, path in inputs.items() if path is not None}
    for name, path in outputs.items():
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), name)
        if other != name:
            raise InputError(f"{path} is given as {other} and as {name}: choose another name for {name}.")
