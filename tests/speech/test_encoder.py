"""The speech encoder: its values beside another program's, its windows without seams, and its clock."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from drawn import falling_voice
from talkinghead.speech import encoder
from talkinghead.speech.encoder import CONFIGS, WINDOW, SpeechEncoder, encode_speech, load_encoder, window_mel
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.mel import mel_frequencies
from talkinghead.speech.phonetic import EncoderFeatures, crop_speech
from talkinghead.speech.transformer import EncoderConfig, positions
from talkinghead.types import Speech

# Features 60, 100 and 130 of ``falling_voice`` a second into a window of 220, normalised: CTranslate2 4.8.5 made them
# with the upper two of the four blocks taken out of the file, and its last normalisation is undone but for the scale.
REFERENCE = {
    60: {334: 5.0369, 45: 2.3887, 286: -1.8513, 223: -1.581},
    100: {334: 4.6817, 20: -2.8937, 62: 2.0649, 25: 1.639},
    130: {265: 6.4157, 381: 2.3132, 337: 1.8874, 346: -1.5717},
}


def babble(seconds):
    """A voice that goes on and never repeats itself, float32 at 16 kHz."""
    random, voice = np.random.default_rng(0), falling_voice()
    parts = [voice[start : start + 4000] for start in random.integers(0, len(voice) - 4000, round(4 * seconds))]
    return np.concatenate(parts) * np.float32(2.0)


@pytest.fixture(scope="module")
def tiny():
    """A small network with random weights."""
    torch.manual_seed(0)
    return SpeechEncoder(CONFIGS["tiny"]).eval()


def test_the_encoder_is_of_the_published_size():
    network = SpeechEncoder(EncoderConfig(blocks=4))
    block = 4 * 384 * 384 + 4 * 384 + 2 * 4 * 384 * 384 + 5 * 384 + 4 * 384
    assert sum(p.numel() for p in network.blocks.parameters()) == 4 * block
    assert sum(p.numel() for p in load_encoder().parameters()) == 384 * (3 * 80 + 1) + 384 * (3 * 384 + 1) + 2 * block


@torch.inference_mode()
def test_the_weights_do_what_they_do_elsewhere():
    mel = window_mel(falling_voice(), slice(-50, 170), gain=1.0)
    features = F.layer_norm(load_encoder().encode(mel[None])[0], (384,))
    for row, values in REFERENCE.items():
        np.testing.assert_allclose(features[row, list(values)].numpy(), list(values.values()), atol=0.01)


def test_positions_in_closed_form():
    table = positions(3, 8).numpy()
    np.testing.assert_allclose(table[0], [0] * 4 + [1] * 4)
    np.testing.assert_allclose(table[2, [0, 4]], [np.sin(2), np.cos(2)], rtol=1e-6)
    np.testing.assert_allclose(table[2, [3, 7]], [np.sin(2e-4), np.cos(2e-4)], rtol=1e-6)


def test_the_spectrum_of_silence_and_of_a_tone():
    silence = window_mel(np.zeros(16_000, np.float32), slice(0, 50), gain=1.0)
    assert silence.shape == (100, 80)
    np.testing.assert_allclose(silence, (1.0 - 8.0 + 4.0) / 4.0)
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / SAMPLE_RATE).astype(np.float32)
    one, ten = (window_mel(tone * 0.01, slice(0, 50), gain=gain)[50] for gain in (1.0, 10.0))
    np.testing.assert_allclose((ten - one).max(), 2.0 / 4.0, atol=1e-4)  # 20 dB
    assert abs(mel_frequencies(82, low=0, high=8000)[1 + one.argmax()] - 1000) < 40
    beyond = window_mel(tone, slice(-10, 60), gain=1.0)
    np.testing.assert_allclose(beyond[2:14], -0.75)
    np.testing.assert_allclose(beyond[-14:-2], -0.75)
    np.testing.assert_allclose(beyond[30:80], window_mel(tone, slice(0, 50), gain=1.0)[10:60], atol=1e-5)


def test_any_stretch_has_the_features_of_the_whole(tiny):
    sound = babble(13.3)
    whole = encode_speech(sound, network=tiny)
    assert whole.shape == (int(np.ceil(len(sound) / 320)), 16)
    for first, count in ((0, 10), (170, 60), (195, 10), (226, 1), (390, 250), (600, 63)):
        part = encode_speech(sound, first=first, count=count, network=tiny)
        np.testing.assert_allclose(part, whole[first : first + count], atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 320, 321, 64_000, 64_001, 72_000])
def test_every_length_has_its_features(tiny, count):
    rows = encode_speech(babble(5)[:count], network=tiny)
    assert rows.shape == (-(-count // 320), 16)
    assert np.isfinite(rows).all()


def test_shares_of_windows_sum_to_one(tiny, monkeypatch):
    monkeypatch.setattr(
        encoder, "_encode_window", lambda network, samples, rows, gain: np.ones((rows.stop - rows.start, 16))
    )
    for seconds in (0.5, 4.0, 4.25, 8.5, 21.0):
        np.testing.assert_allclose(encode_speech(babble(seconds), network=tiny), 1.0, atol=1e-6)


def test_no_seam_between_windows():
    """Where windows meet, features change from one to the next as they do elsewhere."""
    jumps = np.linalg.norm(np.diff(encode_speech(babble(21)), axis=0), axis=1)
    borders = np.concatenate([jumps[edge - 26 : edge + 26] for edge in (200, 400, 600, 800)])
    inside = np.concatenate([jumps[edge - 130 : edge - 70] for edge in (200, 400, 600, 800)])
    assert borders.mean() == pytest.approx(inside.mean(), rel=0.15)
    assert borders.max() < 1.5 * inside.max()


def test_loudness_hardly_matters():
    sound = babble(3)
    loud, quiet = encode_speech(sound), encode_speech(0.03 * sound)
    np.testing.assert_allclose(quiet, loud, atol=0.02)


@pytest.mark.parametrize(
    ("rate", "within"), [(25.0, 0.02), (30.0, 1 / 60), (50.0, 0.021), (62.5, 0.021), (100.0, 0.021)]
)
@pytest.mark.parametrize("time", [1.2, 4.0, 5.52])
def test_a_click_is_seen_when_it_sounds(rate, within, time):
    """Within half a frame of video; the encoder's own filters answer most strongly one of its frames later."""
    sound = 1e-4 * np.random.default_rng(0).standard_normal(8 * SAMPLE_RATE).astype(np.float32)
    clicked = sound.copy()
    clicked[round(time * SAMPLE_RATE) - 16 : round(time * SAMPLE_RATE) + 16] += 0.5
    before, after = (EncoderFeatures()(Speech(one, SAMPLE_RATE), rate, gain=1.0) for one in (sound, clicked))
    strength = np.square(after - before).sum(axis=1)
    assert abs(strength.argmax() / rate - time) <= within + 1e-9


