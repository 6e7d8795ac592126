"""Readings of English notations, in words; the patterns that find them are alternatives of one expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from talkinghead.speech.text.notation_words import (
    CODES,
    COUNTED_NOUNS,
    DOMAINS,
    FRACTION_SIGNS,
    MONTHS,
    REGNAL_NAMES,
    SIGNS,
    UNITS,
)
from talkinghead.speech.text.numbers import (
    cardinal,
    clock_readings,
    money_readings,
    number_readings,
    ordinal,
    plural,
    spell_digits,
)

Reading = tuple[int, int, Sequence[str]]
"""The first character of what is read, the one after its last, and the readings, the usual one first."""

Reader = Callable[[re.Match[str]], "Reading | None"]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_LARGE = r"(?:k|K|M|m|bn|B|tn)\b|(?:thousand|million|billion|trillion)\b"
_BEFORE, _AFTER = r"(?<![\w.,$£€-])", r"(?![\w@]|[.,]\d)"
_HALF_DAY = r"\s?(?:[ap]m\b|[AP]M\b|[ap]\.\s?m\.|[AP]\.\s?M\.)"
_MAGNITUDES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
_FRACTIONS = {2: "half", 4: "quarter"}
_MOST_PARTS = 20  # in a fraction; 24/7 and 9/11 are none
_YEAR = r"(?:1[1-9]|20)\d\d"
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def english_patterns(*, month_first: bool = True) -> dict[str, tuple[str, Reader]]:
    """Name -> expression and reader of each notation, in the order in which they are tried.

    Args:
        month_first: whether 5/6 is the sixth of May, as Americans write it.
    """
    units = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    signs, codes = "".join(map(re.escape, SIGNS)), "|".join(CODES)
    fractions = "".join(FRACTION_SIGNS)
    months = "|".join(rf"{name[:3]}\.|{name}" if name != "May" else name for name in MONTHS)
    nouns = "|".join(COUNTED_NOUNS)
    kings = "|".join(REGNAL_NAMES)
    return {
        "email": (r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", partial(read_address, at="at", dot="dot")),
        "url": (
            rf"https?://[^\s<>\"]*[\w/]|\bwww\.[^\s<>\"]*[\w/]|(?<![\w.@])(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:{DOMAINS})\b"
            r"(?:/[^\s<>\"]*[\w/])?(?!\.?\w)",
            partial(read_address, at="at", dot="dot"),
        ),
        "date": (
            rf"{_BEFORE}(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}/\d{{1,2}}/(?:\d{{4}}|\d\d)){_AFTER}",
            partial(_date, month_first=month_first),
        ),
        "day": (rf"\b(?:{months})\s\d{{1,2}}(?!\d|:|\s?%)|(?<![\w.,-])\d{{1,2}}\s(?:{months})\b", _day),
        "clock": (rf"{_BEFORE}\d{{1,2}}(?::\d\d(?::\d\d)?(?:{_HALF_DAY})?|{_HALF_DAY})(?![\d:])", _clock),
        "price": (
            rf"(?<![\w.,-])(?:(?:US|CA|AU|NZ|HK)?[{signs}]\s?{_NUMBER}(?:\s?(?:{_LARGE})|(?!\w|[.,]\d))"
            rf"|(?:{codes})\s?{_NUMBER}(?:\s?(?:{_LARGE})|(?!\w|[.,]\d))"
            rf"|{_NUMBER}(?:\s?(?:{_LARGE}))?\s?(?:[{signs}](?![\d{signs}])|(?:{codes})\b))",
            _price,
        ),
        "phone": (
            r"(?<![\w.,$-])(?:\+\d{1,3}[ -]?(?:\(?\d{1,4}\)?[ -]?)(?:\d{2,4}[ -]?){1,3}\d{2,4}"
            r"|(?:1-)?\(?\d{3}\)?[ -]\d{3}-\d{4}|\d{3}-\d{4})(?![\w-])",
            _phone,
        ),
        "fraction": (
            rf"{_BEFORE}(?:\d+\s?)?[{fractions}]|{_BEFORE}(?:\d+\s)?\d{{1,3}}[/⁄]\d{{1,3}}(?![\w/⁄]|[.,]\d)",
            _fraction,
        ),
        "range": (rf"{_BEFORE}{_NUMBER}[-–]{_NUMBER}(?![\w@–-]|[.,]\d)", _range),
        "unit": (rf"(?<![\w,.$£€])[-−]?{_NUMBER}\s?(?:{units})(?![\w²³/])(?!'\w)", _unit),
        "large": (rf"{_BEFORE}{_NUMBER}(?:k|K|M|bn|B|tn){_AFTER}", _large),
        "count": (r"(?<!\w)(?:#|№\s?|[Nn]o\.\s|Nr\.\s)\d+\b", _count),
        "king": (rf"\b(?:{kings})\s(?:[IVX]{{2,}}|[VX]|I(?=[.,;:!?)]|\s(?:of|was|and)\b))(?:'s|’s)?\b", _king),
        "roman": (
            rf"\b(?:(?:{nouns})\s(?:[IVXL]{{2,}}|[VX]|I(?=[.,;:!?)]|$))|War\sI|[A-Z][a-z]+\s[IVX]{{2,}})\b(?!\.\w)",
            _counted,
        ),
        "year": (rf"(?<![\w.,$£€#/-]){_YEAR}(?![\w%°'’/-]|[.,]\d|\s?%)", _year),
        "percent": (rf"{_BEFORE}{_NUMBER}\s?%", _percent),
    }


def read_address(match: re.Match[str], *, at: str, dot: str, dash: str = "dash", slash: str = "slash") -> Reading:
    """A web or mail address: its words, and the names of the signs between them; the protocol is not said."""
    text = re.sub(r"^https?://(?=\S)|/$", "", match[0])
    words = {"@": at, ".": dot, "-": dash, "/": slash, "_": "underscore", "+": "plus", ":": "colon"}
    words |= {"?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent", "~": "tilde"}
    said = re.sub(r"[^\w]|_", lambda sign: f" {words.get(sign[0], '')} ", text)
    said = re.sub(r"\bwww\b", "W W W", said, flags=re.IGNORECASE)
    reading = " ".join(said.split())
    return match.start(), match.end(), [reading, reading.removeprefix(f"W W W {dot} ")]


def roman_value(numeral: str) -> int | None:
    """The value of a Roman numeral as it is properly written, or None.

    >>> roman_value("XIV"), roman_value("IIX")
    (14, None)
    """
    if not re.fullmatch(r"(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})", numeral) or not numeral:
        return None
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0]))


def _whole(match: re.Match[str], readings: Sequence[str]) -> Reading | None:
    return (match.start(), match.end(), readings) if readings else None


def _number(text: str) -> tuple[str, ...]:
    """A number as an amount, never as a year."""
    readings = number_readings(text.replace("−", "-"))
    plain = text.replace(",", "").lstrip("-−")
    if plain.isdigit() and len(plain) == 4:
        return (cardinal(int(plain)), *readings)
    return readings


def _is_one(amount: str) -> bool:
    return amount.lstrip("-−") in ("1", "1.00")


def _price(match: re.Match[str]) -> Reading | None:
    found = re.search(_NUMBER, match[0])
    if found is None:
        return None
    large = re.search(_LARGE, match[0][found.end() :])
    key = re.search("[^\\w\\s.,]|[A-Z]{3}", match[0][: found.start()] + match[0][found.end() :])
    names = SIGNS.get(key[0]) or CODES.get(key[0]) if key else None
    if names is None:
        return None
    if large:
        size = _MAGNITUDES.get(large[0].lower(), large[0])
        return _whole(match, [f"{number} {size} {names[1]}" for number in _number(found[0])])
    return _whole(match, money_readings(found[0], names))


def _large(match: re.Match[str]) -> Reading | None:
    number, letters = re.fullmatch(rf"({_NUMBER})(\w+)", match[0]).groups()  # type: ignore[union-attr]
    return _whole(match, [f"{reading} {_MAGNITUDES[letters.lower()]}" for reading in _number(number)])


def _unit(match: re.Match[str]) -> Reading | None:
    found = re.fullmatch(rf"([-−]?{_NUMBER})(\s?)(.+)", match[0])
    if found is None:
        return None
    number, blank, unit = found.groups()
    names = UNITS[unit]
    if blank and len(unit) == 1 and unit.isalpha() and unit not in "mgl":
        return None
    said = [name.partition("/")[0 if _is_one(number) else 2] or name for name in names]
    return _whole(match, [f"{reading} {name}" for name in said for reading in _number(number)])


def _clock(match: re.Match[str]) -> Reading | None:
    hour, minutes, seconds, half = re.fullmatch(  # type: ignore[union-attr]
        r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s?([apAP])?.*", match[0]
    ).groups()
    if int(hour) > 24 or int(minutes or 0) > 59:
        return None
    readings = clock_readings(int(hour), minutes or "00")
    if seconds:
        readings = tuple(f"{reading} and {cardinal(int(seconds))} seconds" for reading in readings)
    if half:
        plain = readings if (minutes or "00") != "00" else (cardinal(int(hour)), *readings)
        readings = tuple(f"{reading} {half.lower()}.m." for reading in plain) + readings
    ending = match.end()
    return match.start(), ending, readings


def _date(match: re.Match[str], *, month_first: bool) -> Reading | None:
    if "-" in match[0]:
        year, month, day = map(int, match[0].split("-"))
    else:
        month, day, year = map(int, match[0].split("/"))
        if (not month_first and day <= 12) or month > 12:
            month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    name, said = MONTHS[month - 1], number_readings(str(year) if year > 99 else f"{year:02d}")
    years = [*said[:1], cardinal(year)] if year > 99 else [*said]
    nth = ordinal(cardinal(day))
    orders = [f"{name} {nth}", f"the {nth} of {name}", f"{name} the {nth}", f"{nth} of {name}"]
    orders = orders if month_first else [orders[1], orders[0], *orders[2:]]
    return _whole(match, [f"{order} {spoken}" for spoken in years for order in orders])


def _day(match: re.Match[str]) -> Reading | None:
    """The day beside a month; the month itself stays."""
    number = re.search(r"\d{1,2}", match[0])
    if number is None or not 1 <= int(number[0]) <= 31:
        return None
    nth = ordinal(cardinal(int(number[0])))
    readings = [nth, f"the {nth}"] if number.start() else [f"the {nth} of", nth, f"{nth} of"]
    start = match.start() + number.start()
    return start, start + len(number[0]), [*readings, cardinal(int(number[0]))]


def _phone(match: re.Match[str]) -> Reading | None:
    groups = re.findall(r"\+|\d+", match[0])
    said = ", ".join("plus" if group == "+" else spell_digits(group) for group in groups).replace("plus,", "plus")
    return _whole(match, [said.replace("zero", "oh"), said])


def _fraction(match: re.Match[str]) -> Reading | None:
    text = match[0]
    for sign, written in FRACTION_SIGNS.items():
        text = text.replace(sign, f" {written}")
    *whole, part = text.split()
    above, below = map(int, re.split("[/⁄]", part))
    if not (0 < above < below <= _MOST_PARTS or (below == 100 and above < below)) or (above, below) == (9, 11):
        both = [f"{cardinal(above)} {cardinal(below)}", f"{cardinal(above)} slash {cardinal(below)}"]
        both += [f"{cardinal(above)} over {cardinal(below)}", f"{cardinal(above)} out of {cardinal(below)}"]
        return None if whole else _whole(match, both)
    names = [_FRACTIONS.get(below) or ordinal(cardinal(below)), ordinal(cardinal(below)) if below == 4 else ""]
    readings = []
    for name in filter(None, names):
        many = f"{cardinal(above)} {plural(name).replace('halfs', 'halves')}"
        one = [f"one {name}", f"a {name}"]
        readings += (one[::-1] if whole else one) if above == 1 else [many]
    if whole:
        return _whole(match, [f"{_number(whole[0])[0]} and {reading}" for reading in readings])
    return _whole(match, readings)


def _range(match: re.Match[str]) -> Reading | None:
    first, last = re.split("[-–]", match[0])
    years = bool(re.fullmatch(_YEAR, first))
    read = number_readings if years else _number
    ends = [end for end in (read(first)[:1], read(last)[:1]) if end]
    return _whole(match, [f" {word} ".join(end[0] for end in ends) for word in ("to", "")]) if len(ends) == 2 else None


def _count(match: re.Match[str]) -> Reading | None:
    number = re.search(r"\d+", match[0])
    return _whole(match, [f"number {reading}" for reading in _number(number[0])]) if number else None


def _king(match: re.Match[str]) -> Reading | None:
    return _numeral(match, lambda value: [f"the {ordinal(cardinal(value))}", cardinal(value)])


def _counted(match: re.Match[str]) -> Reading | None:
    return _numeral(match, lambda value: [cardinal(value), f"the {ordinal(cardinal(value))}"])


def _numeral(match: re.Match[str], read: Callable[[int], list[str]]) -> Reading | None:
    numeral = match[0].rsplit(maxsplit=1)[1]
    start = match.end() - len(numeral)
    numeral = re.sub("['’]s$", "", numeral)
    value = roman_value(numeral)
    return None if value is None else (start, start + len(numeral), read(value))


def _year(match: re.Match[str]) -> Reading | None:
    return _whole(match, number_readings(match[0]))


def _percent(match: re.Match[str]) -> Reading | None:
    return _whole(match, [f"{reading} percent" for reading in _number(match[0].rstrip("% "))])
