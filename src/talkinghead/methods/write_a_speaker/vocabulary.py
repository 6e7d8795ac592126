"""Words -> rows of the lookup table, and vectors that know what words mean.

The vectors are those of GloVe (Pennington, Socher, Manning 2014, "GloVe: Global Vectors for Word Representation";
public domain), 50 numbers for each of the 40,000 most frequent words in lower case, stored in 8 bits
(``make_vocabulary``). They know which words are alike, which the 51 words of GRID cannot teach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.foreign import read_arrays
from talkinghead.types import FloatArray

VECTOR_SIZE = 50
SILENT, UNKNOWN = 0, 1
"""Rows of the lookup table for frames without a word, and for words that it lacks."""

FILE = Path(__file__).with_name("weights") / "words.npz"

_SHORTEST_PIECE = 3
_ENDINGS = (
    "'s",
    "'re",
    "'ll",
    "'ve",
    "'d",
    "'m",
    "s",
    "es",
    "ed",
    "d",
    "ing",
    "ly",
    "er",
    "est",
    "ness",
    "ful",
    "less",
    "able",
)
_NEGATED = {"can't": "can", "won't": "will", "shan't": "shall"}


@dataclass(frozen=True)
class Vocabulary:
    """The known words, the most frequent ones first.

    Attributes:
        places: place of each word.
        vectors: (N, VECTOR_SIZE) float32 of about unit length.
    """

    places: dict[str, int]
    vectors: npt.NDArray[np.float32]

    def row(self, word: str, rows: int) -> int:
        """The word's row in a lookup table of so many rows; ``UNKNOWN`` if it is too rare for it."""
        place = self.places.get(normalise_word(word))
        return UNKNOWN if place is None or place + 2 >= rows else place + 2

    def vector(self, word: str) -> FloatArray | None:
        """(VECTOR_SIZE,) of a word, or the mean of its pieces; None where these are unknown, too."""
        word = normalise_word(word)
        pieces = [word] if word in self.places else self._pieces(word)
        if not pieces:
            return None
        return np.asarray(np.mean([self.vectors[self.places[piece]] for piece in pieces], axis=0), np.float32)

    def _pieces(self, word: str) -> list[str]:
        """Known words that a word is made of: its stem, the parts of a compound, or its longest beginning and end."""
        parts = [part for part in re.split(r"[-_/.\s]+", word) if part]
        if len(parts) > 1:
            return [piece for part in parts for piece in ([part] if part in self.places else self._pieces(part))]
        if word.endswith("n't"):
            return [piece for piece in (_NEGATED.get(word, word[:-3]), "not") if piece in self.places]
        for ending in _ENDINGS:
            stem = word.removesuffix(ending)
            shortest = 1 if ending.startswith("'") else _SHORTEST_PIECE
            for candidate in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else ""):
                if stem != word and len(candidate) >= shortest and candidate in self.places:
                    return [candidate]
        best: list[str] = []
        for cut in range(_SHORTEST_PIECE, len(word) - _SHORTEST_PIECE + 1):
            both = [word[:cut], word[cut:]]
            # The rarer of the two must be as frequent as possible: chance beginnings are rare words.
            if all(part in self.places for part in both) and (not best or self._rarest(both) < self._rarest(best)):
                best = both
        return best

    def _rarest(self, words: list[str]) -> int:
        return max(self.places[word] for word in words)


def normalise_word(word: str) -> str:
    """The word as the vocabulary spells it: in lower case, without signs around it.

    >>> normalise_word("“Hello,")
    'hello'
    """
    return re.sub(r"^[^\w]+|[^\w']+$", "", word.lower().replace("\u2019", "'")).rstrip("'")


@lru_cache(maxsize=1)
def load_vocabulary(path: Path = FILE) -> Vocabulary:
    """The vocabulary that ships, loaded once.

    Raises:
        InputError: the file is missing or damaged.
    """
    found = read_arrays(path, kind="a vocabulary", remedy="install the package again.", shapes=None, largest=None)
    words = bytes(found["words"]).decode("utf-8").split("\n")
    vectors = np.asarray(found["vectors"] * found["scale"], np.float32)
    return Vocabulary({word: place for place, word in enumerate(words)}, vectors)
