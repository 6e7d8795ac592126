"""Phones of recordings: from label files, cut to what is sure, aligned with a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import labelling
from talkinghead.data.labelling import label_by_text, read_label_file, split_at_unsure_words
from talkinghead.errors import InputError
from talkinghead.speech.alignment.sphinx import PlacedPhone, PlacedWord
from talkinghead.types import Interval

GRID_OF_TIERS = """File type = "ooTextFile"
Object class = "TextGrid"

0
1
<exists>
2
"IntervalTier"
"words"
0
1
1
0
1
"see"
"IntervalTier"
"phones"
0
1
3
0
0.2
""
0.2
0.5
"S"
0.5
1
"IY1"
"""


def word(number: int | None, start: int, *labels: str, score: float = 0.0) -> PlacedWord:
    """A word of phones of half a second each."""
    phones = [PlacedPhone(label, start + 50 * i, start + 50 * (i + 1), score) for i, label in enumerate(labels)]
    return PlacedWord(number, tuple(phones))


def test_a_text_grid(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(GRID_OF_TIERS)
    ((start, end, phones),) = read_label_file(path, 1.0)
    assert (start, end) == (0.0, 1.0)
    assert [phone.label for phone in phones] == ["sil", "S", "IY"]
    assert [phone.start for phone in phones] == pytest.approx([0.0, 0.208, 0.508])
    assert phones[-1].end == 1.0


def test_an_hts_file(tmp_path: Path) -> None:
    path = tmp_path / "a.lab"
    path.write_text("0 1300000 x^x-sil+hh=iy@x_x/A:0\n1300000 2050000 x^sil-hh+iy=t@1_2/A:0\n")
    ((_, _, phones),) = read_label_file(path, 0.205)
    assert phones == (Interval("sil", 0.0, 0.13), Interval("HH", 0.13, 0.205))


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.TextGrid", "no tiers", "not a readable alignment"),
        ("a.TextGrid", GRID_OF_TIERS.replace('"phones"', '"x"'), "has no tier of phones"),
        ("a.lab", "0 one two\n", "not readable as phone labels"),
        ("a.lab", "x y\n", "not readable as phone labels"),
        ("a.lab", "0 10 x^x-xx+hh=iy\n", "'xx' is no phone label"),
    ],
)
def test_a_damaged_label_file_is_named(tmp_path: Path, name: str, text: str, fault: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=fault) as caught:
        read_label_file(path, 1.0)
    assert str(path) in str(caught.value)


def test_recordings_are_cut_where_a_word_is_not_sure() -> None:
    placed = [
        *[word(None, 0, "sil"), word(0, 50, "S", "IY"), word(None, 150, "sil"), word(1, 200, "M", "AA")],
        *[word(2, 300, "T", "UW"), word(3, 400, "B", "IY"), word(None, 500, "sil")],
    ]
    sure = [True, True, True, True, False, True, True]
    first, second = split_at_unsure_words(placed, sure, 5.5)
    late = labelling._LATE_S
    assert first[:2] == pytest.approx((0.41, 3.0 + late))  # begins on the grid of frames
    assert [phone.label for phone in first[2]] == ["sil", "S", "IY", "sil", "M", "AA"]
    assert [phone.start for phone in first[2]] == pytest.approx([0.0, 0.098, 0.598, 1.098, 1.598, 2.098], abs=1e-3)
    assert second[:2] == pytest.approx((4.01, 5.1 + late))
    assert [phone.label for phone in second[2]] == ["B", "IY", "sil"]


def test_a_long_pause_parts_and_short_pieces_fall_out() -> None:
    pause = PlacedWord(None, (PlacedPhone("sil", 100, 200, 0.0),))
    placed = [word(0, 0, "S", "IY"), pause, word(1, 200, "B")]
    (only,) = split_at_unsure_words(placed, [True, True, True], 2.5)
    assert [phone.label for phone in only[2]] == ["S", "IY", "sil"]
    assert split_at_unsure_words(placed, [False, True, False], 2.5) == ()


def test_of_an_uncertain_text_what_fits_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = [word(0, 0, "S", "IY"), word(1, 100, "T", "UW", score=-7.0), word(2, 200, "M", "IY", "N", score=-0.1)]
    monkeypatch.setattr(labelling, "place", lambda samples, words: placed)
    silence, text = np.zeros(56_000, np.float32), "see two mean"
    pieces = label_by_text(silence, text, certain=False)
    assert [[phone.label for phone in phones] for _, _, phones in pieces] == [["S", "IY"], ["M", "IY", "N"]]
    ((start, end, phones),) = label_by_text(silence, text)
    assert (start, end) == (0.0, 3.5)
    assert [phone.label for phone in phones] == ["S", "IY", "T", "UW", "M", "IY", "N"]


@pytest.mark.parametrize("certain", [True, False])
def test_another_text_than_is_said(
    certain: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(labelling, "place", lambda samples, words: [word(0, 0, "S", "IY", score=-9.0)])
    assert label_by_text(np.zeros(16_000, np.float32), "see", certain=certain) == ()
    assert "a recording of 'see' is left out: the text does not fit the sound." in caplog.text


def test_texts_in_other_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(labelling, "place", lambda samples, words: asked.extend(words))
    label_by_text(np.zeros(16_000, np.float32), "ja", language="de")
    assert len(asked) == 1
    assert str(asked[0]).startswith("('Y AA")


def test_letters_are_said_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(labelling, "place", lambda samples, words: asked.extend(words))
    label_by_text(np.zeros(16_000, np.float32), "A, z", spelling=True)
    assert asked == [("EY",), ("Z EH D", "Z IY")]


def test_a_text_without_words_is_announced(caplog: pytest.LogCaptureFixture) -> None:
    assert label_by_text(np.zeros(16_000, np.float32), "…") == ()
    assert "a recording of '…' is left out: the transcript has no words" in caplog.text
