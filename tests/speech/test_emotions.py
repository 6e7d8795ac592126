"""Names and strengths of emotions, and their spans in texts."""

from __future__ import annotations

import pytest

from talkinghead.errors import InputError
from talkinghead.speech.emotions import EmotionSpan, parse_emotion, place_spans, read_spans
from talkinghead.types import Interval


@pytest.mark.parametrize(
    ("text", "expected"), [("happy", ("happy", 1.0)), (" Sad:0.25 ", ("sad", 0.25)), ("angry:1", ("angry", 1.0))]
)
def test_parse(text: str, expected: tuple[str, float]) -> None:
    assert parse_emotion(text) == expected


def test_an_unknown_emotion_is_named_with_the_known() -> None:
    with pytest.raises(
        InputError, match="no emotion 'bored': choose one of neutral, happy, angry, surprised, sad, or auto"
    ):
        parse_emotion("bored")


@pytest.mark.parametrize("amount", ["1.5", "-1", "much", "", "nan"])
def test_a_strength_is_a_number_from_0_to_1(amount: str) -> None:
    with pytest.raises(InputError, match="out of range: give a number from 0 to 1"):
        parse_emotion(f"happy:{amount}")


def test_a_text_without_spans_stays_as_it_is() -> None:
    for text in ("Hello there.", "[laughter] He [sic] said [1] so.", "A [happy](https://example.org) link."):
        assert read_spans(text) == (text, ())


def test_spans_are_counted_in_words() -> None:
    text, spans = read_spans("Don\u2019t go. [Happy:0.5]It works, well-made![/happy] So [sad]no[/sad].")
    assert text == "Don\u2019t go. It works, well-made! So no."
    assert spans == (EmotionSpan("happy:0.5", 2, 6), EmotionSpan("sad", 7, 8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[happy] never closed", r"\[happy\] without \[/happy\]: write"),
        ("[happy:0.5] never closed", r"\[happy:0.5\] without \[/happy\]"),
        ("closed [/happy] only", r"\[/happy\] without \[happy\] before it"),
        ("[happy] a [sad] b [/sad] c [/happy]", r"\[sad\] within \[happy\]: close the first one"),
        ("[happy] a [/sad] b [/happy]", r"\[/sad\] without \[sad\]"),
        ("[happy] ... [/happy] a", r"no word between \[happy\] and \[/happy\]"),
        ("[bored] a [/bored]", "no emotion 'bored': choose one of neutral"),
        ("[sad:2] a [/sad]", "strength '2' of 'sad' is out of range"),
    ],
)
def test_bad_spans_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spans(text)


WORDS = tuple(Interval(word, float(k), k + 0.8) for k, word in enumerate(["Well", "it", "works", "at", "last"]))


def test_spans_have_the_time_of_their_words() -> None:
    text, spans = read_spans("Well, [happy]it works[/happy] at [sad:0.2]last[/sad].")
    assert place_spans(spans, text, WORDS, 5.0) == (Interval("happy", 1.0, 2.8), Interval("sad:0.2", 4.0, 4.8))


def test_words_that_are_read_otherwise_have_the_time_between_their_neighbours() -> None:
    text, spans = read_spans("Well, [happy]123[/happy] at last.")
    assert place_spans(spans, text, WORDS, 5.0) == (Interval("happy", 0.8, 3.0),)
    text, spans = read_spans("[happy]123[/happy]")
    assert place_spans(spans, text, WORDS, 5.0) == (Interval("happy", 0.0, 5.0),)


def test_pauses_between_words_do_not_count() -> None:
    text, spans = read_spans("[happy]Well[/happy] it works at last.")
    silence = Interval("...", 0.0, 0.0)
    assert place_spans(spans, text, (silence, *WORDS), 5.0) == (Interval("happy", 0.0, 0.8),)
