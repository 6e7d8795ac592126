"""Text of any length and form, by any engine."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.speech.say import check, say, voices
from talkinghead.speech.synthesis.engines import TextToSpeech, Voice
from talkinghead.speech.synthesis.espeak import Espeak
from talkinghead.types import Interval, Speech

pytest.importorskip("espeakng_loader")

SENTENCES = (
    "Call me Ishmael. Some years ago, never mind how long precisely, I thought I would sail about a little! "
    "Was it wise? I cannot say; Dr. Watson did not think so. It is a way I have of driving off the spleen.\n\n"
)


class Clock:
    """An engine whose every word takes 0.1 s, at 8 kHz; it writes down what it is asked for."""

    name = "clock"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    def voices(self) -> tuple[Voice, ...]:
        """Two."""
        return (Voice("tick", "en", self.name), Voice("tack", "de", self.name))

    def say(self, text: str, *, voice: str, rate: float) -> Speech:
        """A word every 0.1 s; nothing for dots alone."""
        self.asked.append((text, voice, rate))
        labels = re.findall(r"\w+", text)
        spans = [(label, 0.1 * index, 0.1 * (index + 1)) for index, label in enumerate(labels)]
        samples = np.full(800 * len(labels), 0.5, np.float32)
        words = tuple(Interval(*span) for span in spans)
        return Speech(samples, 8_000, phones=tuple(Interval("AH", w.start, w.end) for w in words), words=words)


def test_a_short_text_is_spoken_in_one_go() -> None:
    engine: TextToSpeech = Clock()
    speech = say("One two. Three.", "tack", rate=1.5, engine=engine)
    assert engine.asked == [("One two. Three.", "tack", 1.5)]
    assert speech.sample_rate == 8_000
    assert [word.label for word in speech.words or ()] == ["One", "two", "Three"]


def test_a_long_text_is_spoken_in_pieces_with_progress() -> None:
    engine, told = Clock(), []
    text = "Twelve words " * 200 + "end. ... "
    speech = say(text * 3, engine=engine, progress=lambda *step: told.append(step))
    assert len(engine.asked) > 6
    assert max(len(asked) for asked, _, _ in engine.asked) <= 1000
    assert "".join(asked for asked, _, _ in engine.asked) == text * 3 == speech.transcript
    assert {voice for _, voice, _ in engine.asked} == {"tick"}
    assert told == [("speech", done, len(engine.asked)) for done in range(len(engine.asked) + 1)]
    assert speech.words is not None
    assert len(speech.words) == 3 * 401
    assert speech.sample_rate == 16_000
    assert speech.sound is not None
    assert speech.sound.sample_rate == 8_000
    gaps = [b.start - a.end for a, b in zip(speech.words, speech.words[1:]) if b.start - a.end > 1e-6]
    np.testing.assert_allclose(gaps, [0.301, 0.301])


def test_pieces_without_a_sound_are_passed_over() -> None:
    speech = say("Before. " + "... " * 600 + "After.")
    assert speech.words is not None
    assert [word.label for word in speech.words] == ["Before", "After"]
    assert speech.duration < 4


def test_a_long_text_has_the_times_of_one_that_is_spoken_in_one_go() -> None:
    text = SENTENCES * 8
    whole, joined = Espeak().say(text, voice="en-us", rate=1.0), say(text)
    assert joined.sound is not None
    assert whole.words is not None
    assert joined.words is not None
    assert [word.label for word in joined.words] == [word.label for word in whole.words]
    # From word to word, pauses between pieces included: two equal calls of espeak-ng itself differ by up to 10 ms.
    steps = [np.diff([word.start for word in words]) for words in (whole.words, joined.words)]
    assert np.abs(steps[0] - steps[1]).max() < 0.02
    assert joined.duration == pytest.approx(whole.duration, abs=0.2)
    sounding = [phone.label for phone in whole.phones or () if phone.label != "sil"]
    assert [phone.label for phone in joined.phones or () if phone.label != "sil"] == sounding


@pytest.mark.parametrize(("sentence", "words"), [("word, " * 1700 + "word " * 2000, 3700), ("a" * 20_000, 20)])
def test_a_sentence_of_20_000_characters(sentence: str, words: int) -> None:
    speech = say(sentence, rate=2.5)
    assert speech.words is not None
    assert len(speech.words) == words


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text() -> None:
    script = (
        "import resource; from talkinghead.speech.say import say\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"text = {SENTENCES!r}; say(text * 6, rate=2.5); before = peak()\n"
        "speech = say(text * 100, rate=2.5); print(peak() - before, speech.duration)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    grown, seconds = (float(number) for number in done.stdout.split())
    unit = 1 if sys.platform == "darwin" else 1024
    as_arrays = seconds * (22_050 + 16_000) * 4
    assert as_arrays > 60e6
    assert grown * unit < as_arrays / 4


@pytest.mark.parametrize("text", ["Hi 😀 there.", "<b>Hi</b> there.", "Hi \x07\ud800there."])
def test_what_cannot_be_spoken_is_passed_over(text: str) -> None:
    speech = say(text)
    assert [word.label for word in speech.words or ()] == ["Hi", "there"]
    assert (speech.transcript or "").split() == ["Hi", "there."]


def test_notations_and_markup_are_read_as_people_read_them() -> None:
    engine = Clock()
    say("**Tom** &amp; I paid $12.00 at 10am.", engine=engine)
    say("Es kostet 12,50 €.", "tack", engine=engine)
    assert [text for text, _, _ in engine.asked] == [
        "Tom & I paid twelve dollars at ten a.m.",
        "Es kostet 12 Euro 50.",
    ]


def test_breaks_of_ssml_are_silence(caplog: pytest.LogCaptureFixture) -> None:
    text = '<speak>One <break time="700ms"/> two <prosody rate="slow">three</prosody>.</speak>'
    with caplog.at_level(logging.WARNING, "talkinghead"):
        speech = say(text, engine=Clock())
    assert [(w.label, round(w.start, 3)) for w in speech.words or ()] == [("One", 0.0), ("two", 0.8), ("three", 0.9)]
    assert speech.transcript is not None
    assert speech.transcript.split() == ["One", "two", "three."]
    assert ["not for prosody" in record.getMessage() for record in caplog.records] == [True]


def test_gaps_between_subtitles_are_pauses() -> None:
    text = "1\n00:00:00,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:03,000 --> 00:00:03,500\nBye.\n"
    assert [(w.label, round(w.start, 3)) for w in say(text, engine=Clock()).words or ()] == [
        ("Hello", 0.0),
        ("there", 0.1),
        ("Bye", 1.2),
    ]


def test_language_and_voice() -> None:
    assert check("hi")[1] == "en-us"
    assert check("hi", language="German")[1] == "de"
    assert check("hi", "+f3")[1] == "en-us+f3"
    assert check("hi", "+f3", language="de-DE")[1] == "de+f3"
    assert check("hi", engine=Clock(), language="de")[1] == "tack"
    german = [phone.label for phone in say("Grüße", language="de").phones or ()]
    assert german == [phone.label for phone in say("Grüße", "de").phones or ()]


def said_announcements(caplog: pytest.LogCaptureFixture, text: str, **options: str) -> tuple[list[str], list[str]]:
    """The phones of a text and what is announced."""
    caplog.clear()
    with caplog.at_level(logging.WARNING, "talkinghead"):
        phones = [phone.label for phone in say(text, **options).phones or () if phone.label != "sil"]
    return phones, list(dict.fromkeys(caplog.messages))


def test_scripts_are_spoken_by_a_voice_that_reads_them(caplog: pytest.LogCaptureFixture) -> None:
    assert said_announcements(caplog, "Привет, мир", voice="ru")[1] == []
    phones, told = said_announcements(caplog, "Hello 你好 world")
    own = [
        phone
        for part, voice in (("Hello", "en-us"), ("你好", "cmn"), ("world", "en-us"))
        for phone in part_phones(part, voice)
    ]
    assert phones == own
    assert told == ["the text has Chinese characters, which the voice en-us cannot speak: the voice cmn speaks them."]
    assert said_announcements(caplog, "Привет, мир")[0] == said_announcements(caplog, "Привет, мир", voice="ru")[0]


def part_phones(text: str, voice: str) -> list[str]:
    """The phones of a text that one voice speaks."""
    return [phone.label for phone in say(text, voice).phones or () if phone.label != "sil"]


def test_numbers_are_read_in_the_language_around_them(caplog: pytest.LogCaptureFixture) -> None:
    assert said_announcements(caplog, "Привет, 5 кг")[0] == part_phones("Привет, пять килограммов", "ru")


def test_what_no_voice_speaks_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    phones, told = said_announcements(caplog, "Hello ភាសា world")
    assert phones == part_phones("Hello", "en-us") + part_phones("world", "en-us")
    assert told == [
        "the text has Khmer letters, which no voice here can speak: they are left out; write them in another script."
    ]
    with pytest.raises(InputError, match="nothing that can be spoken"):
        say("ភាសា")
    _, told = said_announcements(caplog, "日本のカメラ", voice="ja")
    assert told == [
        "the text has Chinese characters, which no voice here can speak: they are left out; write them in kana."
    ]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text_html_entities.txt", "Tom & Jerry are friends"),
        ("text_markdown.txt", "Hello world one item two items This is important see code"),
        ("text_mixed_zh.txt", "Hello 你好 world"),
        ("text_styled_unicode.txt", "Hello world"),
        ("text_subtitles.srt", "Hello there my name is Peter I paid twelve dollars"),
    ],
)
def test_cases_of_texts(corpus: Path, name: str, words: str) -> None:
    spoken = say((corpus / "cases" / name).read_text(encoding="utf-8"))
    assert [word.label for word in spoken.words or ()] == words.split()


def test_voices() -> None:
    names = [voice.name for voice in voices()]
    assert {"en-us", "de", "cmn"} <= set(names)
    english = [voice.name for voice in voices("English")]
    assert "en-gb" in english
    assert all(name.startswith("en-") for name in english)
    assert 1 < len(english) < len(names)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "the text is empty: give at least one word"),
        (" \n", {}, "the text is empty"),
        ("... —", {}, "the text '... —' has nothing that can be spoken"),
        ("😀👍🏽", {}, "has nothing that can be spoken"),
        ("\ud800", {}, r"the text '\\ud800' has nothing that can be spoken"),
        ("." * 3000, {}, "has nothing that can be spoken"),
        ("hi", {"voice": "en-uss"}, "no voice 'en-uss': choose one like en-us"),
        ("hi", {"voice": ""}, "no voice ''"),
        ("hi", {"voice": "en-us+wisper"}, "no voice variant 'wisper': choose one like whisper"),
        ("hi", {"language": "germn"}, "no voice speaks 'germn': choose one like german"),
        ("hi", {"voice": "de", "language": "de"}, "voice 'de' and language 'de' are both given"),
        ("hi", {"rate": 9.0}, "speaking rate 9 is out of range: choose one from 0.5 to 2.5"),
        ("hi", {"rate": float("nan")}, "out of range"),
        ("hi", {"voice": "tock", "engine": Clock()}, "no voice 'tock': choose one like t"),
    ],
)
def test_bad_input(text: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        say(text, **options)  # type: ignore[arg-type]
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    sentence.encode()
