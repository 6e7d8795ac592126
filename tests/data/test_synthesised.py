"""Synthetic voices: the same seed gives the same speech, its labels fit its sound."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from talkinghead.data import engines, synthesised
from talkinghead.data.engines import Request
from talkinghead.data.prompts import FOREIGN, Prompter
from talkinghead.data.spoken import Spoken
from talkinghead.errors import InputError
from talkinghead.speech.arpabet import PHONES
from talkinghead.types import Interval


class FewWords:
    """A prompter without the dictionary."""

    def __init__(self, seed: int, sentences: tuple[str, ...] = ()) -> None:
        self._random = random.Random(seed)

    def english(self) -> str:
        return " ".join(self._random.choice(("see", "boats", "may", "judge", "five")) for _ in range(4))

    def foreign(self) -> tuple[str, str]:
        return "de", "Guten Morgen."


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts of five words, which need no dictionary."""
    monkeypatch.setattr(synthesised, "Prompter", FewWords)


def tone(parts: list[synthesised._Part]) -> list[engines.EngineOutput | None]:
    """An engine that hums for a second between silences, at 22,050 Hz."""
    samples = np.zeros(44_100, np.float32)
    samples[11_025:33_075] = 0.1
    labels = (Interval("pau", 0.0, 0.5), Interval("m", 0.5, 1.5), Interval("pau", 1.5, 2.0))
    return [(samples, 22_050, labels) for _ in parts]


@pytest.fixture
def humming(monkeypatch: pytest.MonkeyPatch, few_words: None) -> None:
    """flite hums; Festival is not installed."""

    def missing(parts: object) -> list[engines.EngineOutput | None]:
        raise InputError("festival is not installed: apt-get install festival.")

    monkeypatch.setattr(synthesised, "_RENDERERS", {"flite": tone, "festival": missing})


def test_labels_follow_the_size(humming: None) -> None:
    said = list(itertools.islice(synthesised.synthesise(1, seed=0, shares={"flite": 1.0}), 40))
    sizes = {float(item.speaker.split(":")[2]) for item in said}
    assert len(sizes) > 4
    for item in said:
        size, late = float(item.speaker.split(":")[2]), synthesised._LATE_S.get(item.speaker.split(":")[1], 0.0)
        assert [phone.label for phone in item.phones] == ["sil", "M", "sil"]
        assert item.phones[1].start == pytest.approx((0.5 + late) / size, abs=2e-3)
        loud = np.flatnonzero(np.abs(item.samples) > 0.05)
        assert loud[0] / 16_000 == pytest.approx(0.5 / size, abs=2e-3)
        assert loud[-1] / 16_000 == pytest.approx(1.5 / size, abs=2e-3)


def test_the_hours_are_filled_and_missing_engines_announced(humming: None, caplog: pytest.LogCaptureFixture) -> None:
    said = list(synthesised.synthesise(30 / 3600, seed=0, shares={"flite": 1.0, "festival": 1.0}))
    assert 30 <= sum(len(item.samples) for item in said) / 16_000 < 33
    assert "synthetic voices of festival are left out: festival is not installed" in caplog.text


def test_labels_that_do_not_fit_the_sound_are_left_out() -> None:
    part = synthesised._Part(Request("see", "slt"), 1.0)
    samples = np.zeros(16_000, np.float32)
    assert synthesised._speak("flite", part, (samples, 16_000, ())) is None
    assert synthesised._speak("flite", part, (samples, 16_000, (Interval("s", 0.0, 0.5),))) is None


def test_labels_of_an_unknown_kind_are_named() -> None:
    part = synthesised._Part(Request("see", "slt"), 1.0)
    with pytest.raises(InputError, match="flite labels its voice slt in an unknown way: 'xx' is no phone label"):
        synthesised._speak("flite", part, (np.zeros(16_000, np.float32), 16_000, (Interval("xx", 0.0, 1.0),)))


def test_the_seed_decides_all_choices(few_words: None) -> None:
    def parts(seed: int, engine: str) -> list[synthesised._Part]:
        made = synthesised._parts(engine, FewWords(seed), random.Random(seed))  # type: ignore[arg-type]
        return list(itertools.islice(made, 60))

    for engine in synthesised.SHARES:
        assert parts(1, engine) == parts(1, engine)
        assert parts(1, engine) != parts(2, engine)
    voices = [part.request.voice.split("+")[0] for part in parts(3, "espeak")]
    assert 0 < sum(voice in FOREIGN for voice in voices) < 20
    assert all(0.5 <= part.request.stretch <= 1.7 for part in parts(3, "flite"))


def test_prompts_are_the_same_for_the_same_seed() -> None:
    def prompts(seed: int) -> list[str]:
        prompter = Prompter(seed, ("One sentence that was really read aloud by somebody.",))
        return [prompter.english() for _ in range(300)]

    made = prompts(0)
    assert made == prompts(0)
    assert made != prompts(1)
    assert sum("really" in prompt for prompt in made) > 40
    assert sum("," in prompt for prompt in made) > 40
    assert len({word for prompt in made for word in prompt.split()}) > 800


def check(said: list[Spoken]) -> None:
    """Nearly all the sound lies within the phones, and most of the phones that there are occur."""
    assert len({phone.label for item in said for phone in item.phones} & set(PHONES)) > 30
    inside = outside = 0.0
    for item in said:
        power = np.square(item.samples)
        for phone in item.phones:
            energy = power[round(phone.start * 16_000) : round(phone.end * 16_000)].sum()
            inside, outside = inside + energy * (phone.label != "sil"), outside + energy * (phone.label == "sil")
    assert outside < 0.01 * inside


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three."""
    monkeypatch.setattr(synthesised, "_BATCH", 3)


@pytest.mark.parametrize("engine", ["flite", "festival"])
def test_a_real_engine(engine: str, few_at_once: None) -> None:
    try:
        engines._program(engine)
    except InputError as error:
        pytest.skip(str(error))
    said = list(synthesised.synthesise(20 / 3600, seed=0, shares={engine: 1.0}))
    check(said)
    again = list(itertools.islice(synthesised.synthesise(20 / 3600, seed=0, shares={engine: 1.0}), 3))
    for one, two in zip(said, again, strict=False):
        np.testing.assert_array_equal(one.samples, two.samples)
        assert one.phones == two.phones


def test_espeak() -> None:
    said = list(synthesised.synthesise(60 / 3600, seed=0, shares={"espeak": 1.0}))
    check(said)
    again = list(itertools.islice(synthesised.synthesise(60 / 3600, seed=0, shares={"espeak": 1.0}), 3))
    assert [item.speaker for item in said[:3]] == [item.speaker for item in again]


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="flite is not installed: apt-get install flite"):
        engines.flite(Request("see", "slt"))
    with pytest.raises(InputError, match="festival is not installed"):
        engines.festival([Request("see", "kal_diphone")])
