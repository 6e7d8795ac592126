"""Phones, words and rhythm, frame by frame."""

from __future__ import annotations

import numpy as np

from talkinghead.methods.write_a_speaker.features import FPS, phone_frames, phone_rows, share_of_known, word_frames
from talkinghead.methods.write_a_speaker.vocabulary import SILENT, UNKNOWN, load_vocabulary
from talkinghead.speech.arpabet import PHONES
from talkinghead.types import Interval, Speech

WORDS = (Interval("sil", 0.0, 0.4), Interval("Green", 0.4, 0.8), Interval("xqzzt", 0.8, 1.2))


def spoken(count: int = 50) -> np.ndarray:
    phones = np.zeros((count, len(PHONES)))
    phones[10:30, PHONES.index("S")] = 1.0
    phones[15:20] = 0.0
    phones[15:20, PHONES.index("IY")] = 0.75
    return phones


def test_phones_are_at_their_time() -> None:
    phones = (Interval("sil", 0.0, 0.4), Interval("M", 0.4, 0.6), Interval("AA", 0.6, 1.0))
    speech = Speech(np.zeros(16_000, np.float32), 16_000, phones=phones)
    frames = phone_frames(phone_rows(speech), 25)
    assert frames.shape == (25, 39)
    assert frames[11:14, PHONES.index("M")].min() > 0.99
    assert frames[16:24, PHONES.index("AA")].min() > 0.99
    assert frames[:9].max() == 0.0
    # The frame at a boundary has half of each phone.
    np.testing.assert_allclose(frames[15, [PHONES.index("M"), PHONES.index("AA")]], 0.5, atol=0.05)


def test_words_are_at_their_time() -> None:
    found = word_frames(WORDS, spoken(), load_vocabulary(), rows=1859)
    green = load_vocabulary().row("green", 1859)
    assert (found.rows[10:20] == green).all()
    assert (found.rows[20:30] == UNKNOWN).all()
    assert (found.rows[:10] == SILENT).all()
    assert (found.rows[30:] == SILENT).all()
    np.testing.assert_array_equal(found.vectors[10:20], np.repeat(load_vocabulary().vector("green")[None], 10, axis=0))
    assert (found.vectors[20:] == 0).all()


def test_rhythm_is_of_speech_vowels_and_beginnings() -> None:
    found = word_frames(WORDS, spoken(), load_vocabulary(), rows=1859)
    assert found.beats[12].tolist()[:2] == [1.0, 0.0]
    np.testing.assert_allclose(found.beats[17, :2], [0.75, 0.75])
    assert found.beats[10, 2] == found.beats[20, 2] == 1.0
    assert found.beats[9, 2] == found.beats[18, 2] == 0.0
    assert 0.0 < found.beats[15, 2] < found.beats[12, 2] < 1.0


def test_without_words_there_is_the_rhythm() -> None:
    found = word_frames(None, spoken(), load_vocabulary(), rows=1859)
    assert (found.rows[10:30] == UNKNOWN).all()
    assert (found.rows[:10] == SILENT).all()
    assert (found.vectors == 0).all()
    assert (found.beats[:, 2] == 0).all()


def test_words_beyond_the_end_are_left_out() -> None:
    found = word_frames((Interval("green", 0.4, 9.0), Interval("red", 9.0, 10.0)), spoken(), load_vocabulary(), rows=99)
    assert len(found.rows) == 50
    assert (found.rows[10:] == found.rows[10]).all()


def test_share_of_known_words() -> None:
    assert share_of_known(WORDS, load_vocabulary()) == 0.5
    assert share_of_known((), load_vocabulary()) == 1.0
    assert FPS == 25.0
