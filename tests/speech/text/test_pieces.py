"""Text as it is given: cleaned, and in pieces that together are the text."""

from __future__ import annotations

import time

import pytest

from talkinghead.speech.text.pieces import (
    CLAUSE_PAUSE,
    NO_PAUSE,
    PARAGRAPH_PAUSE,
    SENTENCE_PAUSE,
    _sentences,
    clean,
    split,
)


@pytest.mark.parametrize(
    "text",
    [
        "Hello world, see 25 cats.",
        "a < b and c > d, 3 <4> 5",
        "Line\nline\ttab — dash … “quotes” ½ © ° €5 & 3% x²",
        "Привет 你好 こんにちは नमस्ते สวัสดี مرحبا",
        "می\u200cخواهم क\u094d\u200dष",
        "e\u0301",
    ],
)
def test_what_can_be_spoken_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi 😀 there", ["Hi", "there"]),
        ("👨\u200d👩\u200d👧 family 👍🏽❤\ufe0f🇩🇪🏴\U000e0067\U000e007f", ["family"]),
        ("1\ufe0f\u20e3 first", ["1", "first"]),
        ("Hi😀there", ["Hi", "there"]),
        ("<speak>Well <b>done</b><br/><!-- no --></speak>", ["Well", "done"]),
        ("\x00nul\x07bell\x1bescape\ufffeoncharacter", ["nul", "bell", "escape", "oncharacter"]),
        ("half \ud800 of", ["half", "of"]),
        ("\ufeff\u202eright\u202c so\u00adft zero\u200bwidth", ["right", "soft", "zero", "width"]),
        ("😀👍🏽", []),
        ("<b></b>\x07\udfff", []),
    ],
)
def test_what_cannot_is_passed_over(text: str, words: list[str]) -> None:
    assert clean(text).split() == words
    clean(text).encode()


def texts(text: str, longest: int) -> list[str]:
    """The pieces without the blanks around them."""
    return [piece.text.strip() for piece in split(text, longest)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four… Five.", ["One.", "Two!", "Three?", "Four…", "Five."]),
        ("He said “Go.” She (too!) went.", ["He said “Go.”", "She (too!) went."]),
        ("Dr. Who met J. R. at 3.5 p.m. sharp. Done.", ["Dr. Who met J. R. at 3.5 p.m. sharp.", "Done."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("你好，世界。今天？好！", ["你好，世界。", "今天？", "好！"]),
        ("A title\n\nA text\nof two lines.", ["A title", "A text\nof two lines."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    found = list(_sentences(text))
    assert [piece.text.strip() for piece in found] == sentences
    assert "".join(piece.text for piece in found) == text


def test_as_many_sentences_as_there_is_room_for() -> None:
    assert texts("One. Two, three. Four. Five.", 12) == ["One.", "Two, three.", "Four. Five."]
    assert texts("One. Two.", 9) == ["One. Two."]


def test_pauses() -> None:
    text = "One two. Three four.\n\nFive six, seven eight nine ten eleven twelve thirteen."
    assert [(piece.text.strip(), piece.pause) for piece in split(text, 15)] == [
        ("One two.", SENTENCE_PAUSE),
        ("Three four.", PARAGRAPH_PAUSE),
        ("Five six,", CLAUSE_PAUSE),
        ("seven eight", NO_PAUSE),
        ("nine ten", NO_PAUSE),
        ("eleven twelve", NO_PAUSE),
        ("thirteen.", SENTENCE_PAUSE),
    ]


def test_a_long_sentence_is_cut_between_letters_only_where_there_is_nothing_else() -> None:
    accented = "e\u0301" * 30
    pieces = split(accented, 11)
    assert [len(piece.text) for piece in pieces] == [10] * 6
    assert "".join(piece.text for piece in pieces) == accented
    assert [len(piece.text) for piece in split("\u0301" * 30, 11)] == [11, 11, 8]


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_next_to_nothing(text: str) -> None:
    assert "".join(piece.text for piece in split(text)) == text


@pytest.mark.parametrize("sign", [*".!<)'\n 。a", "<a", "<!--", ". ", "word ", "a.)", "你好。", "\r\n"])
def test_long_texts_take_no_longer_than_their_length_asks(sign: str) -> None:
    text = sign * (100_000 // len(sign))
    began = time.perf_counter()
    pieces = split(clean(text))
    assert time.perf_counter() - began < 2
    assert "".join(piece.text for piece in pieces) == clean(text)
    assert max(len(piece.text) for piece in pieces) <= 1000
