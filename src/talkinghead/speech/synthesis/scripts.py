"""Text in several scripts -> runs that one voice each can speak, and what to tell of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LATIN, _HAN, _KANA, _GREEK = "LATIN", "CJK", "HIRAGANA", "GREEK"

# Of each script what people call it, the codes of the languages whose voices read it, the usual one first.
_SCRIPTS = {
    _HAN: ("Chinese characters", "cmn yue hak"),
    _KANA: ("Japanese kana", "ja"),
    "HANGUL": ("Korean letters", "ko"),
    "CYRILLIC": ("Cyrillic letters", "ru uk be bg mk sr kk ky tt ba cv nog kaa bs uz"),
    _GREEK: ("Greek letters", "el grc"),
    "ARABIC": ("Arabic letters", "ar fa ur sd ug ku"),
    "HEBREW": ("Hebrew letters", "he"),
    "DEVANAGARI": ("Devanagari letters", "hi mr ne kok"),
    "BENGALI": ("Bengali letters", "bn as bpy"),
    "GURMUKHI": ("Gurmukhi letters", "pa"),
    "GUJARATI": ("Gujarati letters", "gu"),
    "ORIYA": ("Oriya letters", "or"),
    "TAMIL": ("Tamil letters", "ta"),
    "TELUGU": ("Telugu letters", "te"),
    "KANNADA": ("Kannada letters", "kn"),
    "MALAYALAM": ("Malayalam letters", "ml"),
    "SINHALA": ("Sinhala letters", "si"),
    "THAI": ("Thai letters", "th"),
    "MYANMAR": ("Burmese letters", "my shn"),
    "GEORGIAN": ("Georgian letters", "ka"),
    "ARMENIAN": ("Armenian letters", "hy hyw"),
    "ETHIOPIC": ("Ethiopic letters", "am ti om"),
    "SHAVIAN": ("Shavian letters", "en-shaw"),
}
_SPELLS_LATIN = ("ja",)  # voices that read Latin words letter by letter
_ENGLISH = "en-us"


@dataclass(frozen=True)
class Run:
    """A part of a text.

    Attributes:
        text: as it stands there.
        voice: who speaks it, or None where no voice can.
        script: what its letters are called, or "" where the text's own voice speaks it.
    """

    text: str
    voice: str | None
    script: str = ""


def split_by_voice(text: str, voice: str, languages: Collection[str]) -> list[Run]:
    """The text in runs of letters that one voice can speak; digits and signs belong to what stands before them.

    >>> [(run.text, run.voice) for run in split_by_voice("Hello 你好 world", "en-us+f3", ("en-us", "cmn"))]
    [('Hello ', 'en-us+f3'), ('你好 ', 'cmn+f3'), ('world', 'en-us+f3')]

    Args:
        text: any.
        voice: the text's own voice, "en-us" or "en-us+f3"; others get the same variant.
        languages: the codes of the languages that have a voice.
    """
    language, plus, variant = voice.partition("+")
    is_japanese = language == "ja" or any(_script(sign) == _KANA for sign in text)
    runs: list[Run] = []
    for start, end, script in _script_runs(text):
        part = text[start:end]
        chosen = _choose(part, script, language, languages, is_japanese)
        if chosen == language:
            run = Run(part, voice)
        else:
            run = Run(part, None if chosen is None else chosen + plus + variant, _name(script))
        if runs and runs[-1].voice == run.voice:
            runs[-1] = Run(runs[-1].text + part, run.voice, runs[-1].script)
        else:
            runs.append(run)
    return runs


def tell_runs(runs: Collection[Run], voice: str) -> Iterator[str]:
    """A sentence for each script that another voice than ``voice`` speaks, or none."""
    for script, other in dict.fromkeys((run.script, run.voice) for run in runs if run.script):
        if other is not None:
            yield f"the text has {script}, which the voice {voice} cannot speak: the voice {other} speaks them."
        else:
            remedy = "write them in kana" if script == _name(_HAN) else "write them in another script"
            yield f"the text has {script}, which no voice here can speak: they are left out; {remedy}."


def foreign_scripts(text: str, language: str) -> tuple[str, ...]:
    """The scripts in a text that are not its language's, each with the usual language of it: "Greek letters (el)".

    >>> foreign_scripts("Hello Привет", "en"), foreign_scripts("Привет, Google", "ru")
    (('Cyrillic letters (ru)',), ())
    """
    found = dict.fromkeys(script for _, _, script in _script_runs(text) if not _reads(language, script))
    return tuple(f"{_name(script)} ({_codes(script)[0]})" if _codes(script) else _name(script) for script in found)


def _choose(part: str, script: str, language: str, languages: Collection[str], japanese: bool) -> str | None:
    """The language whose voice speaks a run."""
    if script == _LATIN and language in _SPELLS_LATIN and _ENGLISH in languages:
        return _ENGLISH if sum(map(str.isalpha, part)) > 1 else language
    is_symbol = script == _GREEK and sum(map(str.isalpha, part)) == 1
    if is_symbol or _reads(language, script):
        return language
    if script == _HAN and japanese:
        return None
    return next((code for code in _codes(script) if code in languages), None)


def _reads(language: str, script: str) -> bool:
    codes = (language, language.partition("-")[0])
    return script in ("", _LATIN) or any(code in _codes(script) for code in codes)


def _codes(script: str) -> list[str]:
    return _SCRIPTS.get(script, ("", ""))[1].split()


def _name(script: str) -> str:
    return _SCRIPTS[script][0] if script in _SCRIPTS else f"{script.capitalize()} letters"


def _script_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and script of each run of letters of one script with the signs after them."""
    if not text:
        return
    start, current = 0, ""
    for index, sign in enumerate(text):
        script = "" if sign.isascii() and not sign.isalpha() else _script(sign)
        if script and script != current:
            if current:
                yield start, index, current
                start = index
            current = script
    yield start, len(text), current


@lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    """The script of a letter, or "" for signs that belong to all of them."""
    if not sign.isalpha():
        return ""
    name = unicodedata.name(sign, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ")
    if not any(kind in name for kind in (" LETTER ", " IDEOGRAPH", " SYLLABLE ", " LIGATURE ")):
        return ""
    first = name.split()[0]
    return {"KATAKANA": _KANA, "MODIFIER": ""}.get(first, first)
