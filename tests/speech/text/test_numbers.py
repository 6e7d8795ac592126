"""Numbers read aloud."""

import pytest

from talkinghead.speech.text.numbers import cardinal, number_readings


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (1_000_000, "one million"),
        (20_015, "twenty thousand fifteen"),
        (999_999_999_999_999, None),
    ],
)
def test_cardinals(number: int, words: str | None) -> None:
    said = cardinal(number)
    assert said == words if words else said.startswith("nine hundred ninety nine trillion")


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("25", "twenty five"),
        ("1984", "nineteen eighty four"),
        ("1905", "nineteen oh five"),
        ("2000", "two thousand"),
        ("2024", "twenty twenty four"),
        ("1,234", "one thousand two hundred thirty four"),
        ("3.5", "three point five"),
        ("0.05", "zero point zero five"),
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("$5.50", "five dollars fifty cents"),
        ("£2.01", "two pounds one penny"),
        ("2nd", "second"),
        ("21st", "twenty first"),
        ("20th", "twentieth"),
        ("12TH", "twelfth"),
        ("50%", "fifty percent"),
        ("1980s", "nineteen eighties"),
        ("6s", "sixes"),
        ("-5", "minus five"),
        ("10:05", "ten oh five"),
        ("9:00", "nine o'clock"),
    ],
)
def test_the_usual_reading_comes_first(text: str, usual: str) -> None:
    assert number_readings(text)[0] == usual


def test_other_readings() -> None:
    assert {"two thousand and five", "two oh oh five"} <= set(number_readings("2005"))
    assert "one hundred and five" in number_readings("105")
    assert "zero zero seven" in number_readings("007")
    assert number_readings("1" + "0" * 20)[0].startswith("one zero zero")


@pytest.mark.parametrize("text", ["", "five", "1,2", ".", "$", "3.5.6", "x5", "12:5"])
def test_what_is_no_number(text: str) -> None:
    assert number_readings(text) == ()
