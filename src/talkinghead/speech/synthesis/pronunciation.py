"""The pronunciation of a single word, as espeak-ng speaks it."""

from __future__ import annotations

from talkinghead.errors import InputError
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.synthesis.espeak import Espeak
from talkinghead.speech.synthesis.languages import voice_for
from talkinghead.speech.text.pieces import clean


def pronounce(word: str, language: str) -> tuple[str, ...]:
    """The phones of a word in ARPAbet without stress, the nearest ones where the language is not English.

    Args:
        word: without punctuation around it.
        language: a code, "de" or "en-us", or an English name, "German".

    Raises:
        InputError: espeak-ng is not installed, no voice speaks the language, or the word has no sound.
    """
    espeak = Espeak()
    speech = espeak.say(clean(word), voice=voice_for(language, espeak.voices()).name, rate=1.0)
    phones = tuple(phone.label for phone in speech.phones or () if phone.label != SILENCE)
    if not phones:
        raise InputError(f"{word!r} cannot be pronounced: spell it as it sounds.")
    return phones
