"""Readings of notations in languages other than English: the words around a number, which itself stays in figures."""

from __future__ import annotations

import re
from functools import partial

from talkinghead.speech.text.notation_english import Reader, Reading, read_address, roman_value
from talkinghead.speech.text.notation_words import DOMAINS, Words

_NUMBER = r"(?:\d{1,3}(?:[.  ]\d{3})+|\d+)(?:,\d+)?"
_BEFORE, _AFTER = r"(?<![\w.,-])", r"(?![\w@]|[.,]\d)"
_FEW = range(2, 5)  # numbers after which Slavic languages use a form of their own
_TEENS = range(11, 15)


def foreign_patterns(words: Words) -> dict[str, tuple[str, Reader]]:
    """Name -> expression and reader of each notation of a language, in the order in which they are tried."""
    address = partial(read_address, at=words.at, dot=words.dot, dash="-", slash="slash")
    money, units, large = (
        "|".join(re.escape(key) for key in sorted(table, key=len, reverse=True))
        for table in (words.money, words.units, words.large)
    )
    size = rf"(?:\s?(?:{large}))?" if large else ""
    table: dict[str, tuple[str, Reader]] = {
        "email": (r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", address),
        "url": (
            rf"https?://[^\s<>\"]*[\w/]|\bwww\.[^\s<>\"]*[\w/]|(?<![\w.@])(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:{DOMAINS})\b(?!\.?\w)",
            address,
        ),
        "clock": (rf"{_BEFORE}\d{{1,2}}[:h]\d\d(?:\s?Uhr)?(?![\w:])", partial(_clock, words=words)),
        "price": (
            rf"(?<![\w.,-])(?:(?:{money})\s?{_NUMBER}{size}{_AFTER}|{_NUMBER}{size}\s?(?:{money})(?!\w))",
            partial(_price, words=words),
        ),
        "unit": (rf"(?<![\w.,-])[-−]?{_NUMBER}\s?(?:{units})(?![\w²³/])", partial(_unit, words=words)),
        "percent": (rf"(?<![\w.,-])[-−]?{_NUMBER}\s?%", partial(_percent, words=words)),
    }
    if words.halves:
        halves = "|".join(map(re.escape, words.halves))
        table["fraction"] = (rf"(?<![\w.,/-])(?:{halves})(?![\w/]|[.,]\d)", partial(_half, words=words))
    if large:
        table["large"] = (rf"{_BEFORE}{_NUMBER}\s?(?:{large})(?!\w)", partial(_large, words=words))
    if words.kings:
        table["king"] = (r"\b[A-Z][a-zà-ÿ]+\s(?:[IVX]{2,}|[VX])\b(?:\.(?=\s[a-zà-ÿ]))?", partial(_king, words=words))
    if words.months:
        table["day"] = (rf"{_BEFORE}\d{{1,2}}\.\s(?=(?:{words.months})\b)", partial(_day, words=words))
        table["year"] = (rf"{_BEFORE}1[1-9]\d\d(?![\w%°]|[.,]\d|\s?%)", _year)
    return table


def choose_form(number: str, forms: str) -> str:
    """The form of a noun after a number, of "one|many" or "one|few|many".

    >>> [choose_form(n, "рубль|рубля|рублей") for n in ("1", "22", "12", "1,5")], choose_form("2", "euro|euros")
    (['рубль', 'рубля', 'рублей', 'рубля'], 'euros')
    """
    parts = forms.split("|")
    digits = re.sub(r"\D", "", number.partition(",")[0])[-3:] or "0"
    if len(parts) < 3:
        return parts[0] if number.strip() == "1" else parts[-1]
    if "," in number:
        return parts[1]
    last, teen = int(digits) % 10, int(digits) % 100 in _TEENS
    return parts[0] if last == 1 and not teen else parts[1] if last in _FEW and not teen else parts[2]


def _whole(match: re.Match[str], *readings: str) -> Reading:
    return match.start(), match.end(), readings


def _split(match: re.Match[str]) -> tuple[str, str]:
    """The number and what stands beside it."""
    found = re.search(rf"[-−]?{_NUMBER}", match[0])
    if found is None:
        return "", match[0]
    return found[0], (match[0][: found.start()] + " " + match[0][found.end() :]).strip()


def _price(match: re.Match[str], *, words: Words) -> Reading | None:
    number, beside = _split(match)
    sign = next((key for key in sorted(words.money, key=len, reverse=True) if key in beside), None)
    if sign is None:
        return None
    size = words.large.get(beside.replace(sign, "").strip())
    if size:
        return _whole(match, f"{number} {size} {words.money[sign].split('|')[-1]}")
    whole, _, hundredths = number.partition(",")
    if len(hundredths) != 2:
        return _whole(match, f"{number} {choose_form(number, words.money[sign])}")
    unit = choose_form(whole, words.money[sign])
    return _whole(match, f"{whole} {unit}" if hundredths == "00" else f"{whole} {unit} {int(hundredths)}")


def _unit(match: re.Match[str], *, words: Words) -> Reading | None:
    number, unit = _split(match)
    return _whole(match, f"{number} {choose_form(number.lstrip('-−'), words.units[unit])}")


def _percent(match: re.Match[str], *, words: Words) -> Reading | None:
    number, _ = _split(match)
    return _whole(match, f"{number} {choose_form(number.lstrip('-−'), words.percent)}")


def _large(match: re.Match[str], *, words: Words) -> Reading | None:
    number, size = _split(match)
    return _whole(match, f"{number} {words.large[size]}")


def _half(match: re.Match[str], *, words: Words) -> Reading | None:
    return _whole(match, words.halves[match[0]])


def _clock(match: re.Match[str], *, words: Words) -> Reading | None:
    hour, minutes = map(int, re.findall(r"\d+", match[0]))
    if hour > 24 or minutes > 59:
        return None
    if minutes == 0:
        return _whole(match, f"{hour} {words.hour}" if len(words.hour) > 1 else str(hour))
    return _whole(match, " ".join(f"{hour} {words.hour} {minutes}".split()))


def _king(match: re.Match[str], *, words: Words) -> Reading | None:
    numeral = re.search(r"[IVX]+(?=\.?$)", match[0])
    value = roman_value(numeral[0]) if numeral else None
    if numeral is None or value is None:
        return None
    ordinal = words.kings[value - 1] if value <= len(words.kings) else str(value)
    article = "der " if words.months and value <= len(words.kings) else ""
    return match.start() + numeral.start(), match.end(), (article + ordinal,)


def _day(match: re.Match[str], *, words: Words) -> Reading | None:
    """The day before a month, in German: after a preposition, "am dritten Mai"; else "der dritte"."""
    number = int(match[0].split(".")[0])
    if not 1 <= number <= len(words.kings):
        return None
    return _whole(match, f"{words.kings[number - 1]}n ", f"{words.kings[number - 1]}r ")


def _year(match: re.Match[str]) -> Reading | None:
    """A year of German, in hundreds: "19hundert" is read as a word."""
    hundreds, rest = match[0][:2], int(match[0][2:])
    names = "elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()  # noqa: SIM905
    return _whole(match, f"{names[int(hundreds) - 11]}hundert" + (f" {rest}" if rest else ""))
