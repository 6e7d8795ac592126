"""The clips of a corpus: those to evaluate, and those that baselines may learn from."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from talkinghead.errors import InputError

SECONDS = 6.0
"""Seconds taken of each clip of a folder with a manifest; GRID's clips are taken whole."""

_MANIFEST, _SPLITS = "manifest.csv", "splits.json"
_COLUMNS = ("file", "tier", "dataset", "speaker")
_GRID_SPEAKER = "GRID-s1"
_OTHERS = "clips"  # the folder beside GRID with clips of other people
_OPEN = "open"


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
    if (folder / _SPLITS).exists():
        found = _grid(folder, split)
    elif (folder / _MANIFEST).exists():
        found = _manifest_examples(folder, split)
    else:
        raise InputError(
            f"{folder}: not a corpus; name a GRID folder (with {_SPLITS} and video) or a folder of clips with a "
            f"{_MANIFEST}."
        )
    if not found:
        raise InputError(f"{folder}: the split {split!r} has no clip; choose another one.")
    return found


def donors(folder: Path) -> tuple[Example, ...]:
    """The clips that baselines may learn and copy from.

    Of GRID these are the train split and the open clips of other speakers in the folder ``clips`` beside it, if it
    exists; of a folder with a manifest all clips: ``same_speaker`` and ``other_speakers`` leave out the evaluated one.
    """
    if not (folder / _SPLITS).exists():
        return _manifest_examples(folder, "all")
    beside = folder.resolve().parent / _OTHERS
    others = _manifest_examples(beside, _OPEN) if (beside / _MANIFEST).exists() else ()
    return (*_grid(folder, "train"), *(other for other in others if other.speaker != _GRID_SPEAKER))


def same_speaker(example: Example, among: Sequence[Example]) -> tuple[Example, ...]:
    """The other clips of an example's speaker."""
    return tuple(other for other in among if other.speaker == example.speaker and other.video != example.video)


def other_speakers(example: Example, among: Sequence[Example]) -> tuple[Example, ...]:
    """The clips of everybody else."""
    return tuple(other for other in among if other.speaker != example.speaker)


def _grid(folder: Path, split: str) -> tuple[Example, ...]:
    try:
        splits = json.loads((folder / _SPLITS).read_text(encoding="utf-8"))
        codes = {name: [Path(code).stem for code in listed] for name, listed in splits.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{folder / _SPLITS}: not readable ({error}); copy the corpus again.") from None
    if split not in codes:
        raise InputError(f"{folder}: there is no split {split!r}; choose one of {', '.join(codes)}.")
    return tuple(Example(code, _GRID_SPEAKER, folder / "video" / f"{code}.mp4", split) for code in codes[split])


def _manifest_examples(folder: Path, split: str) -> tuple[Example, ...]:
    rows = _rows(folder / _MANIFEST)
    known = dict.fromkeys(["all", *(row["tier"] for row in rows), *(row["dataset"] for row in rows)])
    if split not in known:
        raise InputError(f"{folder}: there is no split {split!r}; choose one of {', '.join(known)}.")
    return tuple(
        Example(
            Path(row["file"]).stem,
            row["speaker"],
            folder / row["file"],
            row["tier"],
            seconds=SECONDS,
            calmest=True,
        )
        for row in rows
        if split in ("all", row["tier"], row["dataset"])
    )


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: not a readable table ({error}); write it as CSV in UTF-8.") from None
    for row in rows:
        missing = [column for column in _COLUMNS if not row.get(column)]
        if missing:
            raise InputError(f"{path}: a row has no {', '.join(missing)}; each needs {', '.join(_COLUMNS)}.")
    names = [Path(row["file"]).stem for row in rows]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise InputError(f"{path}: {', '.join(double)} is there twice; give every clip a name of its own.")
    return rows
