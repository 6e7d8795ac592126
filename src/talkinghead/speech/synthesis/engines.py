"""The protocol of speech engines: text in, speech out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from talkinghead.types import Speech


@dataclass(frozen=True)
class Voice:
    """A voice that an engine has.

    Attributes:
        name: "en-us", or a file.
        language: in English, "English (America)", or a code.
        engine: name of its engine.
    """

    name: str
    language: str
    engine: str


class TextToSpeech(Protocol):
    """An engine: ``speech.say.say(text, voice, engine=...)`` takes any object of this form."""

    @property
    def name(self) -> str:
        """Its name in lists of voices."""
        ...

    def voices(self) -> tuple[Voice, ...]:
        """Its voices."""
        ...

    def say(self, text: str, *, voice: str, rate: float) -> Speech:
        """Some sentences spoken; long texts arrive in pieces of at most ``text.pieces.LONGEST_PIECE`` characters.

        Args:
            text: without control characters and emoji; it may hold nothing that can be spoken.
            voice: one of its voices.
            rate: how many times as fast as usual, from 0.5 to 2.5.

        Returns:
            Speech, always at the same rate for a voice, with ``words`` and ``phones``, or None where the engine does
            not know them. If nothing was spoken: no samples, or only "sil" phones.

        Raises:
            InputError: there is no such voice.
        """
        ...


def nearest(name: str, known: Sequence[str]) -> str:
    """The end of a sentence that lists the known names most like ``name``.

    >>> nearest("en-uss", ["de", "en-us", "fr-fr"])
    'choose one like en-us.'
    """
    near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.4)
    near = near or [candidate for candidate in known if candidate[:2] == name.lower()[:2]][:4] or list(known[:4])
    return f"choose one like {', '.join(near)}."
