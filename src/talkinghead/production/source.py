"""What to say: a recording, or a text for a synthetic voice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError, announce

if TYPE_CHECKING:
    from talkinghead.production.job import Job
    from talkinghead.speech.emotions import EmotionSpan
    from talkinghead.types import Interval, Progress, Speech

LARGEST_TEXT = 10_000_000  # bytes; days of speech
_OVERHANG_S = 0.25  # by which an alignment may exceed its recording, from rounding or an encoder's padding


@dataclass(frozen=True)
class Source:
    """The source of the speech: either a recording, perhaps with its text, or a text.

    Attributes:
        recording: a sound or video file, or None.
        text: what to say, or None.
        text_file: a file with what to say, or None.
        voice: the voice that says it.
        language: the language whose default voice says it, or that of the transcript.
        rate: speed relative to the usual one.
        alignment: a file with the words and phones of the recording, or None.
        transcript: the text of the recording, or None.
        emotion: how it is said where ``spans`` do not tell, or None.
        spans: emotions of words of the text or transcript, which ``prepare`` finds in it.
    """

    recording: Path | None
    text: str | None = None
    text_file: Path | None = None
    voice: str | None = None
    language: str | None = None
    rate: float | None = None
    alignment: Path | None = None
    transcript: str | None = None
    emotion: str | None = None
    spans: tuple[EmotionSpan, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``InputError`` for values that contradict each other."""
        given = {"SPEECH": self.recording, "--text": self.text, "--text-file": self.text_file}
        chosen = [name for name, value in given.items() if value is not None]
        if not chosen:
            raise InputError("there is nothing to say: add SPEECH, a sound file, or --text or --text-file.")
        if len(chosen) > 1:
            raise InputError(f"{' and '.join(chosen)} are both given: choose one of them.")
        if self.recording is None:
            self._refuse({"--alignment": self.alignment, "--transcript": self.transcript}, "SPEECH")
        else:
            self._refuse({"--voice": self.voice, "--rate": self.rate}, "--text")
            if self.transcript is None:
                self._refuse({"--language": self.language}, "--text or --transcript")
        if self.alignment is not None and self.transcript is not None:
            raise InputError("--alignment and --transcript are both given: choose one of them.")

    @staticmethod
    def _refuse(given: dict[str, object], companion: str) -> None:
        for name, value in given.items():
            if value is not None:
                raise InputError(f"{name} goes only with {companion}: leave it out, or give {companion} instead.")

    @classmethod
    def of_job(cls, job: Job) -> Source:
        """The source of a job.

        Raises:
            InputError: there is nothing to say, or values contradict each other.
        """
        recording, text_file, alignment = (
            None if path is None else Path(path) for path in (job.speech, job.text_file, job.alignment)
        )
        return cls(
            recording,
            text=job.text,
            text_file=text_file,
            voice=job.voice,
            language=job.language,
            rate=job.rate,
            alignment=alignment,
            transcript=job.transcript,
            emotion=job.emotion,
        )

    def files(self) -> dict[str, Path | None]:
        """The files to read, by their names on the command line."""
        return {"SPEECH": self.recording, "--text-file": self.text_file, "--alignment": self.alignment}

    def prepare(self) -> Source:
        """The same with its text read, after all checks that are possible before the work begins.

        Raises:
            InputError: a file cannot be read, the text has nothing to say, or voice, language or rate do not exist.
        """
        from talkinghead.speech.emotions import read_spans

        if self.recording is not None:
            from talkinghead.media.audio import AudioReader

            AudioReader(self.recording)
            if self.alignment is not None:
                _read_alignment(self.alignment)
            if self.transcript is None:
                return self
            transcript, spans = read_spans(self.transcript)
            self._check_transcript(transcript)
            return replace(self, transcript=transcript, spans=spans)
        from talkinghead.speech.say import check

        text = read_text(self.text_file) if self.text_file is not None else self.text or ""
        text, spans = read_spans(text)
        check(text, self.voice, language=self.language, rate=1.0 if self.rate is None else self.rate)
        return replace(self, text=text, text_file=None, spans=spans)

    def read(self, progress: Progress) -> Speech:
        """The speech; ``progress`` is a hook (stage, done, total).

        Raises:
            InputError: it cannot be read or synthesised, or its alignment belongs to another recording.
        """
        if self.recording is not None:
            from talkinghead.speech.recording import read_recording

            progress("speech", 0, 1)
            return self._with_emotions(self._with_text(read_recording(self.recording)))
        from talkinghead.speech.say import say

        rate = 1.0 if self.rate is None else self.rate
        spoken = say(self.text or "", self.voice, language=self.language, rate=rate, progress=progress)
        return self._with_emotions(spoken)

    def _with_emotions(self, speech: Speech) -> Speech:
        from talkinghead.speech.emotions import fill_gaps, place_spans

        text = (self.text if self.recording is None else self.transcript) or ""
        if self.spans and not speech.words:
            announce("the words of the speech have no times: the emotions in its text are left out.")
        spans = place_spans(self.spans, text, speech.words, speech.duration) if speech.words else ()
        emotions = fill_gaps(spans, self.emotion, speech.duration)
        return replace(speech, emotions=emotions or None)

    def _check_transcript(self, transcript: str) -> None:
        from talkinghead.speech.alignment.transcript import read_transcript

        if not transcript.strip():
            raise InputError("--transcript is empty: give the words of SPEECH, or leave it out.")
        read_transcript(transcript, language=self._transcript_language())

    def _transcript_language(self) -> str:
        """The language of the transcript, by the aligner's name."""
        from talkinghead.speech.say import DEFAULT_VOICE, voices
        from talkinghead.speech.synthesis.languages import voice_for

        return DEFAULT_VOICE if self.language is None else voice_for(self.language, voices()).name

    def _with_text(self, speech: Speech) -> Speech:
        if self.alignment is not None:
            from talkinghead.speech.labels import without_gaps

            words, phones = _read_alignment(self.alignment)
            duration = speech.duration
            words = None if words is None else _within(words, duration, self.alignment)
            phones = None if phones is None else without_gaps(_within(phones, duration, self.alignment), duration)
            return replace(speech, words=words, phones=phones)
        if self.transcript is not None:
            from talkinghead.speech.alignment.align import align

            return align(speech, self.transcript, language=self._transcript_language())
        return speech


