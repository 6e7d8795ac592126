"""Praat's TextGrid files, in the long and the short form <-> tiers of intervals.

Source: Boersma and Weenink, Praat's manual, "TextGrid file formats": only numbers, quoted texts and flags in angle
brackets count, each free-standing between blanks; both forms have them in the same order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from talkinghead.types import Interval

Tiers = dict[str, tuple[Interval, ...]]

_TOKEN = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(![^\n]*)|(\S+)')
_CLASS_INTERVALS, _CLASS_POINTS = "IntervalTier", "TextTier"


class _Tokens:
    """The tokens that count in the file, in order."""

    def __init__(self, text: str) -> None:
        self._tokens = self._all(text)

    @staticmethod
    def _all(text: str) -> Iterator[tuple[str, str]]:
        for match in _TOKEN.finditer(text):
            if match[1] is not None:
                yield "text", match[1].replace('""', '"')
            elif match[3] is not None and re.fullmatch(r"<\w+>", match[3]):
                yield "flag", match[3]
            elif match[3] is not None and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", match[3]):
                yield "number", match[3]

    def _next(self, wanted: str) -> str:
        found, value = next(self._tokens, ("end of the file", ""))
        if found != wanted:
            raise ValueError(
                f"a {wanted} is missing before {value!r}" if value else f"a {wanted} is missing at the end"
            )
        return value

    def text(self) -> str:
        """The next token, which must be a text."""
        return self._next("text")

    def flag(self) -> str:
        """The next token, which must be a flag."""
        return self._next("flag")

    def number(self) -> float:
        """The next token, which must be a number."""
        return float(self._next("number"))

    def count(self) -> int:
        """The next token, which must be a whole number from 0."""
        value = self.number()
        if value < 0 or value != math.floor(value):
            raise ValueError(f"{value:g} is not a count")
        return int(value)


def tiers_from_text(text: str) -> Tiers:
    """The interval tiers of a TextGrid by name, in order, as they are written; of two of one name the first.

    Raises:
        ValueError: the text is not a TextGrid or ends too early; the message says where.
    """
    tokens = _Tokens(text)
    if not tokens.text().startswith("ooTextFile") or tokens.text() != "TextGrid":
        raise ValueError("it does not begin like a TextGrid")
    tokens.number(), tokens.number()
    tiers: Tiers = {}
    if tokens.flag() != "<exists>":
        return tiers
    for _ in range(tokens.count()):
        kind, name = tokens.text(), tokens.text()
        tokens.number(), tokens.number()
        count = tokens.count()
        if kind == _CLASS_POINTS:
            for _ in range(count):
                tokens.number(), tokens.text()
        elif kind == _CLASS_INTERVALS:
            tiers.setdefault(name, tuple(_interval(tokens) for _ in range(count)))
        else:
            raise ValueError(f"{kind!r} is not a kind of tier")
    return tiers


def _interval(tokens: _Tokens) -> Interval:
    start, end = tokens.number(), tokens.number()
    return Interval(tokens.text(), start, end)


def text_from_tiers(tiers: Tiers, duration: float) -> str:
    """A TextGrid in the long form, of tiers without gaps from 0 to ``duration`` seconds."""
    end = f"{duration:.7g}" if duration == 0 else _seconds(duration)
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        lines += [f"    item [{number}]:", f'        class = "{_CLASS_INTERVALS}"', f"        name = {_quote(name)}"]
        lines += ["        xmin = 0", f"        xmax = {end}", f"        intervals: size = {len(intervals)}"]
        for index, interval in enumerate(intervals, 1):
            lines += [f"        intervals [{index}]:", f"            xmin = {_seconds(interval.start)}"]
            lines += [f"            xmax = {_seconds(interval.end)}", f"            text = {_quote(interval.label)}"]
    return "\n".join(lines) + "\n"


def _seconds(time: float) -> str:
    return f"{time:.6f}".rstrip("0").rstrip(".")


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
