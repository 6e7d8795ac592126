"""Transcripts aligned: synthesised speech, whose words are known, and recordings."""

import dataclasses
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data.corpus import Corpus
from talkinghead.errors import InputError
from talkinghead.media import read_speech
from talkinghead.speech import phones as recogniser
from talkinghead.speech.alignment import sphinx
from talkinghead.speech.alignment.align import align
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.say import say
from talkinghead.types import Interval, Speech

TEXT = "The cold wind blew over 25 hills, and nobody's horses moved."


@pytest.fixture(scope="module")
def spoken() -> Speech:
    """A sentence whose words are known; the same sound in every run: espeak-ng's first in a process of its own."""
    pytest.importorskip("espeakng_loader")
    program = (
        "import pickle, sys; from talkinghead.speech.say import say; pickle.dump(say(sys.argv[1]), sys.stdout.buffer)"
    )
    run = subprocess.run([sys.executable, "-c", program, TEXT], capture_output=True, check=True)
    speech = pickle.loads(run.stdout)
    assert isinstance(speech, Speech)
    return speech


@pytest.fixture
def recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recogniser that hears M all the time."""
    monkeypatch.setattr(recogniser, "recognise", lambda speech: (Interval("M", 0.0, speech.duration),))


def labels(intervals: tuple[Interval, ...] | None) -> list[str]:
    """What was found."""
    return [interval.label for interval in intervals or ()]


def check_phones(speech: Speech) -> None:
    """Known labels without gaps from 0 to the end."""
    assert speech.phones
    assert set(labels(speech.phones)) <= set(CLASSES)
    assert (speech.phones[0].start, speech.phones[-1].end) == (0.0, speech.duration)
    assert all(a.end == b.start for a, b in zip(speech.phones, speech.phones[1:]))


def test_words_of_synthesised_speech(spoken: Speech) -> None:
    bare = dataclasses.replace(spoken, phones=None, words=None, transcript=None)
    found = align(bare, TEXT)
    check_phones(found)
    assert found.samples is bare.samples
    assert found.transcript == TEXT
    assert labels(found.words) == labels(spoken.words)
    errors = [abs(a.start - b.start) for a, b in zip(found.words or (), spoken.words or ())]
    assert np.median(errors) < 0.03
    assert max(errors) < 0.15


def test_words_begin_and_end_with_phones(spoken: Speech) -> None:
    found = align(spoken, TEXT)
    starts, ends = {p.start for p in found.phones or ()}, {p.end for p in found.phones or ()}
    assert all(word.start in starts and word.end in ends for word in found.words or ())


def test_the_same_sound_gives_the_same_whatever_came_before(spoken: Speech) -> None:
    first = align(spoken, TEXT)
    noise = np.random.default_rng(0).normal(size=16_000).astype(np.float32) * 0.1
    sphinx.place(noise, [("AH",)])
    again = align(spoken, TEXT)
    assert (again.words, again.phones) == (first.words, first.phones)


def test_a_long_recording_is_aligned_in_pieces(spoken: Speech, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = align(spoken, TEXT)
    monkeypatch.setattr(sphinx, "_LONGEST", 150)
    monkeypatch.setattr(sphinx, "_SHORTEST", 50)
    found = align(spoken, TEXT)
    check_phones(found)
    assert labels(found.words) == labels(whole.words)
    errors = [abs(a.start - b.start) for a, b in zip(found.words or (), whole.words or ())]
    assert np.median(errors) < 0.011
    assert max(errors) < 0.06


def test_pieces_are_cut_in_the_longest_silence() -> None:
    words = [(100 * i, 100 * i + 90) for i in range(50)]
    words[17] = (1700, 1750)
    pieces = list(sphinx._pieces(words, 5000))
    assert pieces[0] == (0, 18, 0, 1775)
    assert [piece[1] for piece in pieces[:-1]] == [piece[0] for piece in pieces[1:]]
    assert [piece[3] for piece in pieces[:-1]] == [piece[2] for piece in pieces[1:]]
    assert (pieces[-1][1], pieces[-1][3]) == (50, 5000)
    assert list(sphinx._pieces([(0, 4000)], 5000)) == [(0, 1, 0, 5000)]


@pytest.mark.usefixtures("recognised")
def test_another_language() -> None:
    pytest.importorskip("espeakng_loader")
    text = "Buenos días, señor García. ¿Cómo está usted hoy en la ciudad?"
    spoken = say(text, language="es")
    found = align(spoken, text, language="es")
    assert labels(found.words) == labels(spoken.words)
    errors = [abs(a.start - b.start) for a, b in zip(found.words or (), spoken.words or ())]
    assert np.median(errors) < 0.04
    assert align(spoken, "Guten Tag, wie geht es Ihnen heute hier in München?", language="de").words is None


@pytest.mark.usefixtures("recognised")
def test_another_text_is_told_and_the_recogniser_takes_over(spoken: Speech, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        found = align(spoken, "Please send me seven yellow envelopes before Wednesday afternoon, thank you.")
    assert found.words is None
    assert labels(found.phones) == ["M"]
    (message,) = caplog.messages
    assert message.startswith("the transcript does not match the speech from ")
    assert " s ('" in message or "the beginning ('Please send me seven yellow …')" in message


@pytest.mark.usefixtures("recognised")
def test_words_missing_in_the_middle_are_told_with_their_time(spoken: Speech, caplog: pytest.LogCaptureFixture) -> None:
    long = np.concatenate([spoken.samples, spoken.samples])
    words = TEXT + " The cold moved."
    with caplog.at_level(logging.WARNING, "talkinghead"):
        found = align(dataclasses.replace(spoken, samples=long, phones=None, words=None), words)
    check_phones(found)
    assert labels(found.words)[:6] == ["The", "cold", "wind", "blew", "over", "25"]
    (place,) = [phone for phone in found.phones or () if phone.label == "M" and phone.end - phone.start > 0.5]
    assert place.start > spoken.duration - 0.7
    assert len(caplog.messages) == 1
    assert f"{place.end:.1f} s" in caplog.messages[0]


@pytest.mark.usefixtures("recognised")
@pytest.mark.parametrize("duration", [0.001, 0.05, 1.0])
def test_no_speech(duration: float, caplog: pytest.LogCaptureFixture) -> None:
    samples = np.zeros(max(1, round(16_000 * duration)), np.float32)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        found = align(Speech(samples, 16_000), "hello there")
    assert found.words is None
    assert labels(found.phones) == ["M"]
    assert caplog.messages == ["nobody seems to say the transcript's 'hello there': the mouth follows the sound alone."]


@pytest.mark.parametrize("text", ["", " \n", "...", "[music]"])
def test_an_empty_transcript(text: str) -> None:
    with pytest.raises(InputError, match="has no words"):
        align(Speech(np.zeros(16_000, np.float32), 16_000), text)


def test_pocketsphinx_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(InputError, match="pip install 'pocketsphinx"):
        sphinx._Aligner()


@pytest.mark.corpus
def test_words_of_grid(corpus: Path) -> None:
    errors = []
    for clip in Corpus.open(corpus / "grid_s1").recordings("val")[:6]:
        known = [word for word in clip.words() if word.label not in ("sil", "sp")]
        found = align(clip.speech(), " ".join(word.label for word in known).capitalize() + ".")
        assert [label.lower() for label in labels(found.words)] == labels(tuple(known))
        errors += [abs(a.end - b.end) for a, b in zip(found.words or (), known)]
    assert np.median(errors) <= 0.02
    assert np.mean(np.array(errors) <= 0.06) >= 0.85


@pytest.mark.parametrize("voice", ["en-us", "en-us+f3", "en-us+m3", "en-gb"])
def test_right_transcripts_of_synthetic_voices_are_kept(voice: str, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("espeakng_loader")
    text = "Hello there, my name is Peter. I paid $12."
    with caplog.at_level(logging.WARNING, "talkinghead"):
        found = align(say(text, voice), text)
    assert caplog.messages == []
    assert labels(found.words) == ["Hello", "there", "my", "name", "is", "Peter", "I", "paid", "$12"]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("align_right_transcript_rejected_espeak.wav", "Hello there, my name is Peter. I paid twelve dollars."),
        *(("align_price.wav", f"Hello there, my name is Peter. I paid {p}.") for p in ("$12.00", "12 $", "USD 12")),
    ],
)
def test_cases_that_were_thrown_away(corpus: Path, name: str, text: str) -> None:
    found = align(read_speech(corpus / "cases" / name), text)
    assert labels(found.words)[:8] == ["Hello", "there", "my", "name", "is", "Peter", "I", "paid"]


@pytest.mark.corpus
@pytest.mark.usefixtures("recognised")
def test_music_is_not_what_the_transcript_says(corpus: Path) -> None:
    speech = read_speech(corpus / "speech" / "coqui__LJ001-0008.ogg")
    tones = np.sin(np.cumsum(np.repeat([0.05, 0.09, 0.12, 0.07], len(speech.samples) // 4))).astype(np.float32)
    assert labels(align(speech, "has never been surpassed.").words) == ["has", "never", "been", "surpassed"]
    assert align(Speech(0.2 * tones, 16_000), "has never been surpassed.").words is None
