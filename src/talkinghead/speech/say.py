"""Text -> speech with words and phones, by espeak-ng.

The only file that touches espeak-ng: a GPL-3.0 library that comes with the optional wheel ``espeakng_loader`` and is
called through ctypes.
"""

from __future__ import annotations

import ctypes
import difflib
import re
import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError
from talkinghead.speech.arpabet import SILENCE, arpabet_from_ipa
from talkinghead.types import Interval, Speech

_LONGEST_TAIL_S = 0.2
_QUIET = 1e-3  # of full scale
_SLOWEST, _FASTEST = 0.5, 2.5
_WORDS_PER_MINUTE = 175

# From espeak-ng's speak_lib.h (1.51 and 1.52 agree).
_SYNCHRONOUS, _DO_NOT_EXIT, _PHONEME_EVENTS, _PHONEME_IPA = 2, 0x8000, 1, 2
_UTF8, _RATE = 1, 1
_EVENT_END_OF_LIST, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),  # a priority byte, then the language
        ("identifier", ctypes.c_char_p),
        ("rest", ctypes.c_ubyte * 8),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class _Utterance:
    samples: npt.NDArray[np.float32]
    words: list[tuple[int, int]]  # (first sample, position in the text, from 0)
    phonemes: list[tuple[int, str]]  # (first sample, IPA, empty for a pause)