def read_text(path: Path) -> str:
    """The text in a UTF-8 file, or in a UTF-16 file with a byte order mark.

    Raises:
        InputError: it cannot be read, is too long or not text.
    """
    from talkinghead.media.files import existing_file

    with existing_file(path).open("rb") as file:
        return decode_text(file.read(LARGEST_TEXT + 1), str(path))


def decode_text(content: bytes, name: str) -> str:
    """The text in the content of a file, called ``name`` in errors; raises as ``read_text``."""
    if len(content) > LARGEST_TEXT:
        raise InputError(f"{name} has more than {LARGEST_TEXT / 1e6:g} MB of text: give it in parts.")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not text in UTF-8: save it as plain text in UTF-8.") from error
    if "\0" in text:
        raise InputError(f"{name} is not plain text: save it as plain text in UTF-8.")
    if not text.strip():
        raise InputError(f"{name} is empty: write at least one word to say.")
    return text


def _read_alignment(path: Path) -> tuple[tuple[Interval, ...] | None, tuple[Interval, ...] | None]:
    from talkinghead.speech.alignment.files import read_alignment

    alignment = read_alignment(path)
    return alignment.words, alignment.phones


def _within(intervals: tuple[Interval, ...], duration: float, path: Path) -> tuple[Interval, ...]:
    """Intervals cut at the end of the recording; raises ``InputError`` if they exceed it by more than rounding."""
    end = max((interval.end for interval in intervals), default=0.0)
    if end > duration + _OVERHANG_S:
        raise InputError(f"{path} ends at {end:.2f} s and SPEECH at {duration:.2f} s: give the alignment of SPEECH.")
    return tuple(replace(i, end=min(i.end, duration)) for i in intervals if i.start < duration)
