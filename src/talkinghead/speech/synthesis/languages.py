"""The voice that speaks a language, by any of the language's names."""

from __future__ import annotations

from collections.abc import Sequence

from talkinghead.errors import InputError, announce
from talkinghead.speech.synthesis.engines import Voice, nearest

# The voice that a language's plain name means where it has several, and other codes for the same language.
_USUAL = {
    "en": "en-us",
    "fr": "fr-fr",
    "zh": "cmn",
    "zh-hans": "cmn",
    "zh-hant": "cmn",
    "zh-hk": "yue",
    "no": "nb",
    "nn": "nb",
    "hy": "hy",
    "ru": "ru",
    "vi": "vi",
    "iw": "he",
    "in": "id",
    "fa-af": "fa",
    "mandarin": "cmn",
    "chinese": "cmn",
    "cantonese": "yue",
    "burmese": "my",
    "irish": "ga",
    "brazilian": "pt-br",
    "farsi": "fa",
    "american": "en-us",
    "british": "en-gb",
}


def voice_for(language: str, voices: Sequence[Voice]) -> Voice:
    """The usual voice of a language.

    Args:
        language: a code, "de", "de-DE", "pt_BR" or "zh", or an English name, "German".
        voices: to choose from, each named by the code of its language.

    Raises:
        InputError: none speaks it; the most similar names are listed.
    """
    by_code = {voice.name.lower(): voice for voice in voices}
    wanted = language.strip().lower().replace("_", "-")
    found = by_code.get(wanted) or by_code.get(_USUAL.get(wanted, "")) or _by_name(wanted, by_code)
    general = wanted
    while found is None and "-" in general:
        general = general.rpartition("-")[0]
        found = by_code.get(general) or by_code.get(_USUAL.get(general, ""))
        if found is not None and "-" in found.name:
            announce(f"there is no voice for {language}: {found.name} speaks instead.")
    if found is None:
        known = sorted({*by_code, *_USUAL, *(_plain(voice.language) for voice in voices)} - {""})
        raise InputError(f"no voice speaks {language!r}: {nearest(wanted, known)}")
    return found


def speaking(language: str, voices: Sequence[Voice]) -> tuple[Voice, ...]:
    """All voices of a language, those of its regions included unless a region is named.

    Raises:
        InputError: none speaks it.
    """
    wanted = language.strip().lower().replace("_", "-")
    found = [voice for voice in voices if _is_of(wanted, voice)]
    if not found:
        found = [voice_for(language, voices)]
    return tuple(found)


def _is_of(wanted: str, voice: Voice) -> bool:
    name = voice.name.lower()
    return bool(wanted) and (name == wanted or name.startswith(f"{wanted}-") or _plain(voice.language) == wanted)


def _by_name(wanted: str, by_code: dict[str, Voice]) -> Voice | None:
    """The voice of a language by its English name, of the usual region if the name leaves it open."""
    for voice in by_code.values():
        if voice.language.lower() == wanted:
            return voice
    named = [code for code, voice in by_code.items() if _plain(voice.language) == wanted]
    usual = [code for code in named if code == _USUAL.get(code.partition("-")[0])]
    return by_code[min(usual or named, key=lambda code: (len(code), code))] if named else None


def _plain(language: str) -> str:
    """A language's English name without its region: "English (America)" is "english"."""
    return language.partition("(")[0].strip().lower()
