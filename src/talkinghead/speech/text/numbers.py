"""English numbers as they are read aloud, in each of the usual ways."""

from __future__ import annotations

import re

from talkinghead.speech.text.notation_words import SIGNS, Money

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
        return clock_readings(int(clock[1]), clock[2])
    match = _NUMBER.fullmatch(text)
    if match is None:
        return ()
    whole, fraction, suffix = match["whole"], match["fraction"], match["suffix"] or ""
    if match["money"]:
        readings = list(money_readings(f"{whole}{fraction or ''}", SIGNS[match["money"]]))
    else:
        readings = _plain(whole, fraction)
    if suffix in ("st", "nd", "rd", "th"):
        readings = [ordinal(reading) for reading in _cardinals(whole)]
    elif suffix.endswith("s"):
        readings = [plural(reading) for reading in readings]
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
        return [f"{reading} point {spell_digits(fraction[1:])}" for reading in _cardinals(whole)]
    readings = _cardinals(whole)
    if len(whole) == 4 and whole.isdigit() and whole[0] != "0" and whole[1:3] != "00":
        readings = _years(whole) + readings
    if whole.isdigit() and (len(whole) > 2 or (whole[0] == "0" and len(whole) > 1)):
        readings += [spell_digits(whole), spell_digits(whole).replace("zero", "oh")]
    return readings


def _cardinals(whole: str) -> list[str]:
    """With and without the "and" of British English after hundreds."""
    digits = whole.replace(",", "")
    if len(digits) > _MOST_DIGITS:
        return [spell_digits(digits)]
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


def money_readings(amount: str, names: Money) -> tuple[str, ...]:
    """An amount of money, the usual reading first.

    >>> money_readings("12.50", ("euro", "euros", "cent", "cents"))[:2], money_readings("1.00", SIGNS["$"])[0]
    (('twelve euros fifty cents', 'twelve euros fifty'), 'one dollar')
    """
    whole, _, fraction = amount.partition(".")
    one, many, cent, cents = names
    unit = one if whole == "1" else many
    if not fraction.strip("0"):
        said = [cardinal(int(whole.replace(",", "")))] if len(whole) == 4 else []
        said += _cardinals(whole)
        return tuple(dict.fromkeys([f"{reading} {unit}" for reading in said] + said))
    plain = _plain(whole, f".{fraction}")
    readings = [f"{reading} {many}" for reading in plain] + plain
    if len(fraction) == 2:
        small = cardinal(int(fraction))
        parts = f"{small} {cent if int(fraction) == 1 else cents}"
        heads = _cardinals(whole)[:1]
        with_units = [f"{head} {unit} {rest}" for head in heads for rest in (parts, small, f"and {parts}")]
        alone = [] if whole.strip("0,") else [parts]
        readings = [*alone, *with_units, *(f"{head} {small}" for head in heads), *readings]
    return tuple(dict.fromkeys(readings))


def clock_readings(hour: int, minutes: str) -> tuple[str, ...]:
    """A time of day, the minutes in two digits.

    >>> clock_readings(10, "05")[0], clock_readings(9, "00")[0]
    ('ten oh five', "nine o'clock")
    """
    if minutes == "00":
        return (f"{cardinal(hour)} o'clock", cardinal(hour), f"{cardinal(hour)} hundred")
    middle = "oh " if minutes[0] == "0" else ""
    return (f"{cardinal(hour)} {middle}{cardinal(int(minutes))}",)


def spell_digits(digits: str) -> str:
    """Each digit by its name."""
    return " ".join(_ONES[int(digit)] for digit in digits if digit.isdigit())


def ordinal(number: str) -> str:
    """The ordinal of a number in words: "twenty one" becomes "twenty first"."""
    *rest, word = number.split()
    changed = _ORDINALS.get(word) or (word[:-1] + "ieth" if word.endswith("y") else word + "th")
    return " ".join([*rest, changed])


def plural(word: str) -> str:
    """The plural of a number in words: "sixty" becomes "sixties"."""
    return word[:-1] + "ies" if word.endswith("y") else word + ("es" if word.endswith("x") else "s")
