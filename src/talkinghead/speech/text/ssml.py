"""SSML -> text with pauses.

Source: W3C, "Speech Synthesis Markup Language 1.1", 2010: of it break, sub and say-as are followed; all other elements
lose their tags and keep their text.
"""

from __future__ import annotations

import html
import re

PAUSE = "\ue000"
"""A tenth of a second of silence, in cleaned text; a sign of the private-use area, so that no text has it."""

_LONGEST_S = 10.0
_STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.8, "x-strong": 1.2}
_USUAL_S = 0.4
_SPELT = ("characters", "spell-out", "digits", "telephone", "verbatim")
_ELEMENT = re.compile(r"<(speak|break|say-as|sub|prosody|voice|audio|lang|phoneme|emphasis|amazon:\w+|mstts:[\w-]+)\b")
_BREAK = re.compile(r"<break\b([^<>]*?)/?>(?:\s*</break\s*>)?")
_SUB = re.compile(r"<sub\b([^<>]*)>[^<]*</sub\s*>")
_SAY_AS = re.compile(r"<say-as\b([^<>]*)>([^<>]*)</say-as\s*>")
_IGNORED = ("prosody", "voice", "audio", "lang", "phoneme", "emphasis")


def pauses(seconds: float) -> str:
    """A pause, as cleaned text has it.

    >>> len(pauses(0.52))
    5
    """
    return PAUSE * round(10 * min(seconds, _LONGEST_S))


def read_ssml(text: str) -> str:
    """The text with breaks as pauses, substitutes in place, and what is to be spelt in separate signs.

    >>> read_ssml('<sub alias="World Wide Web">WWW</sub> <say-as interpret-as="characters">AB</say-as>')
    'World Wide Web A B'
    """
    if not _ELEMENT.search(text):
        return text
    text = _BREAK.sub(lambda found: f" {pauses(_break_seconds(found[1]))} ", text)
    text = _SUB.sub(lambda found: _attribute(found[1], "alias") or found[0], text)
    return _SAY_AS.sub(lambda found: _say_as(_attribute(found[1], "interpret-as"), found[2]), text)


def ignored_elements(text: str) -> tuple[str, ...]:
    """The elements of SSML in a text that speech does not follow, such as "prosody"."""
    found = {name for name in _ELEMENT.findall(text) if name in _IGNORED or ":" in name}
    # HTML has elements of these names.
    return tuple(sorted(found)) if "<speak" in text or found - {"audio"} else ()


def _say_as(kind: str, text: str) -> str:
    return " ".join(text.replace(" ", "")) if kind in _SPELT else text


def _break_seconds(attributes: str) -> float:
    time = re.fullmatch(r"\+?(\d+(?:\.\d+)?|\.\d+)(ms|s)", _attribute(attributes, "time"))
    if time is not None:
        return float(time[1]) / (1000 if time[2] == "ms" else 1)
    return _STRENGTHS.get(_attribute(attributes, "strength"), _USUAL_S)


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", attributes)
    return html.unescape(found[1] or found[2] or "").strip() if found else ""
