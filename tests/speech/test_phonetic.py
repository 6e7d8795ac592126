"""Phonetic features: exact overlaps, resampling in closed form, and pieces that are the whole's."""

import numpy as np
import pytest

from talkinghead.speech import phones as recogniser
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import SAMPLE_RATE, log_mel, loudness_gain
from talkinghead.speech.phonetic import LogMel, PhonePosteriors, SpeechPiece, at_rate, crop_speech, phone_shares
from talkinghead.types import Interval, Speech

NOISE = np.random.default_rng(0).standard_normal(10 * SAMPLE_RATE).astype(np.float32)
SOUND = 0.1 * NOISE * np.linspace(0.2, 1.0, len(NOISE), dtype=np.float32)
PHONES = (Interval("sil", 0.0, 0.1), Interval("M", 0.1, 0.125), Interval("AA", 0.125, 0.4), Interval("sil", 0.4, 0.5))
FEATURES = [PhonePosteriors(), LogMel()]


@pytest.fixture
def stub(monkeypatch):
    """A recogniser without weights: the class goes round with the level of the frame; notes the gains it is given."""
    gains = []

    def posteriors(samples, *, gain=None, first=0, count=None):
        gain = loudness_gain(samples) if gain is None else gain
        gains.append(gain)
        frames = np.pad(samples, (0, -len(samples) % 160)).reshape(-1, 160)[first:][:count]
        return np.eye(40, dtype=np.float32)[(1e4 * gain * np.abs(frames).mean(axis=1)).astype(int) % 40]

    monkeypatch.setattr(recogniser, "phone_posteriors", posteriors)
    return gains


def column(rows, label):
    return rows[:, CLASSES.index(label)]


