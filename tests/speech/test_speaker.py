"""The voice embedding: the network's published shape, its values beside the original's, voices, and bad input."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import falling_voice
from talkinghead.errors import InputError
from talkinghead.speech import speaker
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.speech.say import say
from talkinghead.speech.speaker import VoiceEncoder, speaker_embedding
from talkinghead.types import Interval

installed = pytest.mark.skipif(
    importlib.util.find_spec("resemblyzer") is None,
    reason="the original is not installed: pip install --no-deps Resemblyzer==0.1.4",
)

# Entries of ``VoiceEncoder().embed_utterance(falling_voice(), rate=1.25)`` of Resemblyzer 0.1.4 with torch 2.13.
REFERENCE = {
    46: 0.192758, 61: 0.230032, 66: 0.360349, 105: 0.193818, 158: 0.177664, 166: 0.207527, 202: 0.176828, 213: 0.215768,
}  # fmt: skip


def spoken(voice, text):
    speech = say(text, voice=voice)
    return resample(speech.samples, speech.sample_rate)


def test_encoder_is_of_the_published_size_and_makes_unit_vectors():
    encoder = VoiceEncoder()
    layers = [4 * 256 * (size_in + 256 + 2) for size_in in (40, 256, 256)]
    assert sum(p.numel() for p in encoder.parameters()) == sum(layers) + 256 * 257
    embeddings = encoder(torch.rand(3, 160, 40)).detach()
    assert embeddings.shape == (3, 256)
    assert embeddings.min() >= 0
    np.testing.assert_allclose(embeddings.norm(dim=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_values_are_those_of_the_original(monkeypatch, gain):
    voice = falling_voice()
    monkeypatch.setattr(speaker, "speech_segments", lambda activity, rate: (Interval("speech", 0.0, 2.4),))
    embedding = speaker_embedding(np.float32(gain) * voice)
    np.testing.assert_allclose(embedding[list(REFERENCE)], list(REFERENCE.values()), atol=5e-4)
    assert (embedding.shape, embedding.dtype) == ((256,), np.float32)
    np.testing.assert_allclose(np.linalg.norm(embedding), 1.0, atol=1e-6)


@installed
def test_half_precision_changes_next_to_nothing(monkeypatch):
    folder = importlib.util.find_spec("resemblyzer").submodule_search_locations[0]
    state = torch.load(Path(folder, "pretrained.pt"), map_location="cpu", weights_only=True)["model_state"]
    original = VoiceEncoder().eval()
    original.load_state_dict({key: value for key, value in state.items() if not key.startswith("similarity_")})
    voices = [spoken(voice, "Nobody has seen the yellow lamp since Thursday.") for voice in ("en-us", "en-us+f3")]
    shipped = [speaker_embedding(voice) for voice in voices]
    monkeypatch.setattr(speaker, "_encoder", lambda: original)
    for ours, voice in zip(shipped, voices):
        assert ours @ speaker_embedding(voice) > 0.9999


def test_one_voice_is_nearer_to_itself_than_to_another():
    texts = "The boat was moored beside the old grey bridge.", "Nobody has seen the yellow lamp since Thursday."
    (man, man_again), (woman, woman_again) = (
        [speaker_embedding(spoken(voice, text)) for text in texts] for voice in ("en-us", "en-us+f3")
    )
    assert min(man @ man_again, woman @ woman_again) > max(man @ woman, man_again @ woman_again) + 0.05


def test_silence_does_not_matter():
    voice = spoken("en-us", "The boat was moored beside the old grey bridge.")
    silence = np.zeros(2 * SAMPLE_RATE, np.float32)
    assert speaker_embedding(np.concatenate([silence, voice, silence])) @ speaker_embedding(voice) > 0.98


def test_the_embedding_is_the_mean_over_windows(monkeypatch):
    """Of 3.2 s there are three windows, from 0, 0.8 and 1.6 s on."""
    monkeypatch.setattr(
        speaker, "speech_segments", lambda activity, rate: (Interval("speech", 0.0, len(activity) / rate),)
    )
    windows_read = []
    monkeypatch.setattr(
        speaker, "_encoder", lambda: lambda mels: windows_read.append(mels) or torch.eye(256)[: len(mels)]
    )
    embedding = speaker_embedding(np.tile(falling_voice(), 2)[: 32 * 1600])
    np.testing.assert_allclose(embedding[:4], [3**-0.5, 3**-0.5, 3**-0.5, 0.0], atol=1e-6)
    (windows,) = windows_read
    assert windows.shape == (3, 160, 40)
    torch.testing.assert_close(windows[0, 80:], windows[1, :80])


@pytest.mark.parametrize("seconds", [0.0, 0.2, 3.0])
def test_silence_is_refused(seconds):
    with pytest.raises(InputError, match=r"^voice\.wav has 0 s of speech, too little .*\.$"):
        speaker_embedding(np.zeros(round(seconds * SAMPLE_RATE), np.float32), name="voice.wav")


def test_too_short_is_refused(monkeypatch):
    monkeypatch.setattr(speaker, "speech_segments", lambda activity, rate: (Interval("speech", 0.1, 0.38),))
    with pytest.raises(InputError, match=r"the voice has 0\.28 s of speech, too little"):
        speaker_embedding(falling_voice())


@pytest.mark.corpus
def test_speakers_of_librispeech(corpus):
    """Two recordings each of three speakers; over all 144 the equal error rate is 1.3 % at a cosine of 0.72."""
    from talkinghead.media import read_speech

    files = sorted((corpus / "speech").glob("resemblyzer__LibriSpeech_test-other_*-000[23].ogg"))[:6]
    embeddings = np.stack([speaker_embedding(read_speech(file).samples) for file in files])
    speakers = np.array([file.name.split("_")[4].split("-")[0] for file in files])
    assert len(set(speakers)) == 3
    cosines, is_same = embeddings @ embeddings.T, speakers[:, None] == speakers
    assert cosines[is_same].min() > 0.72 > cosines[~is_same].max()
