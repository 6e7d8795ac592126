"""Voice activity: what is not speech, what is, and how well the words of a real corpus are found."""

import tracemalloc

import numpy as np
import pytest

from talkinghead.data.corpus import Corpus
from talkinghead.speech import activity as detector
from talkinghead.speech.activity import silence_mask, speech_segments, voice_activity
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.speech.say import say

RANDOM = np.random.default_rng(0)
TIME = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
WHITE = RANDOM.standard_normal(len(TIME)).astype(np.float32)
HUM = sum(np.sin(2 * np.pi * 50 * k * TIME) / k for k in range(1, 40)).astype(np.float32)
BURSTS = (TIME % 2 < 0.7).astype(np.float32)

NOT_SPEECH = {
    "zeros": 0 * WHITE,
    "loud noise": 0.3 * WHITE,
    "faint noise": 1e-4 * WHITE,
    "hum": 0.1 * HUM,
    "hum and noise": 0.1 * HUM + 0.01 * WHITE,
    "bursts of noise": 0.1 * WHITE * BURSTS + 1e-4 * WHITE[::-1],
    "tone": np.sin(2 * np.pi * 440 * TIME).astype(np.float32),
    "clicks": (np.arange(len(TIME)) % SAMPLE_RATE == 0).astype(np.float32),
}


@pytest.fixture(scope="module")
def sentence():
    """(samples at 16 kHz with half a second of silence about them, start and end of the words in seconds)."""
    speech = say("This is a short sentence about nothing.")
    samples = np.pad(resample(speech.samples, speech.sample_rate), SAMPLE_RATE // 2)
    return samples, 0.5 + speech.words[0].start, 0.5 + speech.words[-1].end


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_not_speech(name):
    assert voice_activity(NOT_SPEECH[name], 25.0).max() < 0.5


@pytest.mark.parametrize("rate", [25.0, 29.97, 62.5, 100.0])
@pytest.mark.parametrize("count", [0, 1, 320, 640, 641, 16_000, 16_001])
def test_count_is_the_ceiling(rate, count):
    activity = voice_activity(WHITE[:count] * 0.1, rate)
    assert activity.shape == (int(np.ceil(round(count * rate / SAMPLE_RATE, 9))),)
    assert activity.dtype == np.float32
    assert np.all((activity >= 0) & (activity <= 1))


def test_a_sentence_is_one_segment_in_its_place(sentence):
    samples, start, end = sentence
    (segment,) = speech_segments(voice_activity(samples, 100.0), 100.0)
    assert segment.label == "speech"
    assert abs(segment.start - start) < 0.06
    assert -0.06 < segment.end - end < 0.16  # speech is held for 0.08 s


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_level_does_not_matter(sentence, gain):
    samples = sentence[0]
    np.testing.assert_allclose(
        voice_activity(samples * np.float32(gain), 25.0), voice_activity(samples, 25.0), atol=0.05
    )


def test_noise_under_speech_matters_little(sentence):
    samples = sentence[0]
    clean = voice_activity(samples, 50.0) > 0.5
    noisy = samples + 0.1 * samples.std() * RANDOM.standard_normal(len(samples)).astype(np.float32)  # 20 dB
    assert np.mean((voice_activity(noisy, 50.0) > 0.5) == clean) > 0.93


def test_whisper_is_speech():
    speech = say("This is a short sentence about nothing.", voice="en-us+whisper")
    samples = np.pad(resample(speech.samples, speech.sample_rate), SAMPLE_RATE // 2)
    assert np.mean(voice_activity(samples, 25.0) > 0.5) > 0.5


def test_silence_mask_bridges_short_gaps():
    activity = np.ones(100)
    activity[10:12] = activity[50:80] = 0.2
    mask = silence_mask(activity, 25.0)
    assert np.flatnonzero(mask).tolist() == list(range(50, 80))
    assert silence_mask(activity, 25.0, shortest=0.08)[10:12].all()
    assert not silence_mask(activity, 25.0, shortest=1.3).any()


def test_segments_of_silence_and_of_nothing():
    assert speech_segments(np.zeros(50), 25.0) == ()
    assert speech_segments(np.zeros(0), 25.0) == ()
    ((segment),) = speech_segments(np.ones(50), 25.0)
    assert (segment.start, segment.end) == (0.0, 1.98)


def test_blocks_join_without_a_seam(sentence, monkeypatch):
    """Five of the sentences, parted by noise, in blocks of 3 s and all at once."""
    samples = np.concatenate([*5 * [sentence[0], 0.003 * WHITE[:20_000]]])
    whole = voice_activity(samples, 100.0)
    assert 0.2 < np.mean(whole > 0.5) < 0.95
    monkeypatch.setattr(detector, "_BLOCK", 300)
    np.testing.assert_allclose(voice_activity(samples, 100.0), whole, atol=1e-6)


def test_a_long_stretch_is_judged_whole(monkeypatch):
    """Voiced for longer than a vowel lasts: only the movement of the bands, over all blocks of it, makes it speech."""
    speech = say("Away you may lay a yellow lawn, and early on we all may roam a low road along a long narrow alley.")
    samples = resample(speech.samples, speech.sample_rate)
    whole = voice_activity(samples, 100.0)
    assert np.mean(whole > 0.5) > 0.8
    monkeypatch.setattr(detector, "_BLOCK", 50)
    np.testing.assert_allclose(voice_activity(samples, 100.0), whole, atol=1e-6)


def test_memory_hardly_grows_with_length(sentence):
    peaks = []
    for minutes in (1, 5):
        samples = np.resize(sentence[0], minutes * 60 * SAMPLE_RATE)
        tracemalloc.start()
        voice_activity(samples, 25.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 3e6, "the samples alone are 15 MB more"


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan])
def test_rate_must_be_positive(rate):
    with pytest.raises(ValueError, match="rate must be"):
        voice_activity(WHITE, rate)


@pytest.mark.corpus
def test_words_of_grid(corpus):
    """Share of 10 ms frames that agree with GRID's word alignment; measured 0.948 over the 49 test clips."""
    agreement = []
    for clip in Corpus.open(corpus / "grid_s1").recordings("test"):
        activity = voice_activity(clip.speech().samples, 100.0)
        time = np.arange(len(activity)) / 100.0
        spoken = np.zeros(len(time), dtype=bool)
        for word in clip.words():
            spoken |= (time >= word.start) & (time < word.end) & (word.label not in ("sil", "sp"))
        agreement.append(np.mean((activity > 0.5) == spoken))
    assert np.mean(agreement) > 0.93
    assert np.min(agreement) > 0.80
