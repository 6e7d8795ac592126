"""Speech from text: times, labels, and what cannot be said."""

import subprocess
import sys

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.speech import say as module
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.say import say, voices


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
    assert {"en-us", "en-gb", "de", "fr-fr", "cmn"} <= set(voices())
    assert list(voices()) == sorted(set(voices()))
    labels = [phone.label for phone in say("Grüße aus Köln", voice="de").phones]
    assert "UW" in labels
    assert "SH" not in labels
    british = [phone.label for phone in say("car", voice="en-GB").phones]
    assert british == ["sil", "K", "AA", "sil"]


def test_other_scripts_and_odd_characters():
    assert [word.label for word in say("Привет мир", voice="ru").words] == ["Привет", "мир"]
    assert [word.label for word in say("déjà-vu — “yes”! \0 and/or").words] == ["déjà-vu", "yes", "and/or"]


def test_the_first_call_is_reproducible():
    script = (
        "import hashlib; from talkinghead.speech.say import say; print(hashlib.md5(say('Hello.').samples).hexdigest())"
    )
    first, second = (subprocess.run([sys.executable, "-c", script], capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ""}, "text is empty"),
        ({"text": " \n"}, "text is empty"),
        ({"text": "... —"}, "nothing that can be spoken"),
        ({"text": "hi", "voice": "en-uss"}, "no voice 'en-uss': choose one like en-us"),
        ({"text": "hi", "voice": ""}, "no voice ''"),
        ({"text": "hi", "voice": "en-us+wisper"}, "no voice variant 'wisper': choose one like whisper"),
        ({"text": "hi", "rate": 9.0}, "choose one from 0.5 to 2.5"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message.replace("+", r"\+").replace("...", r"\.\.\.")):
        say(**arguments)


def test_without_the_wheel(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match=r"pip install 'talkinghead\[tts\]'"):
        module._Espeak()
