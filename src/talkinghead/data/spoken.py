"""Recordings of people with the phones that they say: aligned with what they read, or recognised."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.data.labelling import LabelledPiece, label_by_text, read_label_file
from talkinghead.data.readings import LabelledRecording, recordings_with_labels
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_json
from talkinghead.media import read_speech
from talkinghead.parts import replace_whole
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.types import Interval

_PROCESSES, _FEW = 2, 8  # another process is worth its start from so many recordings on
_LARGEST_TABLE = 200_000_000  # bytes
_UNCERTAIN_WEIGHT = 0.5


@dataclass(frozen=True)
class Spoken:
    """Labelled speech.

    Attributes:
        samples: (N,) float32 in [-1, 1] at 16 kHz.
        phones: the 39 and "sil", without gaps from 0 to the end.
        speaker: the same for the same voice, different for different ones.
        source: the corpus or engine.
        weight: how much a frame of it shall count.
    """

    samples: npt.NDArray[np.float32]
    phones: tuple[Interval, ...]
    speaker: str
    source: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        ends = [0.0, *(phone.end for phone in self.phones)]
        starts = [*(phone.start for phone in self.phones), len(self.samples) / SAMPLE_RATE]
        if not self.phones or not np.allclose(starts, ends, atol=1e-6):
            raise ValueError("phones must follow each other without gaps from 0 to the end of the samples")
        unknown = {phone.label for phone in self.phones} - set(CLASSES)
        if unknown:
            raise ValueError(f"phones must be of the 40 classes, got {sorted(unknown)}")


def load_spoken(corpus: Path, split: str, *, cache: Path) -> Iterator[Spoken]:
    """The labelled recordings of a split, in the order of ``recordings_with_labels``; ``cache`` keeps the labels.

    What does not fit an uncertain text is cut away: such a recording comes in pieces, of weight 0.5.

    Args:
        corpus: the folder of the shared recordings.
        split: "train" or "held-out".
        cache: a folder, made if need be; one file for each source. Delete it when the alignment has changed.

    Raises:
        InputError: there is no such split, or the folder is not the shared corpus.
    """
    belonging = recordings_with_labels(corpus, split)
    known = _load_labels(belonging, cache)
    for recording in belonging:
        pieces = known[recording.source][recording.path.name]
        samples = read_speech(recording.path).samples if pieces else np.zeros(0, np.float32)
        for start, end, phones in pieces:
            yield Spoken(
                samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)],
                phones,
                recording.speaker,
                recording.source,
                1.0 if recording.certain else _UNCERTAIN_WEIGHT,
            )


def _read_labels(file: Path) -> dict[str, Any]:
    try:
        rows = read_json(file, kind="a table of labels", remedy="delete it.", largest=_LARGEST_TABLE)
    except InputError:
        rows = None
    if not isinstance(rows, dict):
        announce(f"{file} is damaged and is made again.")
        return {}
    return rows


def _load_labels(
    belonging: tuple[LabelledRecording, ...], cache: Path
) -> dict[str, dict[str, tuple[LabelledPiece, ...]]]:
    """Pieces by source and file name; what the cache lacks is labelled by two processes and added to it."""
    cache.mkdir(parents=True, exist_ok=True)
    known: dict[str, dict[str, tuple[LabelledPiece, ...]]] = {}
    for source in dict.fromkeys(recording.source for recording in belonging):
        file = cache / f"{source}.json"
        rows = _read_labels(file) if file.exists() else {}
        mine = {recording.path.name: recording for recording in belonging if recording.source == source}
        missing = [recording for name, recording in mine.items() if name not in rows]
        if missing:
            rows |= {
                recording.path.name: pieces for recording, pieces in zip(missing, _find_labels(missing), strict=True)
            }
            with replace_whole(file) as part:
                part.write_text(json.dumps(rows), encoding="utf-8")
        silent = [name for name in mine if not rows[name]]
        if silent:
            announce(f"{source}: {len(silent)} of {len(mine)} recordings cannot be labelled and are left out.")
        known[source] = {name: tuple(_piece(row) for row in rows[name]) for name in mine}
    return known


def _find_labels(missing: list[LabelledRecording]) -> list[list[list[object]]]:
    if len(missing) <= _FEW:
        return [_pieces(recording) for recording in missing]
    # Not forked: PocketSphinx and the readers hold threads and locks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as pool:
        return list(pool.map(_pieces, missing, chunksize=_FEW))


def _pieces(recording: LabelledRecording) -> list[list[object]]:
    """The pieces of a recording as JSON has them; none where it cannot be labelled."""
    try:
        samples = read_speech(recording.path).samples
    except InputError as error:  # its samples are broken
        announce(f"{recording.path.name} is left out: {error}")
        return []
    if recording.labels is not None:
        pieces = read_label_file(recording.labels, len(samples) / SAMPLE_RATE)
    else:
        assert recording.text is not None
        spelling = recording.source == "GRID"
        pieces = label_by_text(
            samples, recording.text, language=recording.language, spelling=spelling, certain=recording.certain
        )
    return [[start, end, [[p.label, p.start, p.end] for p in phones]] for start, end, phones in pieces]


def _piece(row: list[object]) -> LabelledPiece:
    start, end, phones = row
    assert isinstance(start, float)
    assert isinstance(end, float)
    assert isinstance(phones, list)
    return start, end, tuple(Interval(label, float(first), float(last)) for label, first, last in phones)
