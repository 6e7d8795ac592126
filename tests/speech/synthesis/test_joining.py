"""Speeches one after another: where they are to the sample, and what lies between them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from talkinghead.speech.features import resample, resample_pieces
from talkinghead.speech.synthesis.joining import join, sentence_pause
from talkinghead.types import Interval, Speech

RATE = 22_050


def spoken(count: int, *, label: str = "a", tail: int = 0, level: float = 0.25) -> Speech:
    """A word of ``count`` samples, the last ``tail`` of which are silent."""
    samples = np.full(count, level, np.float32)
    samples[count - tail :] = 0
    end = (count - tail) / RATE
    phones = [Interval("AH", 0.0, end)] + ([Interval("sil", end, count / RATE)] if tail else [])
    return Speech(samples, RATE, phones=tuple(phones), words=(Interval(label, 0.0, end),))


def whole(speech: Speech) -> np.ndarray:
    """All samples of the sound track."""
    assert speech.sound is not None
    return np.concatenate(list(speech.sound.chunks()), axis=1)[0]


def test_each_begins_a_whole_number_of_samples_later() -> None:
    lengths, tail, pause = (1_001, 2_003, 777), 111, 500 / RATE
    joined = join([(spoken(n, label=str(n), tail=tail), pause) for n in lengths], "text")
    sound = whole(joined)
    starts = [0, 1_001 - tail + 500, 1_001 + 2_003 - 2 * tail + 1_000]
    assert len(sound) == starts[2] + 777
    assert joined.transcript == "text"
    assert joined.words is not None
    for word, start, length in zip(joined.words, starts, lengths, strict=True):
        assert word.label == str(length)
        assert word.start * RATE == pytest.approx(start, abs=1e-6)
        assert word.end * RATE == pytest.approx(start + length - tail, abs=1e-6)
        assert np.all(sound[start : start + length - tail] == 0.25)
        assert np.all(sound[start + length - tail : start + length - tail + 100] == 0)


def test_phones_have_no_gaps_and_pauses_that_meet_are_one() -> None:
    leading = Speech(
        np.zeros(400, np.float32),
        RATE,
        phones=(Interval("sil", 0.0, 100 / RATE), Interval("B", 100 / RATE, 400 / RATE)),
        words=(),
    )
    joined = join([(spoken(1_000, tail=50), 300 / RATE), (leading, 0.0), (spoken(1_000), 0.0)], "")
    assert joined.phones is not None
    assert [phone.label for phone in joined.phones] == ["AH", "sil", "B", "AH"]
    assert [phone.start for phone in joined.phones[1:]] == [phone.end for phone in joined.phones[:-1]]
    assert joined.phones[0].start == 0
    assert joined.phones[1].end * RATE == pytest.approx(950 + 300 + 100)
    assert joined.phones[-1].end == joined.duration


def test_a_speech_that_is_silent_for_longer_keeps_its_silence() -> None:
    joined = join([(spoken(1_000, tail=600), 200 / RATE), (spoken(1_000), 0.0)], "")
    assert joined.words is not None
    assert joined.words[1].start * RATE == pytest.approx(1_000)


@pytest.mark.parametrize("what", ["words", "phones"])
def test_what_one_lacks_the_whole_lacks(what: str) -> None:
    full = spoken(1_000)
    bare = Speech(full.samples, RATE, **{"words": full.words, "phones": full.phones, what: None})
    for order in ([full, bare, full], [bare, full, full]):
        joined = join([(speech, 0.1) for speech in order], "")
        assert getattr(joined, what) is None
        assert getattr(joined, "phones" if what == "words" else "words") is not None


def test_the_analysis_has_16_khz_and_the_sound_track_its_own_rate() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    joined = join([(Speech(tone, RATE, phones=(), words=()), 0.0)] * 3, "")
    assert (joined.sample_rate, joined.sound.sample_rate) == (16_000, RATE)
    assert len(joined.samples) == 3 * 16_000
    assert np.abs(whole(joined) - np.tile(tone, 3)).max() <= 0.5 / 32_768
    expected = resample(whole(joined), RATE)
    np.testing.assert_allclose(joined.samples, expected, atol=1e-6)


@pytest.mark.parametrize(("rate", "target"), [(22_050, 16_000), (24_000, 16_000), (8_000, 16_000), (16_000, 16_000)])
@pytest.mark.parametrize("length", [1, 440, 441_000, 500_123])
def test_resampled_in_pieces_as_in_one(rate: int, target: int, length: int) -> None:
    samples = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    cuts = np.split(samples, sorted([7, 9, length // 2, length // 2 + 65_536]))
    pieces = list(resample_pieces(iter(cuts), rate, target))
    np.testing.assert_allclose(np.concatenate(pieces), resample(samples, rate, target), atol=1e-6)


def test_nothing_resampled_is_nothing() -> None:
    assert list(resample_pieces(iter([]), RATE)) == []


def test_memory_does_not_grow_with_the_length() -> None:
    def parts() -> Iterator[tuple[Speech, float]]:
        for _ in range(300):
            yield spoken(RATE), 0.0

    tracemalloc.start()
    joined = join(parts(), "")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert joined.duration == 300
    assert isinstance(joined.samples, np.memmap)
    assert peak < 10e6  # as arrays: 46 MB


def test_pauses_shorten_as_speech_gets_faster() -> None:
    assert sentence_pause(1.0) == 0.301
    pauses = [sentence_pause(rate) for rate in (0.5, 0.8, 1.0, 1.7, 2.5)]
    assert pauses == sorted(pauses, reverse=True)
