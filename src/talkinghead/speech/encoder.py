"""Speech of any voice -> features that tell what is said: the lower part of a large recogniser's encoder.

Whisper has heard 680,000 hours of speech by many thousands of people. What its first blocks make of speech hardly
depends on who speaks, so lips that are learned from it fit unseen speakers far better than those learned from phones.

The network attends to everything that it is given, and knows where in it a frame lies. So all speech is given to it in
windows of one layout: 4 s of speech, and 1 s of what lies on either side, silence where there is nothing. That leaves
two dependences on where a frame lies in its window. What all speech has in common there is subtracted: ``centre`` in
the weights. What remains, 0.3 of the features' spread between two windows, is blended over the second around their
border: there, features change from one to the next as everywhere (by 0.613 of their spread, elsewhere by 0.617; by 0.74
where windows are cut off at the border; 13 recordings).

Without the subtraction, networks learn the place: a linear model of lips that learned from clips of 3 s loses the
aperture of other clips once they begin 2 s later in the window (correlation 0.70 instead of 0.88, jaw -0.27 instead of
0.85) and of long recordings (0.51); with it, it keeps them (0.89, 0.86; 0.60).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.cancellation import checkpoint
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain, windows_about
from talkinghead.speech.mel import mel_filters
from talkinghead.speech.transformer import MEL_HOP, MEL_WINDOW, RATE, EncoderBlock, EncoderConfig, positions
from talkinghead.store import code_digest, file_digest, key_of
from talkinghead.types import IndexArray
from talkinghead.weights import load_network

WEIGHTS = Path(__file__).with_name("weights") / "encoder.safetensors"

_STRIDE = 2  # frames of the spectrogram for one feature
# Powers are cut off 80 dB below 10, about the highest of speech at the usual loudness (34 recordings: 3 to 36, median
# 7). Whisper takes the highest power of 30 s instead: then a frame would depend on all others. It makes no difference
# but for digital silence: 2 % of the features' spread in the median, 18 % at most.
_PEAK, _RANGE = 1.0, 8.0

# In features.
_CORE = round(4.0 * RATE)  # of a window; the next one begins so much later
_MARGIN = round(1.0 * RATE)  # before it, and behind it
_BLEND = round(1.0 * RATE)  # centred on the border of two cores
WINDOW = _MARGIN + _CORE + _MARGIN
"""Features of a window."""

_REMEMBERED = 24  # windows: the speech that methods work on at once (64 s), 15 MB


CONFIGS = {"small": EncoderConfig(), "tiny": EncoderConfig(width=16, heads=2, blocks=1)}


class WindowEncoder(Protocol):
    """Makes centred features (B, T / 2, width) of a window's log-mel frames (B, T, num_mels)."""

    @property
    def config(self) -> EncoderConfig:
        """Sizes."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """Weights."""
        ...

    def __call__(self, mel: Tensor) -> Tensor:
        """The features."""
        ...


class SpeechEncoder(nn.Module):
    """Log-mel frames of a window -> features at half their rate, by two convolutions and blocks of a transformer.

    Source: Radford et al. 2023, "Robust speech recognition via large-scale weak supervision", section 2.2: the encoder
        of Whisper. Only its lowest blocks are kept, without the normalisation that follows the last one.

    Attributes:
        centre: (WINDOW, width) what is subtracted at each place of a window, so that silence between words becomes
            about zero, and speech has the same mean everywhere.
        spread: (width,) by what the rest is divided.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.spectral = nn.Conv1d(config.num_mels, config.width, 3, padding=1)
        self.strided = nn.Conv1d(config.width, config.width, 3, stride=_STRIDE, padding=1)
        self.blocks = nn.Sequential(*[EncoderBlock(config) for _ in range(config.blocks)])
        self.register_buffer("centre", torch.zeros(WINDOW, config.width))
        self.register_buffer("spread", torch.ones(config.width))

    def encode(self, mel: Tensor) -> Tensor:
        """Features (B, T / 2, width) as the blocks make them of log-mel frames (B, T, num_mels); T is even.

        Feature ``k`` stands for frame ``2 k``.
        """
        hidden = F.gelu(self.strided(F.gelu(self.spectral(mel.transpose(1, 2))))).transpose(1, 2)
        encoded: Tensor = self.blocks(hidden + positions(hidden.shape[1], self.config.width).to(hidden))
        return encoded

    def forward(self, mel: Tensor) -> Tensor:
        """The same, centred and scaled, of at most ``2 * WINDOW`` frames."""
        encoded = self.encode(mel)
        return (encoded - self.centre[: encoded.shape[1]]) / self.spread


