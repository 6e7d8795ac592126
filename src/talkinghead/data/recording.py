"""A recording: who speaks in which file, under which licence, and in which split."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.media import read_speech
from talkinghead.speech.alignment.files import words_of_align
from talkinghead.types import Interval, Speech

SPLITS = ("train", "val", "test", "unseen", "research")
"""``unseen``: open recordings of speakers who are held out of training; ``research``: for evaluation alone."""

OPEN, RESEARCH, OWN = "open", "research", "own"
"""Tiers: what weights that ship may learn from, what only evaluation may use, and videos of the user's own."""

MAIN_SPEAKER = "GRID-s1"
"""The speaker of most of the shared corpus, with splits of his own."""

OFFSETS_FILE = Path(__file__).with_name("offsets.csv")
"""By how much the sound of recordings is late against the picture, as ``data.offsets`` estimates it."""

_OFFSET_FPS = 25.0
_SURE = 0.15  # confidence from which an estimate counts
_LONG_ENOUGH_S = 4.0  # for an estimate of its own; shorter recordings have that of their speaker's together
_IN_STEP_S = 0.04
_IN_STEP = ("GRID",)  # datasets that set the convention; most of their recordings are too short for an estimate


@dataclass(frozen=True)
class Recording:
    """A video of one person who talks.

    Attributes:
        name: unlike any other video's of the corpus.
        speaker: who talks.
        video: the file, with its sound.
        dataset: where it comes from.
        tier: "open", "research" or "own".
        licence: as the corpus states it.
        split: one of ``SPLITS``.
        part: where in the video the part begins and ends that belongs to the split, as shares of its length.
        text: what is said, as the manifest has it, or None.
        alignment: a ``.align`` file with the words in time, or None.
        seconds: the whole video's length as far as the corpus states it, else 0.
        silent: whether the video has no sound.
        late: seconds by which the sound is late against the picture, as the user says; None: as the table says.
    """

    name: str
    speaker: str
    video: Path
    dataset: str
    tier: str = OPEN
    licence: str = ""
    split: str = "train"
    part: tuple[float, float] = (0.0, 1.0)
    text: str | None = None
    alignment: Path | None = None
    seconds: float = 0.0
    silent: bool = False
    late: float | None = None

    @property
    def offset(self) -> float | None:
        """Seconds by which the sound is late against the picture; negative: early; None: none can be estimated.

        Recordings of the user's own, which the table of estimates does not have, are in step unless ``late`` tells.
        """
        if self.late is not None:
            return self.late
        return 0.0 if self.dataset in _IN_STEP else _offsets().get(self.name, 0.0)

    @property
    def in_step(self) -> bool:
        """Whether there is sound that goes together with the picture, within a frame of video as far as is known."""
        return not self.silent and self.offset is not None and abs(self.offset) < _IN_STEP_S + 1e-6

    @property
    def can_be_mended(self) -> bool:
        """Whether there is sound that goes together with the picture, or does once its offset is taken off."""
        return not self.silent and self.offset is not None

    def rows(self, count: int) -> slice:
        """Which of the video's ``count`` frames belong to the split."""
        return slice(round(count * self.part[0]), round(count * self.part[1]))

    def speech(self) -> Speech:
        """The whole video's sound, mono at 16 kHz."""
        return read_speech(self.video)

    def words(self) -> tuple[Interval, ...]:
        """The words with the silences between them ("sil", "sp"), in seconds; none where there is no alignment.

        Raises:
            InputError: the alignment is missing or damaged.
        """
        return () if self.alignment is None else read_align(self.alignment)

    def transcript(self) -> str | None:
        """What is said, or None where the corpus does not tell.

        Raises:
            InputError: the alignment is missing or damaged.
        """
        if self.alignment is None:
            return self.text
        return " ".join(word.label for word in self.words() if word.label not in ("sil", "sp"))


@cache
def _offsets() -> dict[str, float | None]:
    with OFFSETS_FILE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: _choose_offset(row) for row in csv.DictReader(file)}


def _choose_offset(row: Mapping[str, str]) -> float | None:
    """Seconds, from a row of the table; None if neither estimate is sure enough."""
    if float(row["seconds"]) >= _LONG_ENOUGH_S and float(row["confidence"]) >= _SURE:
        return int(row["frames"]) / _OFFSET_FPS
    return int(row["shared"]) / _OFFSET_FPS if float(row["shared_confidence"]) >= _SURE else None


def read_align(path: Path) -> tuple[Interval, ...]:
    """The words of a ``.align`` file with the silences between them ("sil", "sp"), in seconds.

    Raises:
        InputError: the file is missing or holds anything but lines of start, end and word.
    """
    try:
        return words_of_align(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable alignment ({error}); copy the corpus again.") from None
