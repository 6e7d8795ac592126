"""Speaker embeddings: 256 numbers that lie close together for one speaker and far apart for two.

The network was trained by others: its weights are those of Resemblyzer 0.1.4 (Apache-2.0, Resemble AI) in half
precision, which changes embeddings by less than 0.0001 of their cosine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError
from talkinghead.media.spool import spool_samples
from talkinghead.speech.activity import speech_segments, voice_activity
from talkinghead.speech.features import SAMPLE_RATE, windows_about
from talkinghead.speech.mel import mel_filters
from talkinghead.weights import load_weights

EMBEDDING_SIZE = 256
LEAST_SPEECH_S = 0.3

_RATE = 100  # mel frames per second
_FOURIER = 400
_MELS = 40
_WINDOW = 160  # mel frames that the network reads at once
_STEP = 80
_LEAST_OF_WINDOW = 120  # mel frames of sound that the last window needs, unless it is the only one
_BATCH = 64  # windows at once
# Root mean square of the speech. The network reads power, not its logarithm, and its makers only raise recordings below
# -30 dB, so that halving the gain of a recording changes its speaker slightly. Here all get one level; about
# LibriSpeech's own separates its speakers best.
_LEVEL_DB = -23.0
_WEIGHTS = Path(__file__).with_name("weights") / "speaker.safetensors"


class VoiceEncoder(nn.Module):
    """The generalised end-to-end speaker encoder: LSTM over mel frames, linear, ReLU, unit length.

    Source: Wan et al. 2018, "Generalized end-to-end loss for speaker verification", section 3.2: three LSTM layers on
        40 mel bands and a projection to 256, brought to unit length (equation 4). Width (256, where the paper has 768)
        and ReLU are those of Resemblyzer's weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(_MELS, EMBEDDING_SIZE, num_layers=3, batch_first=True)
        self.linear = nn.Linear(EMBEDDING_SIZE, EMBEDDING_SIZE)

    def forward(self, mels: Tensor) -> Tensor:
        """(B, T, 40) mel power -> (B, 256) of unit length, no entry negative."""
        _, (hidden, _) = self.lstm(mels)
        return F.normalize(F.relu(self.linear(hidden[-1])), dim=1)


def speaker_embedding(samples: npt.NDArray[np.float32], *, name: str = "the voice") -> npt.NDArray[np.float32]:
    """The embedding of who speaks: the cosine of two embeddings tells how alike the voices are.

    Silence is left out and the level does not matter. A few seconds are enough; more make the embedding steadier.

    Args:
        samples: (N,) float32 at 16 kHz, one person speaking.
        name: what to call the recording in an error.

    Returns:
        (256,) float32 of unit length, no entry negative.

    Raises:
        InputError: less than 0.3 s of speech.

    Source: Wan et al. 2018, section 3.2 and figure 4: the mean over windows of 1.6 s that overlap by half, each of unit
        length, brought to unit length.
    """
    speech = _speech_of(samples)
    seconds = len(speech) / SAMPLE_RATE
    if seconds < LEAST_SPEECH_S:
        raise InputError(
            f"{name} has {seconds:.2g} s of speech, too little to tell a speaker: give a recording of a few seconds."
        )
    mels = _mel_power(speech)
    starts = range(0, max(1, len(mels) - _LEAST_OF_WINDOW + 1), _STEP)
    total = np.zeros(EMBEDDING_SIZE)
    for first in range(0, len(starts), _BATCH):
        checkpoint()
        total += _window_embeddings(mels, starts[first : first + _BATCH]).sum(axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


def _speech_of(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The stretches of speech, joined."""
    segments = speech_segments(voice_activity(samples, _RATE), _RATE)
    edges = ((round(s.start * SAMPLE_RATE), round(s.end * SAMPLE_RATE)) for s in segments)
    return spool_samples(samples[start:end] for start, end in edges)


def _mel_power(speech: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(T, 40) mel power at 100 Hz of the sound at the level the network expects."""
    gain = 10 ** (_LEVEL_DB / 20) / max(float(np.sqrt(np.vdot(speech, speech) / len(speech))), 1e-9)
    filters = mel_filters(_MELS, sample_rate=SAMPLE_RATE, window=_FOURIER, low=0.0, high=SAMPLE_RATE / 2).T
    taper = torch.hann_window(_FOURIER).numpy() * np.float32(gain)

    def pieces() -> Iterator[npt.NDArray[np.float32]]:
        for _, frames in windows_about(speech, hop=SAMPLE_RATE // _RATE, window=_FOURIER):
            spectrum = torch.fft.rfft(torch.from_numpy(frames * taper)).abs().square().numpy()
            yield (spectrum @ filters).ravel()

    return spool_samples(pieces()).reshape(-1, _MELS)


@torch.inference_mode()
def _window_embeddings(mels: npt.NDArray[np.float32], starts: range) -> npt.NDArray[np.float32]:
    """(len(starts), 256); silence follows the end."""
    windows = np.zeros((len(starts), _WINDOW, _MELS), np.float32)
    for row, start in enumerate(starts):
        piece = mels[start : start + _WINDOW]
        windows[row, : len(piece)] = piece
    return np.asarray(_encoder()(torch.from_numpy(windows)).numpy())


@lru_cache(maxsize=1)
def _encoder() -> VoiceEncoder:
    network = VoiceEncoder()
    load_weights(network, _WEIGHTS)
    return network.eval()
