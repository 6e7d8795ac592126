"""Makes the vocabulary that ships.

``python -m talkinghead.methods.write_a_speaker.make_vocabulary glove.6B.50d.txt``
"""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from pathlib import Path

import numpy as np

from talkinghead.methods.write_a_speaker.vocabulary import FILE, VECTOR_SIZE

NUM_WORDS = 40_000


def make_vocabulary(source: Path, out: Path = FILE, *, num_words: int = NUM_WORDS) -> None:
    """Write the most frequent words of a GloVe file, with their vectors in 8 bits, and a card beside them.

    The mean of all vectors is taken off and each is brought to unit length, so that what all words share does not hide
    what tells them apart.

    Args:
        source: text, a line for each word in order of frequency: the word and ``VECTOR_SIZE`` numbers.
        out: the file; its card bears the same name.
        num_words: how many words of letters to keep.
    """
    words, rows = [], []
    with source.open(encoding="utf-8") as file:
        lines = (line.rstrip("\n").split(" ") for line in file)
        for word, *numbers in islice(
            (line for line in lines if re.fullmatch(r"[^\W\d_]+(?:['-][^\W\d_]+)*", line[0])), num_words
        ):
            words.append(word)
            rows.append([float(number) for number in numbers])
    vectors = np.array(rows)
    if vectors.shape[1:] != (VECTOR_SIZE,):
        raise ValueError(f"{source} has vectors of {vectors.shape[1:]} numbers, not {VECTOR_SIZE}")
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scale = np.abs(vectors).max(axis=0) / 127
    np.savez_compressed(
        out,
        words=np.frombuffer("\n".join(words).encode("utf-8"), np.uint8),
        vectors=(vectors / scale).round().astype(np.int8),
        scale=scale.astype(np.float32),
    )
    card = {
        "what": f"vectors of the {len(words):,} most frequent words, {VECTOR_SIZE} numbers each, in 8 bits",
        "source": "GloVe 6B (Pennington, Socher, Manning 2014), Wikipedia 2014 and Gigaword 5, 50 dimensions",
        "data_licence": "Public Domain Dedication and License 1.0",
        "command": "python -m talkinghead.methods.write_a_speaker.make_vocabulary glove.6B.50d.txt",
    }
    out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make_vocabulary(Path(sys.argv[1]))
