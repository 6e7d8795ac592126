"""Words and their vectors: what is unseen lies near its neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.methods.write_a_speaker.make_vocabulary import make_vocabulary
from talkinghead.methods.write_a_speaker.vocabulary import (
    FILE,
    UNKNOWN,
    VECTOR_SIZE,
    load_vocabulary,
    normalise_word,
)

GRID_WORDS = ("bin", "lay", "place", "set", "blue", "green", "red", "white", "at", "by", "in", "with")
GRID_ADVERBS = ("again", "now", "please", "soon")


def likeness(first: str, second: str) -> float:
    one, other = (load_vocabulary().vector(word) for word in (first, second))
    assert one is not None
    assert other is not None
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_it_is_small() -> None:
    assert FILE.stat().st_size < 4e6
    assert load_vocabulary().vectors.shape == (40_000, VECTOR_SIZE)


@pytest.mark.parametrize(
    ("unseen", "near", "far"),
    [("yellow", "green", "please"), ("eleven", "seven", "blue"), ("tomorrow", "soon", "red"), ("purple", "blue", "at")],
)
def test_a_word_that_the_recordings_lack_lies_near_its_neighbours(unseen: str, near: str, far: str) -> None:
    assert unseen not in GRID_WORDS + GRID_ADVERBS
    assert likeness(unseen, near) > likeness(unseen, far) + 0.2


def test_words_are_read_without_signs_and_capitals() -> None:
    assert normalise_word("“Hello,") == "hello"
    assert normalise_word("Don\u2019t!") == "don't"
    assert load_vocabulary().row("Green!", 1859) == load_vocabulary().row("green", 1859) > UNKNOWN


def test_words_too_rare_for_the_table_are_unknown_and_have_a_vector() -> None:
    vocabulary = load_vocabulary()
    assert vocabulary.row("grandma", 1859) == UNKNOWN
    assert vocabulary.row("the", 1859) == 2
    assert vocabulary.vector("grandma") is not None


@pytest.mark.parametrize(
    ("word", "pieces"),
    [("teapot", ["tea", "pot"]), ("can't", ["can", "not"]), ("won't", ["will", "not"]), ("we're", ["we"])],
)
def test_a_word_that_is_unknown_has_the_vector_of_its_pieces(word: str, pieces: list[str]) -> None:
    vocabulary = load_vocabulary()
    assert word not in vocabulary.places
    wanted = np.mean([vocabulary.vectors[vocabulary.places[piece]] for piece in pieces], axis=0)
    np.testing.assert_allclose(vocabulary.vector(word), wanted, atol=1e-6)


def test_nonsense_has_none() -> None:
    assert load_vocabulary().vector("xqzzt") is None
    assert load_vocabulary().vector("...") is None


def test_made_of_a_file_of_glove(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(4, VECTOR_SIZE))
    lines = [f"{word} {' '.join(f'{x:.5f}' for x in row)}" for word, row in zip(["the", ",", "o'clock", "set"], rows)]
    (tmp_path / "glove.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    make_vocabulary(tmp_path / "glove.txt", tmp_path / "words.npz", num_words=3)
    made = load_vocabulary(tmp_path / "words.npz")
    assert list(made.places) == ["the", "o'clock", "set"]
    kept = rows[[0, 2, 3]] - rows[[0, 2, 3]].mean(axis=0)
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    np.testing.assert_allclose(made.vectors, kept, atol=np.abs(kept).max() / 127)
    assert (tmp_path / "words.json").is_file()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text("the 0.1 0.2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not 50"):
        make_vocabulary(tmp_path / "glove.txt", tmp_path / "words.npz")
