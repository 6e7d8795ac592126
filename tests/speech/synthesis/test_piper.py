"""Piper's voices: what is asked of the package, and what is made of its answer."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.speech import say as say_module
from talkinghead.speech.say import say
from talkinghead.speech.synthesis import piper as module
from talkinghead.speech.synthesis.piper import Piper
from talkinghead.types import Interval, Speech


@dataclass
class SynthesisConfig:
    """As that of piper-tts 1.3 to 1.8, as far as it is used."""

    length_scale: float | None = None


class PiperVoice:
    """As that of piper-tts 1.3 to 1.8, as far as it is used: each sentence is 1,000 samples long at usual speed."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(sample_rate=22_050, length_scale=1.25, espeak_voice="de")
        self.said: list[str] = []

    @staticmethod
    def load(model_path: str) -> PiperVoice:
        """A voice, unless the file says otherwise."""
        if Path(model_path).read_bytes() == b"broken":
            raise RuntimeError("Protobuf parsing failed.\nat line 7")
        return PiperVoice()

    def synthesize(self, text: str, syn_config: SynthesisConfig | None = None):
        """A chunk for each sentence."""
        assert syn_config is not None
        assert syn_config.length_scale is not None
        self.said.append(text)
        for sentence in filter(str.strip, text.split(".")):
            count = round(1_000 * syn_config.length_scale / self.config.length_scale)
            yield SimpleNamespace(audio_float_array=np.full(count, 0.01 * len(sentence), np.float32))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file with its description; the package is replaced."""
    path = tmp_path / "voice.onnx"
    path.write_bytes(b"model")
    described = {"audio": {"sample_rate": 22_050}, "phoneme_id_map": {}}
    path.with_name("voice.onnx.json").write_text(json.dumps(described), encoding="utf-8")
    package = SimpleNamespace(PiperVoice=PiperVoice, SynthesisConfig=SynthesisConfig)
    monkeypatch.setitem(sys.modules, "piper", package)  # type: ignore[arg-type]
    module._load.cache_clear()
    return path


@pytest.fixture
def aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alignment finds one word from beginning to end."""

    def align(speech: Speech, transcript: str, *, language: str) -> Speech:
        assert language == "de"
        everything = (Interval("AH", 0.0, speech.duration),)
        return replace(speech, words=(Interval(transcript, 0.0, speech.duration),), phones=everything)

    monkeypatch.setattr(say_module, "align", align)


@pytest.mark.usefixtures("aligned")
def test_a_file_is_a_voice_and_alignment_gives_the_phones(model: Path) -> None:
    speech = say("One. Three.", str(model))
    assert speech.sample_rate == 22_050
    np.testing.assert_allclose(speech.samples, np.repeat(np.float32([0.03, 0.06]), 1_000), atol=1e-7)
    assert speech.phones == (Interval("AH", 0.0, 2_000 / 22_050),)
    assert speech.words == (Interval("One. Three.", 0.0, 2_000 / 22_050),)


@pytest.mark.usefixtures("aligned")
@pytest.mark.parametrize(("rate", "count"), [(1.0, 1_000), (2.0, 500), (0.5, 2_000)])
def test_rate(model: Path, rate: float, count: int) -> None:
    assert len(say("One.", str(model), rate=rate).samples) == count


@pytest.mark.usefixtures("aligned")
def test_long_texts_come_in_pieces(model: Path) -> None:
    speech = say("A sentence of some words. " * 100, str(model))
    assert speech.sample_rate == 16_000
    assert speech.sound is not None
    assert speech.sound.sample_rate == 22_050
    assert speech.phones is not None
    assert [phone.label for phone in speech.phones] == ["AH", "sil"] * 2 + ["AH"]


@pytest.mark.usefixtures("aligned")
def test_the_notation_of_phonemes_is_not_taken_for_one(model: Path) -> None:
    say("a [[b]] c.", str(model))
    assert module._load(str(model)).said == ["a [b]] c."]


def test_what_cannot_be_aligned_is_announced_and_stays_without(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def align(speech: Speech, transcript: str, *, language: str) -> Speech:
        raise InputError("no pronunciation is known for 'Grüße': spell it otherwise.")

    monkeypatch.setattr(say_module, "align", align)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        speech = say("Grüße.", str(model))
    assert (speech.words, speech.phones) == (None, None)
    assert len(speech.samples) == 1_000
    assert [record.getMessage() for record in caplog.records] == [
        "speech in de cannot be aligned with its text: its words and phones have no times."
    ]


def test_nothing_to_speak(model: Path) -> None:
    with pytest.raises(InputError, match="nothing that can be spoken"):
        say("... ...", str(model))


def test_bad_files(model: Path) -> None:
    description = model.with_name("voice.onnx.json")
    with pytest.raises(InputError, match=r"other\.onnx does not exist"):
        Piper().check(str(model.with_name("other.onnx")))
    for content in ("{", "[]", "{}"):
        description.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=r"voice\.onnx\.json is (damaged or )?not a description of a voice"):
            Piper().check(str(model))
    description.unlink()
    with pytest.raises(InputError, match=r"without its voice\.onnx\.json"):
        Piper().check(str(model))


def test_a_broken_model(model: Path) -> None:
    model.write_bytes(b"broken")
    with pytest.raises(InputError, match=r"cannot be loaded as a voice of Piper \(Protobuf parsing failed\): download"):
        say("Hi.", str(model))


def test_without_the_package_or_with_an_old_one(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", SimpleNamespace(PiperVoice=PiperVoice))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"pip install --upgrade 'talkinghead\[piper\]'"):
        Piper().check(str(model))
    monkeypatch.setitem(sys.modules, "piper", None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"pip install 'talkinghead\[piper\]'"):
        say("Hi.", str(model))


def test_no_voices_to_list() -> None:
    assert Piper().voices() == ()
