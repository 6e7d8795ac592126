"""What turns text into speech: the one small protocol behind which engines plug in."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from talkinghead.types import Speech


@dataclass(frozen=True)
class Voice:
    """A voice that can be asked for.

    Attributes:
        name: what to ask for: "en-us", or a file.
        language: in English, "English (America)", or a code.
        engine: whose it is.
    """

    name: str
    language: str
    engine: str


class TextToSpeech(Protocol):
    """An engine. ``speech.say.say(text, voice, engine=...)`` takes any object of this form."""

    @property
    def name(self) -> str:
        """What lists of voices call it."""
        ...

    def voices(self) -> tuple[Voice, ...]:
        """The voices that it has."""
        ...

    def say(self, text: str, *, voice: str, rate: float) -> Speech:
        """Some sentences spoken: long texts come in pieces of at most ``text.LONGEST_PIECE`` characters.

        Args:
            text: without control characters and emoji; perhaps nothing that can be spoken.
            voice: one of its voices.
            rate: how many times as fast as usual, from 0.5 to 2.5.

        Returns:
            Speech at a rate that is always the same for a voice, with ``words`` and ``phones``, or None for what the
            engine cannot tell. Where nothing was spoken: no samples, or no phones but "sil".

        Raises:
            InputError: there is no such voice.
        """
        ...


def nearest(name: str, known: Sequence[str]) -> str:
    """The end of a sentence that lists what is known and looks most like ``name``.

    >>> nearest("en-uss", ["de", "en-us", "fr-fr"])
    'choose one like en-us.'
    """
    near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.4)
    near = near or [candidate for candidate in known if candidate[:2] == name.lower()[:2]][:4] or list(known[:4])
    return f"choose one like {', '.join(near)}."
