"""The clips of a corpus: those to evaluate, and those that baselines may learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import MANIFEST
from talkinghead.data.recording import MAIN_SPEAKER, OPEN
from talkinghead.data.tables import SPLITS_FILE
from talkinghead.errors import InputError

SECONDS = 6.0
"""Seconds taken of each clip of a folder with a manifest; GRID's clips are taken whole."""

_OTHERS = "clips"  # the folder beside GRID with clips of other people


@dataclass(frozen=True)
class Example:
    """A clip of somebody really speaking.

    Attributes:
        name: of the clip, unique in the corpus.
        speaker: who speaks.
        video: the file.
        split: the part of the corpus to which it belongs.
        seconds: how much of it is used, from the beginning; None: all.
        calmest: whether its calmest frame is the portrait rather than its first.
    """

    name: str
    speaker: str
    video: Path
    split: str
    seconds: float | None = None
    calmest: bool = False


def examples(folder: Path, split: str) -> tuple[Example, ...]:
    """The clips of a split.

    Args:
        folder: a GRID folder (``video``, ``splits.json``), or one with a ``manifest.csv`` that has the columns file,
            tier, dataset and speaker.
        split: of GRID "train", "val" or "test"; of a manifest "all", a tier or a dataset.

    Raises:
        InputError: the folder is neither, has no such split, or the split has no clip.
    """
    if (folder / SPLITS_FILE).exists():
        found = _grid(folder, split)
    elif (folder / MANIFEST).exists():
        found = _manifest_examples(folder, split)
    else:
        raise InputError(
            f"{folder}: not a corpus; name a GRID folder (with {SPLITS_FILE} and video) or a folder of clips with a "
            f"{MANIFEST}."
        )
    if not found:
        raise InputError(f"{folder}: the split {split!r} has no clip; choose another one.")
    return found


def donors(folder: Path) -> tuple[Example, ...]:
    """The clips that baselines may learn and copy from.

    Of GRID these are the train split and the open clips of other speakers in the folder ``clips`` beside it, if it
    exists; of a folder with a manifest all clips: ``same_speaker`` and ``other_speakers`` leave out the evaluated one.
    """
    if not (folder / SPLITS_FILE).exists():
        return _manifest_examples(folder, "all")
    beside = folder.resolve().parent / _OTHERS
    others = _manifest_examples(beside, OPEN) if (beside / MANIFEST).exists() else ()
    return (*_grid(folder, "train"), *(other for other in others if other.speaker != MAIN_SPEAKER))


def same_speaker(example: Example, among: Sequence[Example]) -> tuple[Example, ...]:
    """The other clips of an example's speaker."""
    return tuple(other for other in among if other.speaker == example.speaker and other.video != example.video)


def other_speakers(example: Example, among: Sequence[Example]) -> tuple[Example, ...]:
    """The clips of everybody else."""
    return tuple(other for other in among if other.speaker != example.speaker)


def _grid(folder: Path, split: str) -> tuple[Example, ...]:
    recordings = Corpus.open(folder, unseen=()).recordings(split)
    return tuple(Example(one.name, one.speaker, one.video, one.split) for one in recordings)


def _manifest_examples(folder: Path, split: str) -> tuple[Example, ...]:
    recordings = Corpus.open(folder, unseen=()).recordings()
    known = dict.fromkeys(["all", *(one.tier for one in recordings), *(one.dataset for one in recordings)])
    if split not in known:
        raise InputError(f"{folder}: there is no split {split!r}; choose one of {', '.join(known)}.")
    return tuple(
        Example(one.name, one.speaker, one.video, one.tier, seconds=SECONDS, calmest=True)
        for one in recordings
        if split in ("all", one.tier, one.dataset)
    )
