"""Where the phones are in a recording: from a file of labels, or from its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError, announce
from talkinghead.speech.alignment.files import read_alignment
from talkinghead.speech.alignment.sphinx import FRAME_RATE, PlacedWord, place
from talkinghead.speech.alignment.transcript import Word, read_transcript
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
# Mean scores of words: of English readers 84 to 99 % of the words said and 7 % of another recording's are above the
# first; of other languages, whose sounds are replaced by English ones, half. The mean over a recording in a language is
# -4 to -6 for the text that is said and -8 to -9 for another one.
_FITTING, _MISREAD = -5.5, -8.0
_SHORTEST_S, _LONGEST_PAUSE_S, _MARGIN_S = 0.6, 0.6, 0.1


def read_label_file(path: Path, duration: float) -> tuple[LabelledPiece, ...]:
    """The phones of a Praat TextGrid with a tier of phones, or of an HTS label file.

    Raises:
        InputError: the file is neither, or a label is not known.
    """
    labels = _text_grid(path) if path.suffix == ".TextGrid" else _hts(path)
    return ((0.0, duration, without_gaps(labels, duration)),)


def label_by_text(
    samples: npt.NDArray[np.float32],
    text: str,
    *,
    language: str = "en-us",
    spelling: bool = False,
    certain: bool = True,
) -> tuple[LabelledPiece, ...]:
    """One piece, the whole, if the text is certain; else the stretches of at least 0.6 s whose words fit the sound.

    None, announced, where the text cannot be read or does not fit at all.

    Args:
        samples: (N,) float32 at 16 kHz.
        text: what is said.
        language: of the text, as ``say`` takes it.
        spelling: single letters are said by their names, as in GRID.
        certain: whether the text is surely what is said.
    """
    try:
        parts = [part for word in read_transcript(text, language=language) for part in _spelt(word, spelling)]
    except InputError as error:
        announce(f"a recording of {text[:40]!r} is left out: {error}")
        return ()
    placed = place(samples, parts)
    if placed is None or np.mean([mean_score(word) for word in placed if word.number is not None]) < _MISREAD:
        announce(f"a recording of {text[:40]!r} is left out: the text does not fit the sound.")
        return ()
    duration = len(samples) / SAMPLE_RATE
    if certain:
        return ((0.0, duration, without_gaps(_phones(placed), duration)),)
    return split_at_unsure_words(placed, [w.number is None or mean_score(w) >= _FITTING for w in placed], duration)


def _spelt(word: Word, spelling: bool) -> tuple[tuple[str, ...], ...]:
    """The parts of a word, as GRID's speakers say it if it is a letter."""
    said = _SPELT.get(word.label.lower()) if spelling else None
    return word.parts if said is None else (said,)


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