@torch.inference_mode()
def test_convolutions_look_as_far_back_as_ahead():
    click = np.zeros(32_000, np.float32)
    click[16_000] = 0.5
    network = SpeechEncoder(EncoderConfig(blocks=0))
    network.load_state_dict(load_encoder().state_dict(), strict=False)
    quiet, heard = (network.encode(window_mel(one, slice(0, 100), gain=1.0)[None])[0] for one in (0 * click, click))
    np.testing.assert_array_equal(np.flatnonzero((heard != quiet).any(dim=1)), [49, 50, 51])


@pytest.mark.parametrize("rate", [25.0, 62.5, 100.0])
def test_pieces_are_the_whole(rate):
    speech = Speech(babble(9), SAMPLE_RATE)
    whole = EncoderFeatures()(speech, rate)
    assert whole.shape == (np.ceil(9 * rate), 384)
    for start, end in ((0.0, 2.0), (2.4, 6.0), (6.0, 8.8)):
        piece = EncoderFeatures()(crop_speech(speech, start, end), rate)
        np.testing.assert_allclose(piece, whole[round(start * rate) : round(end * rate)], atol=1e-4)


def test_silence_between_words_is_about_zero():
    sound = np.concatenate([falling_voice(), np.zeros(8000, np.float32), falling_voice()])
    rows = encode_speech(sound)
    assert np.square(rows[128:138]).mean() < np.square(rows[30:110]).mean()


def test_windows_fit_the_weights():
    assert load_encoder().centre.shape == (WINDOW, 384)
    assert (load_encoder().spread > 0).all()


def test_windows_that_were_heard_are_recalled_and_others_are_not():
    network, sound = load_encoder(), babble(9)
    network._recall.cache_clear()
    first, again = encode_speech(sound), encode_speech(sound)
    assert network._recall.cache_info()[:2] == (3, 3)  # hits, misses: 9 s are three windows
    np.testing.assert_array_equal(first, again)
    other = encode_speech(sound[::-1].copy())
    assert network._recall.cache_info().misses == 6
    assert np.abs(other - first).max() > 0.5
    plain = SpeechEncoder(network.config).eval()
    plain.load_state_dict(network.state_dict())
    np.testing.assert_allclose(encode_speech(sound, network=plain), first, atol=1e-5)
