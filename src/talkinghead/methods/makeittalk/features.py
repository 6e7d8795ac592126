"""Features of speech for both branches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from talkinghead.errors import InputError
from talkinghead.methods.makeittalk.config import ContentConfig, VoiceConfig
from talkinghead.methods.makeittalk.voice import VOICE_RATE, VoiceConversion, mean_of_speech
from talkinghead.speech.activity import speech_segments, voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.phonetic import (
    EncoderFeatures,
    LogMel,
    PhonePosteriors,
    PhoneticFeatures,
    Rows,
    SpeechPiece,
    at_rate,
    num_rows,
)
from talkinghead.speech.speaker import EMBEDDING_SIZE, LEAST_SPEECH_S, speaker_embedding
from talkinghead.types import FloatArray, Speech
from talkinghead.weights import Weights, load_network

_TRAIN_VOICE = "train them with talkinghead train makeittalk voice --corpus CORPUS --out OUT"
_ACTIVITY_RATE = 100.0


class ContentCodes:
    """The content codes of a voice conversion: what is said, with little of who says it.

    A piece of a longer speech is padded at its front to the grid of the whole speech's codes, so that codes do not
    depend on the cut, except through the second or two of context that the network remembers.

    Args:
        network: the voice conversion.
    """

    name = "content codes"

    def __init__(self, network: VoiceConversion) -> None:
        self._network = network.eval()
        self.size = network.code_width
        self._known: tuple[Speech, float | None, Tensor, Tensor | None] | None = None

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size); at other rates than 62.5 Hz resampled from it."""
        start = speech.start if isinstance(speech, SpeechPiece) else 0.0
        mels = self._mels(speech, gain=gain)
        before = round(start * VOICE_RATE) % self._network.config.downsampling
        with torch.inference_mode():
            speaker, mean = self._voice(speech, gain)
            codes = self._network.encode(F.pad(mels, (0, 0, before, 0)), speaker, mean=mean)[0, before:].numpy()
        if rate == VOICE_RATE:
            return np.asarray(codes, np.float32)
        return at_rate(codes, VOICE_RATE, rate, num_frames=num_rows(speech, rate))

    def _mels(self, speech: Speech, *, gain: float | None) -> Tensor:
        return torch.from_numpy(LogMel(self._network.config.num_mels)(speech, VOICE_RATE, gain=gain))[None]

    def _voice(self, speech: Speech, gain: float | None) -> tuple[Tensor, Tensor | None]:
        """The speaker embedding and the mean spectrum of the whole speech, each (1, D), if the network uses them.

        The last ones are cached, because the pieces of a speech follow each other.
        """
        whole = speech.whole if isinstance(speech, SpeechPiece) else speech
        if self._known is None or self._known[0] is not whole or self._known[1] != gain:
            config, mean = self._network.config, None
            speaker = torch.zeros(1, config.embedding_size)
            if config.told:
                speaker = torch.from_numpy(_embedding(resample(whole.samples, whole.sample_rate)))[None]
            if config.centred:
                mean = mean_of_speech(self._mels(whole, gain=gain))
            self._known = whole, gain, speaker, mean
        return self._known[2:]


def _embedding(samples: Rows) -> Rows:
    """The speaker embedding; zeros, which the network has seen in training, if there is too little speech."""
    segments = speech_segments(voice_activity(samples, _ACTIVITY_RATE), _ACTIVITY_RATE)
    if sum(segment.end - segment.start for segment in segments) < LEAST_SPEECH_S + 2 / _ACTIVITY_RATE:
        return np.zeros(EMBEDDING_SIZE, np.float32)
    return speaker_embedding(samples)


def load_codes(weights: Weights) -> ContentCodes:
    """The codes of a trained voice conversion.

    Raises:
        InputError: its weights, which do not ship, are missing.
    """
    return ContentCodes(load_network(VoiceConversion, VoiceConfig, weights.file("voice", remedy=_TRAIN_VOICE)))


def speech_features(
    speech: Speech, config: ContentConfig, *, gain: float | None = None, features: PhoneticFeatures | None = None
) -> FloatArray:
    """Speech frames (T, num_features); frame t is centred on t / rate s.

    Silence is zeros, except for "autovc" and features given by the caller; the encoder's are about zero.

    Args:
        speech: at 16 kHz. Its phones are used if they are known; otherwise they are recognised.
        config: sizes.
        gain: factor that brings the recording to the usual loudness; None: computed from this speech.
        features: other features, for a network trained on them; None: those that ``config`` names.

    Raises:
        InputError: the network was trained on other features, or ``config`` names "autovc" and no codes are given.
    """
    if features is None and config.features == "autovc":
        raise InputError(f"content codes need the voice conversion, whose weights do not ship: {_TRAIN_VOICE}.")
    if features is not None:
        if features.size != config.num_features:
            raise InputError(
                f"{features.name} has {features.size} numbers per frame, the content branch reads "
                f"{config.num_features}: train one on these features, or leave them out."
            )
        return features(speech, config.rate, gain=gain)
    parts = []
    for part, size in feature_sizes(config).items():
        if part == "phones":
            parts.append(PhonePosteriors(causal=config.causal)(speech, config.rate, gain=gain)[:, 1:])
        elif part == "encoder":
            parts.append(EncoderFeatures(causal=config.causal)(speech, config.rate, gain=gain))
        else:
            parts.append(LogMel(size)(speech, config.rate, gain=gain))
    return np.concatenate(parts, axis=1)


def feature_sizes(config: ContentConfig) -> dict[str, int]:
    """How many numbers of a speech frame each part of the features has, in their order."""
    parts = config.features.split("+")
    fixed = {"phones": PhonePosteriors.size - 1, "encoder": EncoderFeatures.size}
    rest = config.num_features - sum(fixed.get(part, 0) for part in parts)
    return {part: fixed.get(part, rest) for part in parts}
