"""Words of known pronunciation placed in a recording, by PocketSphinx and the English models it brings.

PocketSphinx's frames are 10 ms apart and 25.6 ms wide.
"""

from __future__ import annotations

import dataclasses
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError
from talkinghead.speech.arpabet import SILENCE

Pronunciations = tuple[str, ...]

FRAME_RATE = 100
_HOP = 160  # samples per frame
_BEAM = 1e-200  # wide, so that a few surplus words in the transcript do not end the search
_LONGEST, _SHORTEST = 30 * FRAME_RATE, 10 * FRAME_RATE  # of a piece in which phones are placed
_NATS = 1024 * 1e-4  # a score of 1 is 2^10 in logarithms to the base 1.0001


@dataclass(frozen=True)
class PlacedPhone:
    """A phone ("sil" for silence), its first frame, the one after its last, and its mean score per frame.

    The score is the log-likelihood of the sound under this phone less that under the likeliest of all sounds that the
    model knows: nats, at most 0.
    """

    label: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class PlacedWord:
    """The word of this number, or None for a silence, and its phones."""

    number: int | None
    phones: tuple[PlacedPhone, ...]


class _Aligner:
    """Two decoders: one finds the words, the other places the phones and scores them against all other sounds."""

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise InputError(
                "a transcript needs pocketsphinx to be aligned: pip install 'pocketsphinx>=5.1'."
            ) from error
        # Without bestpath=False, placing the phones fails on one recording in ten (PocketSphinx 5.1.1).
        same = {"samprate": 16000, "lm": None, "loglevel": "FATAL", "bestpath": False}
        self.lock = threading.Lock()
        self._words: Any = pocketsphinx.Decoder(**same, beam=_BEAM, wbeam=_BEAM, pbeam=_BEAM)
        self._phones: Any = pocketsphinx.Decoder(**same, compallsen=True)
        self._names: dict[Pronunciations, str] = {}

    def lookup(self, word: str) -> Pronunciations:
        """The pronunciations of a word in lower case, none if it is not in the dictionary."""
        found: list[str] = []
        while (phones := self._words.lookup_word(word if not found else f"{word}({len(found) + 1})")) is not None:
            found.append(phones)
        return tuple(found)

    def place(self, samples: npt.NDArray[np.float32], words: Sequence[Pronunciations]) -> list[PlacedWord] | None:
        """See ``place``."""
        if len(samples) <= _LONGEST * _HOP:
            return self._phones_placed(samples, words)
        found = self._words_placed(samples, words)
        if found is None:
            return None
        placed: list[PlacedWord] = []
        for first, last, start, end in _pieces(found, len(samples) // _HOP):
            checkpoint()
            piece = self._phones_placed(
                samples[start * _HOP : None if last == len(words) else end * _HOP], words[first:last]
            )
            if piece is None:
                return None
            placed += [_later(word, first, start) for word in piece]
        return placed

    def _words_placed(
        self, samples: npt.NDArray[np.float32], words: Sequence[Pronunciations]
    ) -> list[tuple[int, int]] | None:
        """The first frame of each word and the one after its last."""
        self._words.set_align_text(" ".join(map(self._name, words)))
        try:
            self._run(self._words, samples)
            entries = self._words.seg() or ()
        except RuntimeError:
            return None
        found = [(entry.start_frame, entry.end_frame + 1) for entry in entries if not _is_filler(entry.word)]
        return found if len(found) == len(words) else None

    def _phones_placed(
        self, samples: npt.NDArray[np.float32], words: Sequence[Pronunciations]
    ) -> list[PlacedWord] | None:
        if self._words_placed(samples, words) is None:
            return None
        try:
            self._words.set_alignment()
            self._phones.set_alignment(self._words.get_alignment())
            self._run(self._phones, samples)
            placed = _read(self._phones.get_alignment())
        except (RuntimeError, TypeError):
            return None  # no way through all the phones
        return placed if sum(word.number is not None for word in placed) == len(words) else None

    def _name(self, pronunciations: Pronunciations) -> str:
        if pronunciations not in self._names:
            name = f"w{len(self._names)}"
            for number, phones in enumerate(pronunciations, 1):
                self._words.add_word(name if number == 1 else f"{name}({number})", phones, False)
            self._names[pronunciations] = name
        return self._names[pronunciations]

    @staticmethod
    def _run(decoder: Any, samples: npt.NDArray[np.float32]) -> None:
        decoder.reinit_feat()  # forgets the noise of earlier sounds, so that the same sound gives the same result
        decoder.start_utt()
        decoder.process_raw((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()


def _is_filler(name: str) -> bool:
    return name.startswith(("<", "(", "[", "+"))


def _read(alignment: Any) -> list[PlacedWord]:
    words: list[PlacedWord] = []
    number = 0
    for entry in alignment:
        filler = _is_filler(entry.name)
        phones = tuple(
            PlacedPhone(
                SILENCE if filler else phone.name,
                phone.start,
                phone.start + phone.duration,
                phone.score * _NATS / max(1, phone.duration),
            )
            for phone in entry
        )
        words.append(PlacedWord(None if filler else number, phones))
        number += not filler
    return words


def _pieces(words: Sequence[tuple[int, int]], frames: int) -> Iterator[tuple[int, int, int, int]]:
    """Pieces short enough to place phones in: the first word, the one after the last, and the same in frames.

    Each ends in the middle of the longest silence between words that leaves it neither too short nor too long.
    """
    first, start = 0, 0
    while frames - start > _LONGEST:
        ends = [end - start for _, end in words[first:]]
        low = bisect_left(ends, _SHORTEST, hi=len(ends) - 1)
        candidates = range(first + low, first + max(low + 1, bisect_left(ends, _LONGEST, hi=len(ends) - 1)))
        gaps = {index: words[index + 1][0] - words[index][1] for index in candidates if index + 1 < len(words)}
        if not gaps:
            break
        last = max(gaps, key=gaps.__getitem__)
        end = (words[last][1] + words[last + 1][0]) // 2
        yield first, last + 1, start, end
        first, start = last + 1, end
    yield first, len(words), start, frames


def _later(word: PlacedWord, words: int, frames: int) -> PlacedWord:
    """The same word with this many words and frames before it."""
    phones = tuple(
        dataclasses.replace(phone, start=phone.start + frames, end=phone.end + frames) for phone in word.phones
    )
    return PlacedWord(None if word.number is None else word.number + words, phones)


_LOADING = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> _Aligner:
    return _Aligner()


def _aligner() -> _Aligner:
    with _LOADING:
        return _load()


def pronunciations(word: str) -> Pronunciations:
    """The English pronunciations of a word in lower case, phones separated by blanks; () if it is not in the
    dictionary.

    >>> pronunciations("a"), pronunciations("zyzzq")
    (('AH', 'EY'), ())
    """
    aligner = _aligner()
    with aligner.lock:
        return aligner.lookup(word)


def place(samples: npt.NDArray[np.float32], words: Sequence[Pronunciations]) -> list[PlacedWord] | None:
    """The words in order with the silences between them, or None if the sound has no path through all words.

    Args:
        samples: (N,) float32 at 16 kHz. Memory grows by about 0.2 MB per second.
        words: the pronunciations of each, of which the likeliest is chosen.
    """
    aligner = _aligner()
    with aligner.lock:
        return aligner.place(samples, words)
