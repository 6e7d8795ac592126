"""The engine espeak-ng: text -> speech with exact times of its words and phones."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right

import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError
from talkinghead.speech.arpabet import SILENCE, arpabet_from_ipa
from talkinghead.speech.labels import without_gaps
from talkinghead.speech.synthesis.engines import Voice, nearest
from talkinghead.speech.synthesis.espeak_library import library
from talkinghead.types import Interval, Speech

_LONGEST_TAIL_S = 0.2
_QUIET = 1e-3  # of full scale
_WORD = re.compile(r"[^\s—–、。，！？；：]+")
_WORD_SIGNS = frozenset("LMN")  # letters, the signs that combine with them, numbers


class Espeak:
    """Voices named after their languages: "en-us", "de", "cmn"; "en-us+f3" is a variant, here a woman's."""

    name = "espeak"

    def voices(self) -> tuple[Voice, ...]:
        """One for each language, sorted by name.

        Raises:
            InputError: espeak-ng is not installed.
        """
        languages = library().languages
        return tuple(Voice(code, languages[code][1], self.name) for code in sorted(languages))

    def variants(self) -> tuple[str, ...]:
        """The variants that may follow a voice and a "+", sorted."""
        return tuple(sorted(library().variants))

    def say(self, text: str, *, voice: str, rate: float) -> Speech:
        """The text spoken in one go.

        The first call in a process always gives the same sound. Later calls may differ by some samples, because
        espeak-ng's oscillators continue from where they were.

        Args:
            text: in the voice's language.
            voice: one of ``voices()``, perhaps with a variant.
            rate: how many times as fast as usual.

        Returns:
            Speech at 22,050 Hz; words without punctuation; phones in ARPAbet without stress, "sil" for pauses, without
            gaps from the beginning to the end. At most 0.2 s of silence follow the last word.

        Raises:
            InputError: the voice or variant is unknown, or espeak-ng is not installed.
        """
        espeak = library()
        spoken = espeak.synthesise(text, self.identifier(voice), rate)
        length = _length_of_speech(spoken.samples, espeak.sample_rate)
        phones = _phones(spoken.phonemes, length, espeak.sample_rate)
        words = _words(text, spoken.words, phones, espeak.sample_rate)
        return Speech(spoken.samples[:length].copy(), espeak.sample_rate, phones=phones, words=words, transcript=text)

    def identifier(self, voice: str) -> bytes:
        """The library's own name of a voice; by language name alone it would not find "en-gb" or "fr-fr".

        Raises:
            InputError: the voice or variant is unknown.
        """
        espeak = library()
        language, plus, variant = voice.partition("+")
        found = espeak.languages.get(language.lower())
        if found is None:
            raise InputError(f"no voice {language!r}: {nearest(language, sorted(espeak.languages))}")
        if plus and variant not in espeak.variants:
            raise InputError(f"no voice variant {variant!r}: {nearest(variant, self.variants())}")
        return found[0] + (plus + variant).encode()


def _length_of_speech(samples: npt.NDArray[np.float32], sample_rate: int) -> int:
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    end = int(loud[-1]) + 1 if len(loud) else 0
    return min(len(samples), end + round(_LONGEST_TAIL_S * sample_rate))


def _phones(phonemes: list[tuple[int, str]], length: int, sample_rate: int) -> tuple[Interval, ...]:
    """Phones without gaps over ``length`` samples. A phoneme of two phones is split in halves; adjacent pauses
    merge."""
    timeline = [(0.0, SILENCE)]
    stops = [start for start, _ in phonemes[1:]] + [length]
    for (start, ipa), stop in zip(phonemes, stops):
        labels = arpabet_from_ipa(ipa) if not ipa.startswith("(") else ()  # "(en)" announces another language
        if ipa and not labels:
            continue  # a sign without a sound: the phone before gets its time
        for index, label in enumerate(labels or (SILENCE,)):
            timeline.append((start + (stop - start) * index / max(1, len(labels)), label))
    bounds = [min(place, length) / sample_rate for place, _ in timeline] + [length / sample_rate]
    spans = zip(timeline, bounds, bounds[1:], strict=False)
    return without_gaps((Interval(name, start, end) for (_, name), start, end in spans if start < end), bounds[-1])


def _words(
    text: str, events: list[tuple[int, int]], phones: tuple[Interval, ...], sample_rate: int
) -> tuple[Interval, ...]:
    """Words from the first to the last phone of each.

    The library reports "25" as two words at overlapping positions and loses count inside "déjà-vu", so its positions
    only tell which blank-separated piece of the text is being spoken.
    """
    pieces = list(_WORD.finditer(text))
    beginnings = [piece.start() for piece in pieces]
    begun: list[tuple[float, int]] = []
    for sample, position in events:
        number = bisect_right(beginnings, position) - 1
        if number > (begun[-1][1] if begun else -1) and position < pieces[number].end():
            begun.append((sample / sample_rate, number))
    starts = [phone.start for phone in phones]
    firsts = [bisect_left(starts, start - 1e-6) for start, _ in begun]
    words = []
    for (_, number), first, last in zip(begun, firsts, [*firsts[1:], len(phones)]):
        inside = [phone for phone in phones[first:last] if phone.label != SILENCE]
        if inside:
            words.append(Interval(_bare(pieces[number].group()), inside[0].start, inside[-1].end))
    return tuple(words)


def _bare(piece: str) -> str:
    """A word without surrounding punctuation; spoken punctuation, such as "&", stays."""
    spoken = [index for index, sign in enumerate(piece) if sign == "_" or unicodedata.category(sign)[0] in _WORD_SIGNS]
    return piece[spoken[0] : spoken[-1] + 1] if spoken else piece
