"""espeak-ng through ctypes: what is spoken, and when.

This is the only file that touches espeak-ng, a GPL-3.0 library from the optional wheel ``espeakng_loader``.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError

_WORDS_PER_MINUTE = 175

# From espeak-ng's speak_lib.h (1.51 and 1.52 agree).
_SYNCHRONOUS, _DO_NOT_EXIT, _PHONEME_EVENTS, _PHONEME_IPA = 2, 0x8000, 1, 2
_UTF8, _RATE = 1, 1
_EVENT_END_OF_LIST, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_GO_ON, _ABORT = 0, 1


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
class EspeakUtterance:
    """What the library made of a text.

    Attributes:
        samples: (N,) float32 in [-1, 1].
        words: (first sample, position in the text, from 0) of each word it reported.
        phonemes: (first sample, IPA) of each, the IPA empty for a pause.
    """

    samples: npt.NDArray[np.float32]
    words: list[tuple[int, int]]
    phonemes: list[tuple[int, str]]


class Library:
    """espeak-ng, one instance per process, because the library's state is global.

    Attributes:
        sample_rate: in Hz.
        languages: code of each voice's language ("en-us") -> (what the library calls it, its English name).
        variants: names of the variants of every voice.
    """

    def __init__(self) -> None:
        """Load it.

        Raises:
            InputError: it is not installed, or broken.
        """
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
        self.sample_rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, bytes(data.parent), options))
        if self.sample_rate <= 0:
            raise InputError(
                f"espeak-ng cannot read its data in {data}: pip install --force-reinstall 'talkinghead[tts]'."
            )
        self._declare()
        self._lock = threading.Lock()
        self.languages = self._list_voices()
        self.variants = frozenset(path.name for path in (data / "voices" / "!v").iterdir())
        self._sound: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._phonemes: list[tuple[int, str]] = []
        self._stopped_by: BaseException | None = None
        self._callback = _Callback(self._collect)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def synthesise(self, text: str, voice: bytes, rate: float) -> EspeakUtterance:
        """The text spoken.

        Args:
            text: without NUL and lone surrogates.
            voice: the library's own name of it.
            rate: how many times as fast as usual.
        """
        with self._lock:
            self._sound, self._words, self._phonemes, self._stopped_by = [], [], [], None
            self._library.espeak_SetVoiceByName(voice)
            self._library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * rate), 0)
            encoded = text.encode("utf-8")
            self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
            self._library.espeak_Synchronize()
            if self._stopped_by is not None:
                raise self._stopped_by
            samples = np.frombuffer(b"".join(self._sound), dtype="<i2").astype(np.float32) / np.float32(32768)
            return EspeakUtterance(samples, self._words, self._phonemes)

    def _declare(self) -> None:
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

    def _list_voices(self) -> dict[str, tuple[bytes, str]]:
        listed = self._library.espeak_ListVoices(None)
        voices: dict[str, tuple[bytes, str]] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            voices.setdefault(voice.languages[1:].decode().lower(), (voice.identifier, voice.name.decode().strip()))
            index += 1
        return voices

    def _collect(self, wave: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        # Exceptions cannot pass through the library: a Ctrl-C that strikes here would be lost.
        try:
            if wave and count:
                self._sound.append(ctypes.string_at(wave, 2 * count))
            self._note(events)
        except BaseException as stop:
            self._stopped_by = stop
            return _ABORT
        return _GO_ON

    def _note(self, events: ctypes._Pointer[_Event]) -> None:
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            if event.type == _EVENT_WORD:
                self._words.append((event.sample, event.text_position - 1))
            elif event.type == _EVENT_PHONEME:
                self._phonemes.append((event.sample, event.id.string.decode("utf-8", errors="ignore")))
            index += 1


_LOADING = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Library:
    return Library()


def library() -> Library:
    """The one instance, loaded when it is first asked for.

    Raises:
        InputError: it is not installed, or broken.
    """
    with _LOADING:
        return _load()
