"""espeak-ng: times, labels, voices."""

import subprocess
import sys

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.synthesis import espeak_library
from talkinghead.speech.synthesis.espeak import Espeak

pytest.importorskip("espeakng_loader")


def say(text, *, voice="en-us", rate=1.0):
    return Espeak().say(text, voice=voice, rate=rate)


def test_words_and_phones():
    speech = say("Hello world, see 25 cats.")
    assert speech.sample_rate == 22_050
    assert speech.samples.dtype == np.float32
    assert 0.1 < np.abs(speech.samples).max() <= 1.0
    assert speech.transcript == "Hello world, see 25 cats."
    assert [word.label for word in speech.words] == ["Hello", "world", "see", "25", "cats"]
    labels = [phone.label for phone in speech.phones]
    assert "HH AH L OW W ER L D sil S IY" in " ".join(labels)
    assert labels[0] == labels[-1] == "sil"


def test_phones_have_no_gaps_and_words_keep_to_them():
    speech = say("One, two; three.")
    ends = [phone.end for phone in speech.phones]
    assert speech.phones[0].start == 0.0
    assert ends[-1] == speech.duration
    assert [phone.start for phone in speech.phones[1:]] == ends[:-1]
    for word, following in zip(speech.words, speech.words[1:], strict=False):
        assert word.start < word.end <= following.start
        assert word.end in ends


def test_times_are_those_of_the_sound():
    speech = say("Stop. Go.")
    (pause,) = [phone for phone in speech.phones[1:-1] if phone.label == "sil"]
    middle = slice(round((pause.start + 0.05) * 22_050), round((pause.end - 0.02) * 22_050))
    assert np.abs(speech.samples[middle]).max() < 0.01
    activity = voice_activity(resample(speech.samples, speech.sample_rate), 100.0)
    inside = np.mean([activity[round(50 * (word.start + word.end))] for word in speech.words])
    assert inside > 0.9


def test_no_long_tail():
    speech = say("Done.")
    assert np.flatnonzero(np.abs(speech.samples) > 1e-3)[-1] / 22_050 > speech.duration - 0.201


def test_rate():
    usual = say("The quick brown fox.").duration
    assert say("The quick brown fox.", rate=2.0).duration < 0.65 * usual
    assert say("The quick brown fox.", rate=0.5).duration > 1.6 * usual
    assert abs(say("The quick brown fox.").duration - usual) < 0.01


def test_voices():
    voices = Espeak().voices()
    names = [voice.name for voice in voices]
    assert {"en-us", "en-gb", "de", "fr-fr", "cmn"} <= set(names)
    assert names == sorted(set(names))
    assert {voice.engine for voice in voices} == {"espeak"}
    assert [voice.language for voice in voices if voice.name in ("de", "en-us")] == ["German", "English (America)"]
    labels = [phone.label for phone in say("Grüße aus Köln", voice="de").phones]
    assert "UW" in labels
    assert "SH" not in labels
    british = [phone.label for phone in say("car", voice="en-GB").phones]
    assert british == ["sil", "K", "AA", "sil"]


def test_variants_sound_otherwise():
    assert {"f3", "m1", "whisper"} <= set(Espeak().variants())
    usual, whispered = (say("Hello.", voice=voice).samples for voice in ("en-us", "en-us+whisper"))
    shared = min(len(usual), len(whispered))
    assert np.abs(usual[:shared] - whispered[:shared]).max() > 0.05


@pytest.mark.parametrize(
    ("text", "voice", "words"),
    [
        ("Привет мир", "ru", ["Привет", "мир"]),
        ("你好，世界。今天", "cmn", ["你好", "世界", "今天"]),
        ("नमस्ते दुनिया!", "hi", ["नमस्ते", "दुनिया"]),
        ("déjà-vu — “yes”! and/or", "en-us", ["déjà-vu", "yes", "and/or"]),
        ("salt & “pepper”", "en-us", ["salt", "&", "pepper"]),
    ],
)
def test_words_are_without_punctuation_in_any_script(text, voice, words):
    assert [word.label for word in say(text, voice=voice).words] == words


@pytest.mark.parametrize("voice", ["en-us", "ru", "cmn", "de"])
def test_mixed_scripts_have_words_and_phones_without_gaps(voice):
    speech = say("Hello Привет 你好 world", voice=voice)
    assert [word.label for word in speech.words] == ["Hello", "Привет", "你好", "world"]
    assert [phone.start for phone in speech.phones[1:]] == [phone.end for phone in speech.phones[:-1]]
    assert sum(phone.end - phone.start for phone in speech.phones if phone.label != "sil") > 0.7 * speech.duration


@pytest.mark.parametrize("text", ["... —", " ", ""])
def test_nothing_spoken_has_no_phones_that_sound(text):
    assert {phone.label for phone in say(text).phones} <= {"sil"}


@pytest.mark.parametrize(
    ("voice", "message"),
    [
        ("en-uss", "no voice 'en-uss': choose one like en-us"),
        ("", "no voice ''"),
        ("en-us+wisper", r"no voice variant 'wisper': choose one like whisper"),
    ],
)
def test_unknown_voices(voice, message):
    with pytest.raises(InputError, match=message):
        say("hi", voice=voice)


def test_the_first_call_is_reproducible():
    script = (
        "import hashlib; from talkinghead.speech.say import say; print(hashlib.md5(say('Hello.').samples).hexdigest())"
    )
    first, second = (subprocess.run([sys.executable, "-c", script], capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout


def test_stopping_inside_the_library_is_not_lost(monkeypatch):
    def stop(events):
        raise KeyboardInterrupt

    library = espeak_library.library()
    with monkeypatch.context() as patch:
        patch.setattr(library, "_note", stop)
        with pytest.raises(KeyboardInterrupt):
            say("Hello.")
    assert [word.label for word in say("Hello.").words] == ["Hello"]


def test_without_the_wheel(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match=r"pip install 'talkinghead\[tts\]'"):
        espeak_library.Library()