class _SharedEncoder(SpeechEncoder):
    """An encoder that does not learn, and remembers the last windows: recogniser and lips hear the same ones."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self._recall = lru_cache(maxsize=_REMEMBERED)(self._encode_bytes)

    def encode(self, mel: Tensor) -> Tensor:
        if len(mel) > 1 or mel.device.type != "cpu" or not torch.is_inference_mode_enabled():
            return super().encode(mel)
        return self._recall(mel.numpy().tobytes())

    def _encode_bytes(self, mel: bytes) -> Tensor:
        return super().encode(torch.frombuffer(bytearray(mel), dtype=torch.float32).view(1, -1, self.config.num_mels))


@lru_cache(maxsize=1)
def load_encoder() -> SpeechEncoder:
    """The encoder that ships, loaded once.

    Raises:
        InputError: its weights are missing or of another architecture.
    """
    return load_network(_SharedEncoder, EncoderConfig, WEIGHTS).eval()


def encoder_digest() -> str:
    """What keys of stored features have of the encoder: its weights and its code."""
    code = code_digest(__name__, *(f"talkinghead.speech.{name}" for name in ("features", "mel", "transformer")))
    return key_of(file_digest(WEIGHTS), code)


def encode_speech(
    samples: npt.NDArray[np.float32],
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: WindowEncoder | None = None,
) -> npt.NDArray[np.float32]:
    """Features of some stretch of a recording; they are the same whatever the stretch.

    Args:
        samples: (N,) at 16 kHz, of the whole recording; no more of them is read than the stretch needs.
        gain: brings the recording to the usual loudness; None: ``loudness_gain(samples)``.
        first: the first feature.
        count: of features; None: up to the end of the recording.
        network: None: the one that ships.

    Returns:
        (count, width); feature ``k`` is centred on ``(first + k) / 50`` s of the recording.
    """
    network = load_encoder() if network is None else network
    gain = loudness_gain(samples) if gain is None else gain
    whole = -(-len(samples) * round(RATE) // SAMPLE_RATE)
    last = whole if count is None else first + count
    result = np.zeros((max(0, last - first), network.config.width), np.float32)
    for number in range(-(-whole // _CORE)):
        start = number * _CORE - _MARGIN
        stop = min(start + WINDOW, whole + _MARGIN)
        rows = np.arange(max(first, number * _CORE - _BLEND // 2), min(last, (number + 1) * _CORE + _BLEND // 2, whole))
        if len(rows):
            checkpoint()
            encoded = _encode_window(network, samples, slice(start, stop), gain)[rows - start]
            result[rows - first] += encoded * (_rise(rows, number, whole) - _rise(rows, number + 1, whole))[:, None]
    return result


def _rise(rows: IndexArray, number: int, whole: int) -> npt.NDArray[np.float32]:
    """The share of features (n,) that a window and those after it contribute, in a recording of ``whole`` features."""
    if number == 0 or number * _CORE >= whole:
        return np.full(len(rows), float(number == 0), np.float32)
    return np.clip((rows - number * _CORE + 0.5) / _BLEND + 0.5, 0.0, 1.0).astype(np.float32)


@torch.inference_mode()
def _encode_window(
    network: WindowEncoder, samples: npt.NDArray[np.float32], rows: slice, gain: float
) -> npt.NDArray[np.float32]:
    """Features (n, width) of a window; it may reach beyond the recording."""
    mel = window_mel(samples, rows, gain=gain, num_mels=network.config.num_mels)
    device = next(network.parameters()).device
    return np.asarray(network(mel[None].to(device))[0].float().cpu().numpy(), np.float32)


def window_mel(samples: npt.NDArray[np.float32], rows: slice, *, gain: float, num_mels: int = 80) -> Tensor:
    """What the encoder reads of a window.

    Args:
        samples: (N,) at 16 kHz, of the whole recording.
        rows: the window's features; those beyond the recording are silent.
        gain: brings the recording to the usual loudness.
        num_mels: mel bands.

    Returns:
        (2 * features, num_mels) powers in logarithms to the base of 10, halved and shifted as Whisper's are.

    Source: Radford et al. 2023, section 2.2: 80 bands, windows of 25 ms every 10 ms, "scaled to be between -1 and 1
        with approximately zero mean".
    """
    hop = _STRIDE * MEL_HOP
    inside = np.asarray(samples[max(0, rows.start * hop) : max(0, rows.stop * hop)]) * np.float32(gain)
    before = max(0, -rows.start * hop)
    piece = np.pad(inside, (before, (rows.stop - rows.start) * hop - before - len(inside)))
    filters, taper = _filters(num_mels), torch.hann_window(MEL_WINDOW).numpy()
    parts = []
    for _, frames in windows_about(piece, hop=MEL_HOP, window=MEL_WINDOW):
        power = torch.fft.rfft(torch.from_numpy(frames * taper)).abs().square() @ filters
        parts.append(power.clamp_min(1e-10).log10().clamp_min(_PEAK - _RANGE))
    return (torch.cat(parts) + 4.0) / 4.0


@lru_cache(maxsize=2)
def _filters(num_mels: int) -> Tensor:
    bands = mel_filters(num_mels, sample_rate=SAMPLE_RATE, window=MEL_WINDOW, low=0.0, high=SAMPLE_RATE / 2)
    return torch.from_numpy(np.ascontiguousarray(bands.T))
