"""What workers do for the page: curves, edited motions, evaluations, and what the page for landmarks begins with."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkinghead.errors import InputError

if TYPE_CHECKING:
    from talkinghead.types import Progress

LARGEST_TURN_DEG, LARGEST_SCALE = 30.0, 3.0
_LONGEST_SIDE = 4096  # px of a picture on which landmarks are placed


@dataclass(frozen=True)
class PlotMotion:
    """Draws the curves of a motion.

    Attributes:
        motion: its file.
        out: the picture to write.
        before: the file of the motion before it was edited, or None.
    """

    motion: Path
    out: Path
    before: Path | None = None

    def __call__(self, progress: Progress) -> None:
        """Raises ``InputError`` for a damaged motion."""
        from talkinghead.motion.files import load_motion
        from talkinghead.motion.plots import plot_motion

        before = None if self.before is None else load_motion(self.before)
        plot_motion(load_motion(self.motion), self.out, before=before, overwrite=True)


@dataclass(frozen=True)
class MotionEdits:
    """The edits that the page offers.

    Attributes:
        scales: factors of the movement of "lips", "head" and "expression".
        turns: pitch, yaw and roll that are added to the head's, degrees.
        freeze_blink: whether blinks are left out.
        keyframes: texts such as "1.2s:smile=0.4".
    """

    scales: Mapping[str, float]
    turns: tuple[float, float, float] = (0.0, 0.0, 0.0)
    freeze_blink: bool = False
    keyframes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``InputError`` for values out of range."""
        for name, value in self.scales.items():
            if not 0 <= value <= LARGEST_SCALE:
                raise InputError(f"{name} {value:g} is out of range: choose a number from 0 to {LARGEST_SCALE:g}.")
        for value in self.turns:
            if not -LARGEST_TURN_DEG <= value <= LARGEST_TURN_DEG:
                raise InputError(f"a turn of {value:g} is out of range: choose up to {LARGEST_TURN_DEG:g} degrees.")


@dataclass(frozen=True)
class EditMotion:
    """Edits a motion and draws its curves over those before.

    Attributes:
        motion: its file.
        edits: the changes.
        out: the motion to write.
        plot: the picture to write.
    """

    motion: Path
    edits: MotionEdits
    out: Path
    plot: Path

    def __call__(self, progress: Progress) -> None:
        """Raises ``InputError`` for a keyframe that is malformed."""
        from talkinghead.motion.edit_texts import parse_keyframe
        from talkinghead.motion.edits import Edits, apply_edits
        from talkinghead.motion.files import load_motion, save_motion
        from talkinghead.motion.plots import plot_motion

        before, wanted = load_motion(self.motion), self.edits
        pitch, yaw, roll = (math.radians(turn) for turn in wanted.turns)
        edits = Edits(
            **{f"scale_{name}": value for name, value in wanted.scales.items()},  # type: ignore[arg-type]
            rotate=(pitch, yaw, roll),
            freeze_blink=wanted.freeze_blink,
            keyframes=tuple(parse_keyframe(text, before.fps) for text in wanted.keyframes),
        )
        after = apply_edits(before, edits)
        save_motion(after, self.out, overwrite=True)
        plot_motion(after, self.plot, before=before, overwrite=True)


@dataclass(frozen=True)
class EvaluateVideo:
    """Evaluates a video, by itself or against the real one.

    Attributes:
        video: the file.
        reference: the real one, or None.
        names: what the two are called.
        folder: where the report goes.
    """

    video: Path
    reference: Path | None
    names: tuple[str, str | None]
    folder: Path

    def __call__(self, progress: Progress) -> dict[str, Any]:
        """The scores in plain JSON; raises ``InputError`` as ``evaluate_pair``."""
        from talkinghead.evaluation.pair import evaluate_pair
        from talkinghead.evaluation.pair_page import pair_page

        scores = evaluate_pair(self.video, self.reference, progress=progress)
        page, values = self.folder / "report.html", self.folder / "scores.json"
        page.write_text(pair_page(scores, video=self.names[0], reference=self.names[1]), encoding="utf-8")
        told = {"values": scores.values, "real values": scores.reference, "missing": scores.missing}
        values.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        return {"files": {"page": page, "scores": values}, "values": scores.values}

    def paths(self) -> tuple[Path, ...]:
        """The videos."""
        return (self.video,) if self.reference is None else (self.video, self.reference)


@dataclass(frozen=True)
class PreparePlacing:
    """Reads a picture and finds its landmarks.

    Attributes:
        picture: the file.
        name: what it is called.
    """

    picture: Path
    name: str

    def __call__(self, progress: Progress) -> tuple[bytes, dict[str, Any]]:
        """The picture as PNG, and what the page begins with; raises ``InputError`` if it is no picture."""
        from talkinghead.media import read_image
        from talkinghead.web.placing_start import begin_landmarks, encode_png, page_state

        image = read_image(self.picture)
        if max(image.shape[:2]) > _LONGEST_SIDE:
            raise InputError(f"{self.name} is larger than {_LONGEST_SIDE} px: make it smaller.")
        found = begin_landmarks(self.name, image)
        return encode_png(image), page_state(self.name, found, found)
