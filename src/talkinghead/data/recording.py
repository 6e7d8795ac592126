"""A recording: who speaks in which file, under which licence, and in which split."""

from __future__ import annotations

from dataclasses import dataclass
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

OUT_OF_STEP = (
    *("EDTalk__Obama_20s", "MimicTalk__May_5s", "styletalk__KristiNoem", "styletalk__Obama_clip1"),
    "FACEGOOD__zsmeif",
)
"""Recordings whose picture and sound are 0.07 to 0.24 s apart."""


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

    @property
    def in_step(self) -> bool:
        """Whether there is sound that goes together with the picture, as far as is known."""
        return not self.silent and self.name not in OUT_OF_STEP

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


def read_align(path: Path) -> tuple[Interval, ...]:
    """The words of a ``.align`` file with the silences between them ("sil", "sp"), in seconds.

    Raises:
        InputError: the file is missing or holds anything but lines of start, end and word.
    """
    try:
        return words_of_align(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable alignment ({error}); copy the corpus again.") from None
