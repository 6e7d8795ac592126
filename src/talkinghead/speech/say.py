"""Text -> speech with words and phones, in any length: the one door to all engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from talkinghead.errors import InputError, announce
from talkinghead.speech.alignment.align import align
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.synthesis.engines import TextToSpeech, Voice, nearest
from talkinghead.speech.synthesis.espeak import Espeak
from talkinghead.speech.synthesis.espeak_library import library
from talkinghead.speech.synthesis.joining import join, sentence_pause
from talkinghead.speech.synthesis.languages import speaking, voice_for
from talkinghead.speech.synthesis.piper import SUFFIX, Piper
from talkinghead.speech.synthesis.scripts import foreign_scripts, split_by_voice, tell_runs
from talkinghead.speech.text.notation import expand
from talkinghead.speech.text.pieces import NO_PAUSE, TextPiece, clean, split
from talkinghead.speech.text.ssml import PAUSE, ignored_elements
from talkinghead.types import Progress, Speech, no_progress

DEFAULT_VOICE = "en-us"
SLOWEST, FASTEST = 0.5, 2.5

_SENTENCE_END = re.compile(rf"[.!?…。！？{PAUSE}][\"'”’»)\]]*\s*$")


def say(
    text: str,
    voice: str | None = None,
    *,
    language: str | None = None,
    rate: float = 1.0,
    engine: TextToSpeech | None = None,
    progress: Progress = no_progress,
) -> Speech:
    """The text spoken, with its words and phones.

    Up to 1,000 characters are spoken in one go. Longer texts are spoken in pieces of whole sentences, as many as fit
    into that at a time; except for their words and phones, memory does not grow with their length.

    Args:
        text: what to say, in the voice's language: plain, in Markdown, HTML, SSML, SRT or WebVTT. Emoji, control
            characters and markup are skipped; prices, units, times and addresses are read as people read them.
        voice: one of ``voices()``, or one with a variant: "en-us+f3" for a woman, "en-us+whisper"; "+f3" alone changes
            the usual voice. Or a voice of Piper: the path of its .onnx file. None: the usual voice.
        language: speak with its usual voice instead of English: "de", "de-DE", "German".
        rate: how many times as fast as usual, from 0.5 to 2.5.
        engine: another engine that ``voice`` belongs to; None: espeak-ng, or Piper for its files.
        progress: hook ("speech", pieces done, pieces).

    Returns:
        Speech; its ``transcript`` is what was spoken. By espeak-ng: words without punctuation; phones in ARPAbet
        without stress, "sil" for pauses, without gaps from the beginning to the end; at most 0.2 s of silence follow
        the last word. By Piper: words and phones by ``align``; where the text cannot be aligned they are None, which is
        announced. A text in one piece has the engine's sample rate, espeak-ng's is 22,050 Hz. A longer one comes from
        ``joining.join``: 16 kHz, with ``sound`` at the engine's rate.

    Raises:
        InputError: there is nothing to speak, the voice, variant or language is unknown, the rate is out of range, the
            engine is not installed, or there is no room for temporary files.
    """
    engine, voice = check(text, voice, language=language, rate=rate, engine=engine)
    pieces = list(_pieces(clean(text), engine, voice))
    text = "".join(piece.text for piece, _ in pieces).replace(PAUSE, "")
    spoken = _speak(pieces, rate=rate, engine=engine, progress=progress)
    if len(pieces) > 1:
        first = next(spoken, None)
        if first is not None:
            return join(chain([first], spoken), text)
    else:
        for speech, _ in spoken:
            return speech
    raise InputError(f"the text {_shorten(text)!r} has nothing that can be spoken: give at least one word.")


def check(
    text: str,
    voice: str | None = None,
    *,
    language: str | None = None,
    rate: float = 1.0,
    engine: TextToSpeech | None = None,
) -> tuple[TextToSpeech, str]:
    """The engine and its voice, after all checks that need no speech. Arguments as for ``say``.

    Raises:
        InputError: the text is empty, or as for ``say``.
    """
    if not text.strip():
        raise InputError("the text is empty: give at least one word to say.")
    if not clean(text).strip():
        raise InputError(f"the text {_shorten(text)!r} has nothing that can be spoken: give at least one word.")
    if not SLOWEST <= rate <= FASTEST:
        raise InputError(f"speaking rate {rate:g} is out of range: choose one from {SLOWEST:g} to {FASTEST:g}.")
    if ignored := ignored_elements(text):
        announce(f"the text's SSML is followed for breaks, substitutes and spelling, not for {', '.join(ignored)}.")
    chosen, name = _choose(voice, language, engine)
    _tell_scripts(clean(text), chosen, name)
    return chosen, name


def voices(language: str | None = None) -> tuple[Voice, ...]:
    """The voices that can be named, sorted; espeak-ng's are named by the codes of their languages.

    Args:
        language: only those of this language: "en", "de-AT", "German".

    Raises:
        InputError: espeak-ng is not installed, or no voice speaks the language.
    """
    known = Espeak().voices()
    return known if language is None else speaking(language, known)


def _language(engine: TextToSpeech, voice: str) -> str:
    """The code of the language that a voice speaks, as far as it is known."""
    if isinstance(engine, Piper):
        return engine.language(voice)
    if isinstance(engine, Espeak):
        return voice.partition("+")[0]
    return next((known.language for known in engine.voices() if known.name == voice), "")


def _choose(voice: str | None, language: str | None, engine: TextToSpeech | None) -> tuple[TextToSpeech, str]:
    variant = voice if voice is not None and voice.startswith("+") else ""
    if language is not None and voice is not None and not variant:
        raise InputError(f"voice {voice!r} and language {language!r} are both given: choose one of them.")
    if engine is not None:
        return engine, _of_engine(engine, voice, language)
    if voice is not None and voice.lower().endswith(SUFFIX):
        piper = Piper()
        piper.check(voice)
        return piper, voice
    espeak = Espeak()
    if language is not None:
        voice = voice_for(language, espeak.voices()).name + variant
    elif voice is None or variant:
        voice = DEFAULT_VOICE + variant
    espeak.identifier(voice)
    return espeak, voice


def _of_engine(engine: TextToSpeech, voice: str | None, language: str | None) -> str:
    known = engine.voices()
    if voice is not None:
        if known and voice not in {candidate.name for candidate in known}:
            raise InputError(f"no voice {voice!r}: {nearest(voice, [candidate.name for candidate in known])}")
        return voice
    if not known:
        raise InputError(f"the engine {engine.name} has no usual voice: name one.")
    return known[0].name if language is None else voice_for(language, known).name


def _tell_scripts(text: str, engine: TextToSpeech, voice: str) -> None:
    """Announce what another voice speaks, or none."""
    if text.isascii():
        return
    if isinstance(engine, Espeak):
        for sentence in tell_runs(split_by_voice(text, voice, library().languages), voice):
            announce(sentence)
        return
    language = _language(engine, voice)
    if language and (foreign := foreign_scripts(text, language)):
        announce(f"the text has {' and '.join(foreign)}, which the voice {voice} may not speak: choose one that does.")


def _pieces(text: str, engine: TextToSpeech, voice: str) -> Iterator[tuple[TextPiece, str]]:
    """The pieces of a text, notations in words, each with its voice; what no voice can speak is left out."""
    if not isinstance(engine, Espeak) or text.isascii():
        yield from ((piece, voice) for piece in split(expand(text, _language(engine, voice))))
        return
    runs = split_by_voice(text, voice, library().languages)
    for index, run in enumerate(runs):
        if run.voice is None:
            continue
        pieces = split(expand(run.text, run.voice.partition("+")[0]))
        is_within = index + 1 < len(runs) and not _SENTENCE_END.search(run.text)
        for piece in pieces[:-1] if is_within else pieces:
            yield piece, run.voice
        if is_within and pieces:
            yield replace(pieces[-1], pause=NO_PAUSE), run.voice


def _speak(
    pieces: list[tuple[TextPiece, str]], *, rate: float, engine: TextToSpeech, progress: Progress
) -> Iterator[tuple[Speech, float]]:
    """The pieces spoken, without those that make no sound, and the seconds of silence after each."""
    progress("speech", 0, len(pieces))
    for done, (piece, voice) in enumerate(pieces, start=1):
        speech = engine.say(piece.text.replace(PAUSE, ""), voice=voice, rate=rate)
        if isinstance(engine, Piper) and len(speech.samples):
            speech = _align(speech, piece.text, engine.language(voice))
        silent = speech.phones is not None and all(phone.label == SILENCE for phone in speech.phones)
        if len(speech.samples) and not silent:
            yield speech, piece.pause * sentence_pause(rate)
        progress("speech", done, len(pieces))


def _align(speech: Speech, text: str, language: str) -> Speech:
    try:
        return align(speech, text, language=language)
    except InputError:  # one sentence for all pieces of a text
        announce(f"speech in {language} cannot be aligned with its text: its words and phones have no times.")
        return speech


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
