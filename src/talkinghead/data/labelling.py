"""Where the phones are in a recording: from a file of labels, from its text, or from what is recognised in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.transcribed import transcribe
from talkinghead.errors import InputError, announce
from talkinghead.speech.alignment.files import read_alignment
from talkinghead.speech.alignment.sphinx import FRAME_RATE, PlacedWord, place, pronunciations
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.labels import fold_labels, without_gaps
from talkinghead.types import Interval

LabelledPiece = tuple[float, float, tuple[Interval, ...]]
"""From where to where in the recording (s), and its phones, without gaps from 0 to the end of the piece."""

# A recogniser's frame bears the time at which its window of 25 ms begins; what it tells is in the middle, 12.5 ms on,
# and for a boundary between frames half a step less. Measured where fricatives meet vowels, the sound is 7 to 11 ms
# later than PocketSphinx's labels, and as much later than MFA's.
_LATE_S = 0.008
_HTS_UNIT = 1e7  # per second
_SPELT = {"a": ("EY",), "z": ("Z EH D", "Z IY")}  # in GRID the letters are said, and its speakers are British
# Of LJSpeech and VCTK read without their texts 93 % of the frames get the phone that the texts give, of what these two
# keep 94 %; LibriSpeech is harder, and more of it falls out.
_SURE, _FITTING = 0.05, -5.5
_SHORTEST_S, _LONGEST_PAUSE_S, _MARGIN_S = 0.6, 0.6, 0.1


def read_label_file(path: Path, duration: float) -> tuple[LabelledPiece, ...]:
    """The phones of a Praat TextGrid with a tier of phones, or of an HTS label file.

    Raises:
        InputError: the file is neither, or a label is not known.
    """
    labels = _text_grid(path) if path.suffix == ".TextGrid" else _hts(path)
    return ((0.0, duration, without_gaps(labels, duration)),)


def label_by_text(samples: npt.NDArray[np.float32], text: str, *, spelling: bool = False) -> tuple[LabelledPiece, ...]:
    """One piece, the whole; none, announced, where the text has unknown words or does not fit.

    Args:
        samples: (N,) float32 at 16 kHz.
        text: what is said.
        spelling: single letters are said by their names.
    """
    words = [word for word in re.sub(r"[^a-z' ]", " ", text.lower().replace("’", "'")).split() if word.strip("'")]
    known = [(_SPELT.get(word) if spelling else None) or _pronunciations(word) for word in words]
    unknown = [word for word, found in zip(words, known, strict=True) if not found]
    placed = None if unknown or not words else place(samples, known)
    if placed is None:
        reason = f"no pronunciation of {', '.join(unknown)}" if unknown else "the text does not fit the sound"
        announce(f"a recording of {text[:40]!r} is left out: {reason}.")
        return ()
    duration = len(samples) / SAMPLE_RATE
    return ((0.0, duration, without_gaps(_phones(placed), duration)),)


def label_by_recognition(samples: npt.NDArray[np.float32]) -> tuple[LabelledPiece, ...]:
    """The stretches of at least 0.6 s in which every word is surely understood.

    A word is kept where the decoder gives it a posterior of 0.05 or more among all words and pronunciations, and where
    its phones fit the sound.

    Args:
        samples: (N,) float32 at 16 kHz.
    """
    recognised = [entry for entry in transcribe(samples) if entry.word.label != SILENCE]
    known = [_pronunciations(entry.word.label) for entry in recognised]
    placed = place(samples, known) if known and all(known) else None
    if placed is None:
        return ()
    sure = [w.number is None or (recognised[w.number].posterior >= _SURE and mean_score(w) >= _FITTING) for w in placed]
    return split_at_unsure_words(placed, sure, len(samples) / SAMPLE_RATE)


def mean_score(word: PlacedWord) -> float:
    """Mean score over the frames of a word."""
    lengths = [phone.end - phone.start for phone in word.phones]
    return float(np.average([phone.score for phone in word.phones], weights=lengths))


def split_at_unsure_words(
    placed: Sequence[PlacedWord], sure: Sequence[bool], duration: float
) -> tuple[LabelledPiece, ...]:
    """The stretches of sure words, cut where a word is not or where a pause is long, with a little of the silence."""
    runs: list[list[PlacedWord]] = [[]]
    for word, is_sure in zip(placed, sure, strict=True):
        pause = (word.phones[-1].end - word.phones[0].start) / FRAME_RATE if word.number is None else 0.0
        if not is_sure or pause > _LONGEST_PAUSE_S:
            runs[-1] += [word] if is_sure else []
            runs.append([word] if is_sure else [])
        else:
            runs[-1].append(word)
    pieces: list[LabelledPiece] = []
    for run in runs:
        spoken = [index for index, word in enumerate(run) if word.number is not None]
        if not spoken:
            continue
        start = _time(run[spoken[0]].phones[0].start) - (_MARGIN_S if spoken[0] > 0 else 0.0)
        end = _time(run[spoken[-1]].phones[-1].end) + (_MARGIN_S if spoken[-1] + 1 < len(run) else 0.0)
        start, end = max(0.0, start, _time(run[0].phones[0].start)), min(duration, end, _time(run[-1].phones[-1].end))
        # On the grid of frames, so that the frames of a piece are those of the whole.
        start = np.ceil(start * FRAME_RATE - 1e-6) / FRAME_RATE
        if end - start < _SHORTEST_S:
            continue
        phones = [p for p in _phones(run) if p.end > start and p.start < end]
        moved = [Interval(p.label, max(0.0, p.start - start), p.end - start) for p in phones]
        length = round(end * SAMPLE_RATE) - round(start * SAMPLE_RATE)
        pieces.append((float(start), float(end), without_gaps(moved, length / SAMPLE_RATE)))
    return tuple(pieces)


def _time(frame: int) -> float:
    return frame / FRAME_RATE + _LATE_S if frame else 0.0


def _phones(placed: Sequence[PlacedWord]) -> list[Interval]:
    return [Interval(p.label, _time(p.start), _time(p.end)) for word in placed for p in word.phones]


def _pronunciations(word: str) -> tuple[str, ...]:
    found = pronunciations(word)
    if not found and word.endswith("'s"):
        return tuple(f"{phones} Z" for phones in pronunciations(word[:-2]))
    return found


def _text_grid(path: Path) -> list[Interval]:
    phones = read_alignment(path).phones
    if phones is None:
        raise InputError(f"{path} has no tier of phones: give the TextGrid of another aligner.")
    return [Interval(p.label, p.start + _LATE_S if p.start else 0.0, p.end + _LATE_S) for p in phones]


def _hts(path: Path) -> tuple[Interval, ...]:
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        labels = [
            Interval(re.split(r"[-+]", label)[1], int(start) / _HTS_UNIT, int(end) / _HTS_UNIT)
            for start, end, label in rows
        ]
        return fold_labels(labels)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not readable as phone labels ({error}); copy the corpus again.") from None
