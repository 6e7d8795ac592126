"""Notations read as people read them, by language: what is written, and what is said."""

from __future__ import annotations

import time

import pytest

from talkinghead.speech.text.notation import expand, find_notations
from talkinghead.speech.text.notation_english import roman_value

ENGLISH = [
    ("$12.00", "twelve dollars"),
    ("12 $", "twelve dollars"),
    ("12$", "twelve dollars"),
    ("USD 12", "twelve dollars"),
    ("12 USD", "twelve dollars"),
    ("$1", "one dollar"),
    ("$0.99", "ninety nine cents"),
    ("$12.50", "twelve dollars fifty cents"),
    ("$1,234.56", "one thousand two hundred thirty four dollars fifty six cents"),
    ("€ 5", "five euros"),
    ("CHF 5.50", "five Swiss francs fifty centimes"),
    ("$3M", "three million dollars"),
    ("$3 million", "three million dollars"),
    ("$1.5bn", "one point five billion dollars"),
    ("1.5M", "one point five million"),
    ("10k", "ten thousand"),
    ("10am", "ten a.m."),
    ("10 AM", "ten a.m."),
    ("10:30 p.m.", "ten thirty p.m."),
    ("10:05", "ten oh five"),
    ("5kg", "five kilograms"),
    ("1 kg", "one kilogram"),
    ("60 mph", "sixty miles per hour"),
    ("20°C", "twenty degrees celsius"),
    ("-5 °F", "minus five degrees fahrenheit"),
    ("5 m²", "five square meters"),
    ("1/2", "one half"),
    ("½", "one half"),
    ("3/4", "three quarters"),
    ("2½", "two and a half"),
    ("2 1/2", "two and a half"),
    ("5/8", "five eighths"),
    ("24/7", "twenty four seven"),
    ("9/11", "nine eleven"),
    ("Henry VIII", "Henry the eighth"),
    ("Elizabeth II's", "Elizabeth the second's"),
    ("World War II", "World War two"),
    ("World War I", "World War one"),
    ("Chapter IV", "Chapter four"),
    ("Super Bowl LVIII", "Super Bowl fifty eight"),
    ("1984", "nineteen eighty four"),
    ("2005", "two thousand five"),
    ("2024-05-12", "May twelfth twenty twenty four"),
    ("5/6/2024", "May sixth twenty twenty four"),
    ("25/12/2024", "December twenty fifth twenty twenty four"),
    ("May 5", "May fifth"),
    ("5 May", "the fifth of May"),
    ("1914-1918", "nineteen fourteen to nineteen eighteen"),
    ("pages 10-12", "pages ten to twelve"),
    ("555-1234", "five five five, one two three four"),
    ("+1 415 555 2671", "plus one, four one five, five five five, two six seven one"),
    ("(415) 555-0100", "four one five, five five five, oh one oh oh"),
    ("me@example.com", "me at example dot com"),
    ("john.doe@mail.example.co.uk", "john dot doe at mail dot example dot co dot uk"),
    ("https://example.org/a-b/", "example dot org slash a dash b"),
    ("www.example.com", "W W W dot example dot com"),
    ("#5", "number five"),
    ("No. 7", "number seven"),
    ("50 %", "fifty percent"),
]
FOREIGN = {
    "de": [
        ("12,50 €", "12 Euro 50"),
        ("12,00€", "12 Euro"),
        ("$3", "3 Dollar"),
        ("1,5 kg", "1,5 Kilogramm"),
        ("1,5", "1,5"),
        ("1.234,5", "1.234,5"),
        ("20°C", "20 Grad Celsius"),
        ("3 Mio. Euro", "3 Millionen Euro"),
        ("5 Mio. €", "5 Millionen Euro"),
        ("10:30 Uhr", "10 Uhr 30"),
        ("am 3. Mai 1984", "am dritten Mai neunzehnhundert 84"),
        ("Heinrich VIII. hat", "Heinrich der achte hat"),
        ("Ludwig XIV", "Ludwig der vierzehnte"),
        ("1/2", "ein halb"),
        ("50 %", "50 Prozent"),
        ("a.b@c.de", "a Punkt b ät c Punkt de"),
    ],
    "fr-fr": [
        ("12,50 €", "12 euros 50"),
        ("1 €", "1 euro"),
        ("10h30", "10 heures 30"),
        ("Louis XIV", "Louis 14"),
        ("3/4", "trois quarts"),
    ],
    "es": [("12,50 €", "12 euros 50"), ("Enrique VIII", "Enrique octavo"), ("20 °C", "20 grados")],
    "it": [("12 €", "12 euro"), ("$ 3", "3 dollari"), ("Giovanni XXIII", "Giovanni 23")],
    "nl": [("€ 12,50", "12 euro 50"), ("10:30", "10 uur 30")],
    "pt-br": [("R$ 5,50", "5 reais 50"), ("60 km/h", "60 quilômetros por hora")],
    "ru": [("1 кг", "1 килограмм"), ("22 ₽", "22 рубля"), ("12 руб.", "12 рублей"), ("5 км/ч", "5 километров в час")],
}


@pytest.mark.parametrize(("written", "said"), ENGLISH)
def test_english(written: str, said: str) -> None:
    assert expand(f"Then {written}, yes.") == f"Then {said}, yes."


@pytest.mark.parametrize(("language", "written", "said"), [(code, *case) for code in FOREIGN for case in FOREIGN[code]])
def test_other_languages(language: str, written: str, said: str) -> None:
    assert expand(written, language) == said


@pytest.mark.parametrize(
    "text",
    [
        "Malcolm X flew from Washington DC on a B-52 with an iPhone 14.",
        "COVID-19, v1.2.3, 3.14 and 5'10, 5G in B2B",
        "I am. Charles I think so. The CD, the MC and the MIX.",
        "You may 5 times. e.g. this, i.e. that. a/b and and/or",
        "5 s or 5 V",
        "The part I like, the book I read.",
    ],
)
def test_what_is_no_notation(text: str) -> None:
    assert expand(text) == text


def test_languages_without_a_table_stay() -> None:
    assert expand("Maksaa 12 €", "fi") == "Maksaa 12 €"


def test_britons_write_the_day_first() -> None:
    assert expand("5/6/2024", "en-gb") == "the fifth of June twenty twenty four"


def test_a_sentence_that_ends_in_an_abbreviation_has_one_full_stop() -> None:
    assert expand("We met at 10am. Then") == "We met at ten a.m. Then"


def test_other_readings_follow() -> None:
    (price,) = find_notations("$12.50")
    assert {"twelve dollars and fifty cents", "twelve fifty"} <= set(price.readings)
    (king,) = find_notations("Henry VIII")
    assert (king.start, king.end) == (6, 10)
    assert king.readings == ("the eighth", "eight")


@pytest.mark.parametrize("numeral", ["IIX", "VV", "IVI", "XXXXX", ""])
def test_improper_roman_numerals(numeral: str) -> None:
    assert roman_value(numeral) is None


@pytest.mark.parametrize("language", ["en-us", "de", "ru"])
@pytest.mark.parametrize("text", ["1", "a-", "1,", "1/", "$", "12 ", "X", "a@", "a.", "Henry I", "+1 ", "1,000"])
def test_time_grows_with_the_length(language: str, text: str) -> None:
    began = time.perf_counter()
    expand(text * 20_000, language)
    assert time.perf_counter() - began < 5