class _Espeak:
    """The one instance of a process: the library's state is global."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise InputError("speech from text needs espeak-ng: pip install 'talkinghead[tts]'.") from error
        try:
            data = Path(espeakng_loader.get_data_path())
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"espeak-ng cannot be loaded ({error}): pip install --force-reinstall 'talkinghead[tts]'."
            ) from error
        options = _DO_NOT_EXIT | _PHONEME_EVENTS | _PHONEME_IPA
        self.sample_rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, bytes(data.parent), options)
        if self.sample_rate <= 0:
            raise InputError(
                f"espeak-ng cannot read its data in {data}: pip install --force-reinstall 'talkinghead[tts]'."
            )
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        unsigned, address = ctypes.c_uint, ctypes.c_void_p
        self._library.espeak_Synth.argtypes = (
            ctypes.c_char_p,
            ctypes.c_size_t,
            unsigned,
            ctypes.c_int,
            unsigned,
            unsigned,
            address,
            address,
        )
        self.lock = threading.Lock()
        self.identifiers = self._list_voices()
        self.variants = {path.name for path in (data / "voices" / "!v").iterdir()}
        self._sound: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._phonemes: list[tuple[int, str]] = []
        self._callback = _Callback(self._collect)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def _list_voices(self) -> dict[str, bytes]:
        listed = self._library.espeak_ListVoices(None)
        voices: dict[str, bytes] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            voices.setdefault(voice.languages[1:].decode(), voice.identifier)
            index += 1
        return voices

    def _collect(self, wave: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        if wave and count:
            self._sound.append(ctypes.string_at(wave, 2 * count))
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            if event.type == _EVENT_WORD:
                self._words.append((event.sample, event.text_position - 1))
            elif event.type == _EVENT_PHONEME:
                self._phonemes.append((event.sample, event.id.string.decode("utf-8", errors="ignore")))
            index += 1
        return 0

    def synthesise(self, text: str, voice: bytes, rate: float) -> _Utterance:
        with self.lock:
            self._sound, self._words, self._phonemes = [], [], []
            self._library.espeak_SetVoiceByName(voice)
            self._library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * rate), 0)
            encoded = text.encode("utf-8")
            self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
            self._library.espeak_Synchronize()
            samples = np.frombuffer(b"".join(self._sound), dtype="<i2").astype(np.float32) / 32768
            return _Utterance(samples, self._words, self._phonemes)


_LOADING = threading.Lock()


@lru_cache(maxsize=1)
def _loaded() -> _Espeak:
    return _Espeak()


def _espeak() -> _Espeak:
    with _LOADING:
        return _loaded()


def voices() -> tuple[str, ...]:
    """The names of the voices, which are those of their languages: "en-us", "de", "cmn"; sorted.

    Raises:
        InputError: espeak-ng is not installed.
    """
    return tuple(sorted(_espeak().identifiers))


def say(text: str, *, voice: str = "en-us", rate: float = 1.0) -> Speech:
    """The text spoken, with its words and phones.

    The first call in a process always gives the same sound. Later ones may differ from it by some samples, because
    espeak-ng's oscillators go on from where they were.

    Args:
        text: what to say, in the voice's language.
        voice: one of ``voices()``, or one with a variant: "en-us+f3" for a woman, "en-us+whisper".
        rate: how many times as fast as usual, from 0.5 to 2.5.

    Returns:
        Speech at 22,050 Hz; words without punctuation; phones in ARPAbet without stress, "sil" for pauses, without gaps
        from the beginning to the end. At most 0.2 s of silence follow the last word.

    Raises:
        InputError: there is nothing to speak, the voice or variant is unknown, the rate is out of range, or espeak-ng
            is not installed.
    """
    if not text.strip():
        raise InputError("the text is empty: give at least one word to say.")
    if not _SLOWEST <= rate <= _FASTEST:
        raise InputError(f"speaking rate {rate} is out of range: choose one from {_SLOWEST} to {_FASTEST}.")
    espeak = _espeak()
    text = text.replace("\0", " ")
    utterance = espeak.synthesise(text, _identifier(espeak, voice), rate)
    length = _spoken_length(utterance.samples, espeak.sample_rate)
    phones = _phones(utterance.phonemes, length, espeak.sample_rate)
    if all(phone.label == SILENCE for phone in phones):
        raise InputError(f"the text {_shortened(text)!r} has nothing that can be spoken: give at least one word.")
    words = _words(text, utterance.words, phones, espeak.sample_rate)
    return Speech(utterance.samples[:length].copy(), espeak.sample_rate, phones=phones, words=words, transcript=text)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _identifier(espeak: _Espeak, voice: str) -> bytes:
    """What the library calls a voice: asked for a language by its name, it does not find "en-gb" or "fr-fr"."""
    language, plus, variant = voice.partition("+")
    identifier = espeak.identifiers.get(language.lower())
    if identifier is None:
        raise InputError(f"no voice {language!r}: {_nearest(language, sorted(espeak.identifiers))}")
    if plus and variant not in espeak.variants:
        raise InputError(f"no voice variant {variant!r}: {_nearest(variant, sorted(espeak.variants))}")
    return identifier + (plus + variant).encode()


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.4)
    near = near or [candidate for candidate in known if candidate[:2] == name.lower()[:2]][:4] or known[:4]
    return f"choose one like {', '.join(near)}."


def _spoken_length(samples: npt.NDArray[np.float32], sample_rate: int) -> int:
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    end = int(loud[-1]) + 1 if len(loud) else 0
    return min(len(samples), end + round(_LONGEST_TAIL_S * sample_rate))


def _phones(phonemes: list[tuple[int, str]], length: int, sample_rate: int) -> tuple[Interval, ...]:
    """Phones without gaps over ``length`` samples; a phoneme of two phones is halved, pauses that meet become one."""
    timeline = [(0.0, SILENCE)]
    stops = [start for start, _ in phonemes[1:]] + [length]
    for (start, ipa), stop in zip(phonemes, stops, strict=True):
        labels = arpabet_from_ipa(ipa) if not ipa.startswith("(") else ()  # "(en)" announces another language
        if ipa and not labels:
            continue  # a sign without a sound: its time goes to the phone before
        for index, label in enumerate(labels or (SILENCE,)):
            timeline.append((start + (stop - start) * index / max(1, len(labels)), label))
    phones: list[Interval] = []
    bounds = [min(place, length) / sample_rate for place, _ in timeline] + [length / sample_rate]
    for (_, label), begin, end in zip(timeline, bounds, bounds[1:], strict=False):
        if end <= begin:
            continue
        if phones and label == phones[-1].label == SILENCE:
            phones[-1] = Interval(SILENCE, phones[-1].start, end)
        else:
            phones.append(Interval(label, begin, end))
    return tuple(phones)


def _words(
    text: str, events: list[tuple[int, int]], phones: tuple[Interval, ...], sample_rate: int
) -> tuple[Interval, ...]:
    """Words from the first to the last phone of each.

    The library announces "25" as two words with overlapping places and loses count inside "déjà-vu", so that its places
    only tell which piece of the text between blanks is being spoken.
    """
    pieces = list(re.finditer(r"[^\s—–]+", text))
    beginnings = [piece.start() for piece in pieces]
    begun: list[tuple[float, int]] = []
    for sample, position in events:
        number = bisect_right(beginnings, position) - 1
        if number > (begun[-1][1] if begun else -1) and position < pieces[number].end():
            begun.append((sample / sample_rate, number))
    starts = [phone.start for phone in phones]
    firsts = [bisect_left(starts, start - 1e-6) for start, _ in begun]
    words = []
    for (_, number), first, last in zip(begun, firsts, [*firsts[1:], len(phones)], strict=True):
        inside = [phone for phone in phones[first:last] if phone.label != SILENCE]
        if inside:
            piece = pieces[number].group()
            words.append(Interval(re.sub(r"^\W+|\W+$", "", piece) or piece, inside[0].start, inside[-1].end))
    return tuple(words)
