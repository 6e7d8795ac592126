"""Log-mel -> about what the encoder hears, and phones, with little sound ahead: a student of both, for live speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import loudness_gain
from talkinghead.speech.time_delay import HOP, STRIDE, MelStem, MelWindow, TimeDelayBlock, look_ahead, mel_windows
from talkinghead.store import code_digest, file_digest, key_of
from talkinghead.weights import load_network

Rows = npt.NDArray[np.float32]

_WEIGHTS = Path(__file__).with_name("weights") / "student.safetensors"


@dataclass(frozen=True)
class StudentConfig:
    """Sizes of the student.

    Attributes:
        num_mels: mel bands.
        encoder_size: numbers per 20 ms of the encoder's features.
        width: channels.
        taps: for each block, the frames (20 ms each) it sees: 0 is the present one, positive ones lie ahead.
    """

    num_mels: int = 80
    encoder_size: int = 384
    width: int = 192
    taps: tuple[tuple[int, ...], ...] = (
        (-1, 0, 1),
        (-1, 0, 1),
        (-1, 0, 1),
        (-2, 0, 2),
        (-2, 0, 2),
        (-8, -4, 0),
        (-16, -8, 0),
        (-8, -4, 0),
    )

    @property
    def look_ahead(self) -> float:
        """Seconds of sound ahead that an output waits for."""
        return look_ahead(self.taps)


CONFIGS = {"small": StudentConfig(), "tiny": StudentConfig(width=16, taps=((-1, 0, 1), (-2, -1, 0)))}


class SpeechStudent(nn.Module):
    """Log-mel -> the encoder's features and the logits of the 40 classes, by dilated convolutions.

    Source: Hinton, Vinyals, Dean 2015, "Distilling the knowledge in a neural network"; of a layer inside the teacher as
        in Romero et al. 2015, "FitNets". The architecture is that of ``speech.phones``.
    """

    def __init__(self, config: StudentConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = MelStem(config.num_mels, config.width)
        self.blocks = nn.Sequential(*[TimeDelayBlock(config.width, taps) for taps in config.taps])
        self.norm = nn.LayerNorm(config.width)
        self.encode = nn.Linear(config.width, config.encoder_size)
        self.classify = nn.Linear(config.width, STRIDE * len(CLASSES))

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T / 2, encoder_size) and logits (B, T, 40) of log-mel frames (B, T, num_mels); T is even."""
        hidden = self.norm(self.blocks(self.stem(mel)))
        return self.encode(hidden), self.classify(hidden).view(*mel.shape[:2], len(CLASSES))


@lru_cache(maxsize=1)
def load_student() -> SpeechStudent:
    """The student that ships, loaded once.

    Raises:
        InputError: its weights are missing or of another architecture.
    """
    return load_network(SpeechStudent, StudentConfig, _WEIGHTS).eval()


def student_digest() -> str:
    """What keys of stored features have of the student: its weights and its code."""
    code = code_digest(__name__, "talkinghead.speech.features", "talkinghead.speech.time_delay")
    return key_of(file_digest(_WEIGHTS), code)


def encode_as_heard(
    samples: Rows,
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: SpeechStudent | None = None,
) -> Rows:
    """As ``encoder.encode_speech``, but from sound that ends ``look_ahead`` after each feature.

    Args:
        samples: (N,) at 16 kHz, of the whole recording.
        gain: brings the recording to the usual loudness; None: ``loudness_gain(samples)``.
        first: the first feature.
        count: of features; None: up to the end of the recording.
        network: None: the one that ships.

    Returns:
        (count, encoder_size); feature ``k`` is centred on ``(first + k) / 50`` s. Beyond the end there are zeros.
    """
    network = load_student() if network is None else network
    whole = -(-len(samples) // (HOP * STRIDE))
    last = whole if count is None else first + count
    result = np.zeros((max(0, last - first), network.config.encoder_size), np.float32)
    for window, (encoded, _) in _hear(network, samples, gain, first * STRIDE, min(last, whole) * STRIDE):
        rows, inner = (slice(part.start // STRIDE, -(-part.stop // STRIDE)) for part in (window.rows, window.inner))
        result[rows] = encoded[0, inner].float().cpu().numpy()
    return result


def posteriors_as_heard(
    samples: Rows,
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: SpeechStudent | None = None,
) -> Rows:
    """As ``phones.phone_posteriors``, but from sound that ends ``look_ahead`` after each frame.

    Args:
        samples: (N,) at 16 kHz, of the whole recording.
        gain: brings the recording to the usual loudness; None: ``loudness_gain(samples)``.
        first: the first frame.
        count: of frames; None: up to the end of the recording.
        network: None: the one that ships.

    Returns:
        (count, 40) in the order of ``arpabet.CLASSES``, rows sum to 1; frame t is centred on ``(first + t) / 100`` s.
    """
    network = load_student() if network is None else network
    whole = -(-len(samples) // HOP)
    last = whole if count is None else min(whole, first + count)
    result = np.zeros((max(0, last - first), len(CLASSES)), np.float32)
    for window, (_, logits) in _hear(network, samples, gain, first, last):
        result[window.rows] = logits[0, window.inner].float().softmax(dim=-1).cpu().numpy()
    return result


def _hear(
    network: SpeechStudent, samples: Rows, gain: float | None, first: int, last: int
) -> Iterator[tuple[MelWindow, tuple[Tensor, Tensor]]]:
    """The windows of a stretch of frames, and what the network makes of each."""
    config, device = network.config, next(network.parameters()).device
    gain = loudness_gain(samples) if gain is None else gain
    for window in mel_windows(samples, config.taps, gain=gain, first=first, last=last, num_mels=config.num_mels):
        with torch.inference_mode():
            heard = network(window.mel.to(device))
        yield window, heard
