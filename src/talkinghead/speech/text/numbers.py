"""English numbers as they are read aloud, in each of the usual ways."""

from __future__ import annotations

import re
from collections.abc import Callable

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_THOUSANDS = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONEY = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
}
_MOST_DIGITS = 15
_NUMBER = re.compile(
    r"(?P<minus>[-−])?(?P<money>[$£€])?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?(?P<suffix>st|nd|rd|th|'?s|%)?"
)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")


def number_readings(text: str) -> tuple[str, ...]:
    """The readings of a number, words separated by blanks, the usual one first; () for what is no number.

    >>> number_readings("25"), number_readings("$5"), number_readings("2nd")
    (('twenty five',), ('five dollars', 'five'), ('second',))
    >>> number_readings("1984")[0], number_readings("3.5")
    ('nineteen eighty four', ('three point five',))
    """
    text = text.lower()
    if clock := _TIME.fullmatch(text):
        return _time(int(clock[1]), clock[2])
    match = _NUMBER.fullmatch(text)
    if match is None:
        return ()
    whole, fraction, suffix = match["whole"], match["fraction"], match["suffix"] or ""
    readings = _money(match["money"], whole, fraction) if match["money"] else _plain(whole, fraction)
    if suffix in ("st", "nd", "rd", "th"):
        readings = [_last_changed(reading, _ordinal) for reading in _cardinals(whole)]
    elif suffix.endswith("s"):
        readings = [_last_changed(reading, _plural) for reading in readings]
    elif suffix == "%":
        readings = [f"{reading} percent" for reading in readings]
    if match["minus"]:
        readings = [f"minus {reading}" for reading in readings]
    return tuple(dict.fromkeys(readings))


def cardinal(number: int) -> str:
    """A whole number from 0 below 10^15 in words, as Americans read it.

    >>> cardinal(1_002_345)
    'one million two thousand three hundred forty five'
    """
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{_ONES[number // 100]} hundred" + (f" {cardinal(number % 100)}" if number % 100 else "")
    groups = []
    for name in _THOUSANDS:
        number, group = divmod(number, 1000)
        if group:
            groups.append(cardinal(group) + name)
    return " ".join(reversed(groups))


def _plain(whole: str, fraction: str | None) -> list[str]:
    if fraction:
        return [f"{reading} point {_digits(fraction[1:])}" for reading in _cardinals(whole)]
    readings = _cardinals(whole)
    if len(whole) == 4 and whole.isdigit() and whole[0] != "0" and whole[1:3] != "00":
        readings = _years(whole) + readings
    if whole.isdigit() and (len(whole) > 2 or (whole[0] == "0" and len(whole) > 1)):
        readings += [_digits(whole), _digits(whole).replace("zero", "oh")]
    return readings


def _cardinals(whole: str) -> list[str]:
    """With and without the "and" of British English after hundreds."""
    digits = whole.replace(",", "")
    if len(digits) > _MOST_DIGITS:
        return [_digits(digits)]
    american = cardinal(int(digits))
    british = re.sub(r"hundred (?!thousand|million|billion|trillion)", "hundred and ", american)
    if int(digits) > 1000 and 0 < int(digits) % 1000 < 100:
        head = cardinal(int(digits) // 1000 * 1000)
        british = f"{head} and {cardinal(int(digits) % 1000)}"
    return [american, british]


def _years(whole: str) -> list[str]:
    head, tail = int(whole[:2]), int(whole[2:])
    if tail == 0:
        return [f"{cardinal(head)} hundred"]
    if tail < 10:
        return [f"{cardinal(head)} oh {cardinal(tail)}"]
    return [f"{cardinal(head)} {cardinal(tail)}"]


def _money(sign: str, whole: str, fraction: str | None) -> list[str]:
    one, many, cent, cents = _MONEY[sign]
    unit = one if whole == "1" else many
    if not fraction:
        return [f"{reading} {unit}" for reading in _cardinals(whole)] + _cardinals(whole)
    readings = [f"{reading} {many}" for reading in _plain(whole, fraction)] + _plain(whole, fraction)
    if len(fraction) == 3 and fraction != ".00":
        small = cardinal(int(fraction[1:]))
        parts = f"{small} {cent if int(fraction[1:]) == 1 else cents}"
        readings = [
            f"{cardinal(int(whole.replace(',', '')))} {unit} {rest}" for rest in (parts, small, f"and {parts}")
        ] + readings
    return readings


def _time(hour: int, minutes: str) -> tuple[str, ...]:
    if minutes == "00":
        return (f"{cardinal(hour)} o'clock", cardinal(hour), f"{cardinal(hour)} hundred")
    middle = "oh " if minutes[0] == "0" else ""
    return (f"{cardinal(hour)} {middle}{cardinal(int(minutes))}",)


def _digits(digits: str) -> str:
    return " ".join(_ONES[int(digit)] for digit in digits if digit.isdigit())


def _last_changed(reading: str, change: Callable[[str], str]) -> str:
    *rest, last = reading.split()
    return " ".join([*rest, change(last)])


def _ordinal(word: str) -> str:
    return _ORDINALS.get(word) or (word[:-1] + "ieth" if word.endswith("y") else word + "th")


def _plural(word: str) -> str:
    return word[:-1] + "ies" if word.endswith("y") else word + ("es" if word.endswith("x") else "s")