def test_shares_are_the_overlaps():
    shares = phone_shares(PHONES, 25.0, num_frames=13)
    assert shares.shape == (13, 40)
    assert shares.dtype == np.float32
    # Frame 2 spans 0.06 to 0.10 s, frame 3 to 0.14 s, frame 10 0.38 to 0.42 s; the last one reaches past the end.
    np.testing.assert_allclose(column(shares, "sil")[[2, 3, 10, 12]], [1.0, 0.0, 0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(column(shares, "M")[[2, 3, 4]], [0.0, 0.625, 0.0], atol=1e-6)
    np.testing.assert_allclose(column(shares, "AA")[[3, 4, 9, 10]], [0.375, 1.0, 1.0, 0.5], atol=1e-6)


def test_a_frame_is_at_least_30_ms_wide():
    filled_s = 0.03 * column(phone_shares(PHONES, 100.0, num_frames=50), "M")
    np.testing.assert_allclose(filled_s[8:15], [0.0, 0.005, 0.015, 0.025, 0.02, 0.01, 0.0], atol=1e-7)


@pytest.mark.parametrize("rate", [25.0, 29.97, 62.5, 100.0])
def test_rows_of_shares_sum_to_one(rate):
    phones = (*PHONES, Interval("P", 0.55, 0.55), Interval("T", 0.6, 0.7))  # a gap, a phone without length
    shares = phone_shares(phones, rate, num_frames=int(0.9 * rate))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    assert column(shares, "sil")[-1] == 1.0
    assert column(shares, "T").sum() / rate == pytest.approx(0.1, abs=0.03 / rate)
    assert column(shares, "P").sum() == 0.0
    assert (phone_shares((), rate, num_frames=3) == np.eye(40)[[0, 0, 0]]).all()


def test_unknown_phone():
    with pytest.raises(ValueError, match="phone 'AA1' is neither"):
        phone_shares((Interval("AA1", 0.0, 0.1),), 25.0, num_frames=3)


def test_known_phones_come_before_the_recogniser(monkeypatch):
    monkeypatch.setattr(recogniser, "phone_posteriors", None)
    speech = Speech(SOUND[: SAMPLE_RATE // 2], SAMPLE_RATE, phones=PHONES)
    np.testing.assert_array_equal(PhonePosteriors()(speech, 62.5), phone_shares(PHONES, 62.5, num_frames=32))


def test_to_lower_rates_rows_are_averaged():
    rows = np.array([[4.0], [8.0], [0.0], [2.0], [6.0], [1.0]])
    # At half the rate a span reaches from neighbour to neighbour; before the start there is nothing.
    expected = [[(4 + 8) / 2], [(8 + 2 * 0 + 2) / 4], [(2 + 2 * 6 + 1) / 4]]
    np.testing.assert_allclose(at_rate(rows, 100.0, 50.0, num_frames=3), expected, atol=1e-6)


def test_to_higher_rates_rows_are_joined_by_lines():
    rows = np.array([[0.0, 1.0], [1.0, 1.0], [0.5, 1.0]])
    result = at_rate(rows, 50.0, 100.0, num_frames=7)
    np.testing.assert_allclose(result[:, 0], [0.0, 0.5, 1.0, 0.75, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(result[:, 1], 1.0)
    np.testing.assert_array_equal(at_rate(rows, 50.0, 50.0, num_frames=3), rows.astype(np.float32))


@pytest.mark.parametrize("rate", [25.0, 30.0, 62.5, 100.0, 120.0])
def test_a_ramp_stays_a_ramp(rate):
    rows = np.arange(200.0)[:, None] / 100.0
    time = np.arange(int(2 * rate)) / rate
    inner = (time > 0.1) & (time < 1.9)
    np.testing.assert_allclose(at_rate(rows, 100.0, rate, num_frames=len(time))[inner, 0], time[inner], atol=1e-6)
    later = at_rate(rows, 100.0, rate, num_frames=len(time), begins=0.05)
    np.testing.assert_allclose(later[inner, 0], time[inner] - 0.05, atol=1e-6)


def test_beyond_the_ends_rows_are_held():
    rows = np.array([[1.0], [2.0], [3.0]])
    for rate in (2.0, 10.0, 40.0):
        result = at_rate(rows, 10.0, rate, num_frames=round(4 * rate), begins=1.0)
        assert result[0] == 1.0
        assert result[-1] == 3.0
    np.testing.assert_array_equal(at_rate(np.zeros((0, 3)), 10.0, 25.0, num_frames=2), np.zeros((2, 3)))


@pytest.mark.parametrize("features", FEATURES, ids=lambda f: f.name)
@pytest.mark.parametrize("rate", [25.0, 29.97, 62.5, 100.0])
@pytest.mark.parametrize("count", [0, 1, 640, 641, 16_001])
def test_count_is_the_ceiling(features, rate, count, stub):
    rows = features(Speech(SOUND[:count], SAMPLE_RATE), rate)
    assert rows.shape == (int(np.ceil(round(count * rate / SAMPLE_RATE, 9))), features.size)
    assert rows.dtype == np.float32


def test_sound_at_another_rate_is_resampled_to_16_khz(stub):
    sine = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000).astype(np.float32)
    at_48, at_16 = (LogMel()(Speech(sine[::step], rate), 25.0) for step, rate in ((1, 48_000), (3, 16_000)))
    np.testing.assert_allclose(at_48[2:-2], at_16[2:-2], atol=0.02)
    assert PhonePosteriors()(Speech(sine, 48_000), 25.0).shape == (25, 40)


def test_log_mel_is_that_of_the_sound_at_one_loudness():
    speech = Speech(SOUND, SAMPLE_RATE)
    np.testing.assert_allclose(LogMel()(speech, 62.5), log_mel(SOUND * np.float32(loudness_gain(SOUND))), atol=1e-6)
    steady = LogMel()(Speech(NOISE * 0.1, SAMPLE_RATE), 30.0)
    np.testing.assert_allclose(steady[5:-5].mean(), log_mel(NOISE * np.float32(loudness_gain(NOISE))).mean(), atol=2e-3)


def test_the_gain_is_that_of_the_whole(stub):
    speech = Speech(SOUND, SAMPLE_RATE)
    for wanted, given in ((loudness_gain(SOUND), None), (3.0, 3.0)):
        PhonePosteriors()(crop_speech(speech, 1.0, 2.0), 25.0, gain=given)
        assert stub.pop() == pytest.approx(wanted, rel=1e-6)
    quiet = LogMel()(crop_speech(speech, 0.0, 1.0), 62.5)
    assert quiet.mean() < LogMel()(Speech(SOUND[:SAMPLE_RATE], SAMPLE_RATE), 62.5).mean() - 0.05


@pytest.mark.parametrize("features", FEATURES, ids=lambda f: f.name)
@pytest.mark.parametrize("rate", [25.0, 62.5])
@pytest.mark.parametrize("phones", [None, PHONES + tuple(Interval("T", 0.5 + k, 0.9 + k) for k in range(9))])
def test_pieces_are_the_whole(features, rate, phones, stub):
    """Pieces of 2 s with margins of 0.4 s, at multiples of both rates."""
    speech = Speech(SOUND, SAMPLE_RATE, phones=phones)
    whole = features(speech, rate)
    for start in range(0, 10, 2):
        seen = max(0.0, start - 0.4)
        piece = features(crop_speech(speech, seen, start + 2.4), rate)
        rows = slice(round(start * rate), round((start + 2) * rate))
        own = piece[rows.start - round(seen * rate) :][: rows.stop - rows.start]
        np.testing.assert_allclose(own, whole[rows], atol=1e-5)


def test_cut_clips_and_shifts():
    words = (Interval("ma", 0.1, 0.4), Interval("end", 8.0, 9.0))
    speech = Speech(SOUND, SAMPLE_RATE, phones=PHONES, words=words, transcript="ma end")
    piece = crop_speech(speech, 0.11, 0.3)
    assert np.shares_memory(piece.samples, speech.samples)
    np.testing.assert_array_equal(piece.samples, SOUND[1760:4800])
    assert [(p.label, round(p.start, 9), round(p.end, 9)) for p in piece.phones] == [
        ("M", 0, 0.015),
        ("AA", 0.015, 0.19),
    ]
    assert [(w.label, round(w.start, 9), round(w.end, 9)) for w in piece.words] == [("ma", 0, 0.19)]
    assert (piece.whole, piece.start, piece.transcript, piece.sound) == (speech, 0.11, None, None)


def test_cut_of_a_piece_and_beyond_the_ends():
    speech = Speech(SOUND, SAMPLE_RATE)
    inner = crop_speech(crop_speech(speech, 2.0, 8.0), 1.0, 2.5)
    assert isinstance(inner, SpeechPiece)
    assert (inner.whole, inner.start, inner.duration) == (speech, 3.0, 1.5)
    assert inner.phones is None
    assert (crop_speech(speech, -1.0, 1.0).start, crop_speech(speech, -1.0, 1.0).duration) == (0.0, 1.0)
    assert crop_speech(speech, 9.5, 12.0).duration == 0.5
    assert len(crop_speech(speech, 11.0, 12.0).samples) == 0
